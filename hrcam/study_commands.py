"""``hrcam seeds`` and ``hrcam plan``: several trainings, and the next study."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hrcam.console import say

Folders = Annotated[
    list[Path], typer.Argument(help="Scores folders, one for each training.")
]
Pilot = Annotated[Path, typer.Argument(help="The scores folder of a pilot.")]


def seeds(
    scores: Folders,
    out: Annotated[
        Path | None, typer.Option(help="JSON to write, with every score.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is at --out.")
    ] = False,
) -> None:
    """Compare methods over several trainings, to see what outlasts one network."""
    from hrcam.pipeline.folders import check_free, replace_text
    from hrcam.pipeline.studies.confirmatory import refuse_scores
    from metrics.storage.folder import read
    from metrics.studies.seeds import compare_seeds

    if out is not None:
        check_free(out, overwrite)
    twice = [path for path in scores if scores.count(path) > 1]
    if twice:
        msg = f"SCORES must be different folders, got {twice[0]} twice"
        raise typer.BadParameter(msg)
    runs = {str(path): read(path) for path in scores}
    for run in runs.values():
        refuse_scores(run)
    found = compare_seeds(runs)
    options = found["options"]
    say(
        f"{options['reference']} less each entry, {options['primary']}, "
        f"{len(scores)} trainings:"
    )
    for row in found["differences"]:
        if (row["stratum"], row["score"]) == ("all", options["primary"]):
            share = _share(row["error_seeds"], row["error_images"])
            say(
                f"{row['other']:24} {_signed(row['difference'])} "
                f"[{_signed(row['low'])}, {_signed(row['high'])}]  "
                f"{row['verdict']}{share}"
            )
    if out is not None:
        replace_text(out, json.dumps(found, indent=1) + "\n")
        say(f"Every score and stratum: {out}.")


def plan(  # noqa: PLR0913  one parameter per option
    pilot: Pilot,
    difference: Annotated[
        float, typer.Option(help="True difference that is to be found.")
    ] = 0.05,
    power: Annotated[
        float, typer.Option(help="Chance to find it, or to show that there is none.")
    ] = 0.8,
    score: Annotated[str, typer.Option(help="Score; the primary one without.")] = "",
    threshold: Annotated[
        float | None, typer.Option(help="Its threshold, where it has one.")
    ] = None,
    images_per_subject: Annotated[
        float, typer.Option(help="Of the study; 0: as many as in the pilot.")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say how many subjects the comparisons of a pilot need."""
    from hrcam.listing import as_text
    from metrics.storage.folder import read
    from metrics.storage.plain import to_plain
    from metrics.studies.planning import plan

    scores = read(pilot)
    found = plan(scores, difference, power, score, threshold, images_per_subject)
    if not found:
        msg = f"{pilot} must hold at least two entries to compare, got one"
        raise ValueError(msg)
    if as_json:
        say(json.dumps(to_plain({"comparisons": found}, 10), indent=1))
        return
    margin = scores.results["options"]["margin"]
    say(
        f"Subjects for a power of {power:g}, {len(found)} comparisons with "
        f"{found[0]['reference']} by {found[0]['score']}:"
    )
    heads = {
        "to_differ": f"to find {difference:g}",
        "to_equal": f"to equal within {margin:g}",
        "to_measure": f"for +-{margin:g}",
    }
    rows = [
        {
            "entry": row["other"],
            "spread": _number(row.get("spread")),
            "icc": _number(row.get("icc")),
            "pilot": str(row["subjects"]),
            **{head: _count(row.get(key)) for key, head in heads.items()},
        }
        for row in found
    ]
    say(as_text(rows))
    for row in found:
        if row["reason"]:
            say(f"{row['other']}: {row['reason']}.")


def _share(seeds: float | None, images: float | None) -> str:
    """Say how much of the variance comes from the trainings."""
    if seeds is None or images is None or not seeds**2 + images**2:
        return ""
    return f" ({seeds**2 / (seeds**2 + images**2):.0%} of the variance from training)"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)
