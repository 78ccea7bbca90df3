"""``hrcam score``: what is compared, what counts as lesion, which scores."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from hrcam.console import caution, say, watcher


def score(  # noqa: PLR0913  one parameter per option
    maps: Annotated[
        list[str],
        typer.Option(help="NAME=PATH: a maps folder, or files; `hrcam list readers`."),
    ],
    masks: Annotated[
        list[str],
        typer.Option(help="A dataset, or files of masks; repeat it for raters."),
    ],
    out: Annotated[Path, typer.Option(help="Scores folder to write.")],
    images: Annotated[
        Path | None, typer.Option(help="Images to draw on, without a dataset.")
    ] = None,
    strata: Annotated[
        Path | None,
        typer.Option(
            help="CSV with image_id and subject, lesion, correct, without a dataset."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Whose masks of a dataset.")] = "test",
    region: Annotated[
        str, typer.Option(help="Truth of a dataset: 'mask', 'distinctive' or 'effect'.")
    ] = "mask",
    labels: Annotated[
        str,
        typer.Option(help="Labels that are lesion, with commas; all that are not 0."),
    ] = "",
    ignore: Annotated[
        str, typer.Option(help="Labels that do not count, with commas.")
    ] = "",
    band: Annotated[
        float, typer.Option(help="Pixels this near to a mask's border do not count.")
    ] = 0.0,
    soft: Annotated[
        bool, typer.Option("--soft", help="Masks are shares of lesion, not 0 or 1.")
    ] = False,
    numbered: Annotated[
        bool, typer.Option("--numbered", help="Masks are numbers of lesions.")
    ] = False,
    raters: Annotated[
        str,
        typer.Option(
            help="How raters make one truth: 'majority', 'any', 'all', 'mean' (soft) "
            "or 'agreement' (where they differ does not count)."
        ),
    ] = "",
    map_names: Annotated[
        str, typer.Option(help="Names of maps, `*` the image's id, as in `cam_*`.")
    ] = "*",
    mask_names: Annotated[
        str, typer.Option(help="Names of masks, `*` the image's id, as in `*_seg`.")
    ] = "*",
    ids: Annotated[
        str, typer.Option(help="What names images: 'name', the file's stem, or 'uid'.")
    ] = "name",
    orientation: Annotated[
        str, typer.Option(help="Turn volumes to it, as in RAS; as stored without.")
    ] = "",
    missing: Annotated[
        str,
        typer.Option(help="Masks without a map: 'refuse', 'drop', count as 'worst'."),
    ] = "refuse",
    extra: Annotated[
        str, typer.Option(help="Maps without a mask: 'refuse' or 'ignore'.")
    ] = "refuse",
    no_checks: Annotated[
        bool, typer.Option("--no-checks", help="Do not look at maps before scoring.")
    ] = False,
    sanity: Annotated[
        Path | None, typer.Option(help="Sanity folder that the report is to show.")
    ] = None,
    multiverse: Annotated[
        Path | None, typer.Option(help="Multiverse folder that the report is to show.")
    ] = None,
    reference: Annotated[
        str, typer.Option(help="Entry the others are compared with.")
    ] = "",
    margin: Annotated[
        float, typer.Option(help="Differences below it do not matter.")
    ] = 0.02,
    scores: Annotated[
        str,
        typer.Option(
            help="'standard', 'all' or names with commas; see `hrcam list scores`."
        ),
    ] = "standard",
    tuned_on: Annotated[
        Path | None,
        typer.Option(help="Scores folder of other images to tune thresholds on."),
    ] = None,
    tests: Annotated[
        str,
        typer.Option(help="Further tests: wilcoxon, permutation, friedman (commas)."),
    ] = "",
    normalizations: Annotated[
        str,
        typer.Option(
            help="Score again under others: 'all' or names with commas; "
            "`hrcam list normalizations`."
        ),
    ] = "",
    froc: Annotated[
        bool, typer.Option("--froc", help="Trace lesions found and false parts.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that score.")] = 1,
    scheduler: Annotated[
        str,
        typer.Option(
            help="A Dask scheduler's address: its workers work instead of ours."
        ),
    ] = "",
    memory: Annotated[
        str, typer.Option(help="As in 4GB: no more workers than it is enough for.")
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of bootstrap and panels.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is at --out.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print results and errors only.")
    ] = False,
) -> None:
    """Score any method's maps against masks and compare the methods."""
    named = _name(maps)
    from hrcam.pipeline.scoring import score
    from metrics import MapReading, MaskReading, ScoreOptions

    options = ScoreOptions(
        margin=margin,
        reference=reference,
        seed=seed,
        scores=tuple(scores.split(",")),
        froc=froc,
        normalizations=tuple(str(word) for word in _list(normalizations)),
        tests=tuple(str(word) for word in _list(tests)),
        missing=missing,  # type: ignore[arg-type]  # checked there
        extra=extra,  # type: ignore[arg-type]
        checks=not no_checks,
    )
    both: Mapping[str, Any] = {"ids": ids, "orientation": orientation}
    reading = MaskReading(
        **both,
        **_split_name("--mask-names", mask_names),
        labels=_list(labels),
        ignore=_list_numbers(ignore),
        numbered=numbered or None,
        soft=soft,
        band=band,
        raters=raters,  # type: ignore[arg-type]
    )
    with watcher(quiet)("score", 0) as progress:
        found = score(
            named,
            masks if len(masks) > 1 else masks[0],
            out,
            images=images,
            strata=strata,
            split=split,
            region=region,
            map_reading=MapReading(**both, **_split_name("--map-names", map_names)),
            mask_reading=reading,
            sanity=sanity,
            multiverse=multiverse,
            options=options,
            tuned_on=tuned_on,
            workers=workers,
            scheduler=scheduler,
            memory=memory,
            command=shlex.join(["hrcam", *sys.argv[1:]]),
            overwrite=overwrite,
            progress=progress,
            warn=caution,
        )
    for line in describe_matches(found.results["inputs"]):
        say(line)
    entries = len(found.entries)
    what = "1 entry" if entries == 1 else f"{entries} entries"
    say(f"{what} on {len(found.ids)} images at {out}.")


