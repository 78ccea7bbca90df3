"""``hrcam multiverse``: every defensible reading of the paper, on the same maps."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from hrcam.console import load_engine, say, watcher


def multiverse(  # noqa: PLR0913  one parameter per option
    recipe: Annotated[
        str, typer.Argument(help="A shipped recipe, a TOML file, or a run's folder.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write, or to continue.")],
    quick: Annotated[
        bool, typer.Option("--quick", help="200 specifications, stamped as quick.")
    ] = False,
    networks: Annotated[
        str, typer.Option(help="Names of `hrcam list networks`, with commas.")
    ] = "compact",
    seeds: Annotated[str, typer.Option(help="Training seeds, with commas.")] = "0",
    data_seeds: Annotated[
        str, typer.Option(help="Seeds of the recipe, with commas; its own without.")
    ] = "",
    specifications: Annotated[
        int, typer.Option(min=0, help="At least so many; 0: all there are.")
    ] = 0,
    epochs: Annotated[
        int, typer.Option(min=0, help="Of each training; 0 keeps the default.")
    ] = 0,
    images: Annotated[
        int | None,
        typer.Option(
            min=-1, help="Images compared with reliance; 0: all, -1: leave it out."
        ),
    ] = None,
    margin: Annotated[
        float, typer.Option(help="Differences below it do not matter.")
    ] = 0.02,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that draw, train and measure.")
    ] = 2,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print results and errors only.")
    ] = False,
) -> None:
    """Hold HR-CAM against CAM under every defensible reading of the paper."""
    from hrcam.pipeline.multiverse.asked import QUICK_IMAGES, REPORT, Asked

    asked = Asked(
        tuple(networks.split(",")),
        _numbers("--seeds", seeds),
        _numbers("--data-seeds", data_seeds),
        specifications,
        epochs,
        (QUICK_IMAGES if quick else 0) if images is None else images,
        margin,
        quick,
        workers,
    )
    load_engine()
    from hrcam.pipeline.multiverse.running import multiverse

    command = shlex.join(["hrcam", *sys.argv[1:]])
    found = multiverse(recipe, out, asked, command=command, watch=watcher(quiet))
    from reports.sections.multiverse import tell

    say(tell(found))
    say(f"The report is at {out / REPORT}; every row in {out / 'multiverse.parquet'}.")


def _numbers(option: str, text: str) -> tuple[int, ...]:
    """Read whole numbers with commas between."""
    words = [word for word in text.split(",") if word]
    wrong = [word for word in words if not word.isdecimal()]
    if wrong:
        msg = f"{option} must be whole numbers with commas between, got {wrong[0]!r}"
        raise typer.BadParameter(msg)
    return tuple(map(int, words))
