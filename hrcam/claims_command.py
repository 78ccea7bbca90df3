"""``hrcam claims``: the paper's claims over many trainings."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hrcam.console import load_engine, say, watcher


def claims(  # noqa: PLR0913  options of a command
    out: Annotated[
        Path | None, typer.Option(help="The study's folder; hrcam-claims-GRID.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A rehearsal in minutes; judges nothing.")
    ] = False,
    confirm: Annotated[
        Literal["bone", "soft"] | None,
        typer.Option(
            help="Recipes that are for reporting, not for choosing: bone with and "
            "without letters, or skin and midbrain."
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep datasets and maps of finished cells.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that train networks.")
    ] = 2,
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask cluster that trains them instead.")
    ] = "",
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print results and errors only.")
    ] = False,
) -> None:
    """Judge the paper's six claims over seeds, networks and recipes; resumable."""
    if quick and confirm:
        msg = "--quick and --confirm must not be given together, got both"
        raise typer.BadParameter(msg)
    load_engine()
    from hrcam.pipeline.studies.grid import load_grid
    from hrcam.pipeline.studies.running import run_study
    from reports.studies.claims import STAMPS, tell_claim

    name = f"confirmatory-{confirm}" if confirm else "development"
    grid = load_grid("quick" if quick else name)
    option = " --quick" if quick else f" --confirm {confirm}" if confirm else ""
    folder = out or Path(f"hrcam-claims-{grid.plan.name}")
    found = run_study(
        grid,
        folder,
        workers=workers,
        scheduler=scheduler,
        keep=keep,
        command=f"hrcam claims{option}",
        watch=watcher(quiet),
    )
    stage = grid.plan.stage
    if stage in STAMPS:
        say(f"{stage.upper()}. {STAMPS[stage]}")
    for claim in found["claims"]:
        name = f"{claim['number']}. {claim['text']} ({claim['reference']})"
        say(f"{name}: {tell_claim(claim)}")
    say(f"The report is at {folder / 'report.pdf'} (and claims.json beside it).")