def describe_matches(inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say which maps found their masks, a line for each entry that differs.

    Examples
    --------
    >>> whole = {"matched": 9, "missing": 0, "extra": 0, "hint": ""}
    >>> describe_matches([{"entry": "cam"} | whole, {"entry": "mine"} | whole])
    ['All 9 masks have a map of each entry.']
    """
    whole = [row for row in inputs if not (row["missing"] or row["extra"])]
    lines = []
    if whole:
        who = "each entry" if len(whole) == len(inputs) else f"{len(whole)} entries"
        lines.append(f"All {whole[0]['matched']} masks have a map of {who}.")
    for row in inputs:
        if row in whole:
            continue
        parts = [f"{_count(row['matched'], 'map')} with a mask"]
        for key, what, whose in (("missing", "mask", "map"), ("extra", "map", "mask")):
            if row[key]:
                first = ", ".join(row[f"{key}_ids"][:3])
                more = ", ..." if row[key] > 3 else ""
                parts.append(
                    f"{_count(row[key], what)} without a {whose} ({first}{more})"
                )
        hint = f"; {row['hint']}" if row["hint"] else ""
        lines.append(f"{row['entry']}: {', '.join(parts)}{hint}.")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _name(texts: list[str]) -> dict[str, Path]:
    """Read every ``NAME=PATH``; a name stands once."""
    named: dict[str, Path] = {}
    for name, path in map(_pair, texts):
        if name in named:
            msg = f"--maps must have unique names, got {name!r} twice"
            raise typer.BadParameter(msg)
        named[name] = path
    return named


def _pair(text: str) -> tuple[str, Path]:
    """Split ``NAME=PATH``."""
    name, separator, path = text.partition("=")
    if not separator or not name or not path:
        hint = f"; give it a name, as in mine={text}" if text and not separator else ""
        msg = f"--maps must be NAME=PATH, got {text!r}{hint}"
        raise typer.BadParameter(msg)
    return name, Path(path)


def _split_name(option: str, pattern: str) -> dict[str, Any]:
    """Split a pattern of names at its star."""
    if pattern.count("*") != 1:
        msg = f"{option} must have one *, which stands for the id, got {pattern!r}"
        raise typer.BadParameter(msg)
    prefix, suffix = pattern.split("*")
    return {"prefix": prefix, "suffix": suffix}


def _list(text: str) -> tuple[int | str, ...]:
    """Split at commas; whole numbers become numbers."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    return tuple(int(w) if w.lstrip("-").isdigit() else w for w in words)


def _list_numbers(text: str) -> tuple[int, ...]:
    """Split at commas into whole numbers."""
    found = _list(text)
    odd = [word for word in found if not isinstance(word, int)]
    if odd:
        msg = f"--ignore must be whole numbers with commas, got {odd[0]!r}"
        raise typer.BadParameter(msg)
    return tuple(word for word in found if isinstance(word, int))
