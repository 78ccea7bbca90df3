"""``hrcam suite``: score a method on frozen recipes, and compare methods on them."""

from pathlib import Path
from typing import Annotated

import typer

from hrcam.console import load_engine, say, watcher

suite = typer.Typer(
    no_args_is_help=True, help="Score a method of yours on frozen recipes; compare."
)
Name = Annotated[str, typer.Argument(help="Such as suite-1.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that train networks.")]
Scheduler = Annotated[
    str, typer.Option(help="Address of a Dask cluster that trains them instead.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print results and errors only.")]


@suite.command("run")
def run(  # noqa: PLR0913  options of a command
    name: Name,
    method: Annotated[
        str, typer.Option(help="MODULE:NAME of a Method; the module's code is run.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    store: Annotated[
        Path | None,
        typer.Option(help="The suite's folder; by default 'suite' in --out."),
    ] = None,
    workers: Workers = 2,
    scheduler: Scheduler = "",
    quiet: Quiet = False,
) -> None:
    """Score a method on a suite; continue an interrupted run."""
    load_engine()
    from hrcam.pipeline.executors import Hands
    from hrcam.pipeline.studies.suites.lending import load_method
    from hrcam.pipeline.studies.suites.running import run_suite
    from hrcam.pipeline.studies.suites.suite import load_suite

    found = run_suite(
        load_suite(name),
        load_method(method),
        out,
        store=store,
        loaded=method,
        hands=Hands(workers, scheduler),
        watch=watcher(quiet),
    )
    say(f"{len(found['cells'])} networks explained; scores at {out / 'scores.json'}.")


@suite.command("build")
def build(
    name: Name,
    out: Annotated[Path, typer.Option(help="The suite's folder.")],
    workers: Workers = 2,
    scheduler: Scheduler = "",
    quiet: Quiet = False,
) -> None:
    """Make a suite's datasets, models and baselines, to be used by many runs."""
    load_engine()
    from hrcam.pipeline.executors import Hands
    from hrcam.pipeline.studies.suites.storage import build
    from hrcam.pipeline.studies.suites.suite import load_suite

    build(load_suite(name), out, Hands(workers, scheduler), watcher(quiet))
    say(f"The suite is at {out}.")


@suite.command("verify")
def verify(
    name: Name,
    folder: Annotated[Path, typer.Argument(help="The suite's folder.")],
) -> None:
    """Compare every file of a suite's folder with its checksum."""
    from hrcam.pipeline.studies.suites.storage import check
    from hrcam.pipeline.studies.suites.suite import load_suite

    check(load_suite(name), folder)
    say(f"{folder} agrees with its checksums.")


@suite.command("compare")
def compare(
    files: Annotated[list[Path], typer.Argument(help="scores.json of each method.")],
    out: Annotated[Path, typer.Option(help="PDF to write; HTML and JSON beside it.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is at --out.")
    ] = False,
) -> None:
    """Compare methods on one suite, image by image; the first with the others."""
    from hrcam.pipeline.folders import check_free
    from hrcam.pipeline.studies.suites.comparing import compare_suites
    from reports.studies.suites import compose_suite
    from reports.writer import write_content

    for suffix in (".pdf", ".html", ".json"):
        check_free(out.with_suffix(suffix), overwrite)
    found = compare_suites(files)
    write_content(compose_suite(found), {"results": found}, out)
    for row in found["differences"]:
        if row["recipe"] == "all":
            low, high = (_signed(row[key]) for key in ("low", "high"))
            say(
                f"{found['reference']} less {row['other']:24} "
                f"{_signed(row['difference'])} [{low}, {high}]  {row['verdict']}"
            )
    say(f"The report is at {out}.")


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"
