"""``hrcam run``: the whole line in one command."""

from pathlib import Path
from typing import Annotated, Any

import typer

from hrcam.console import load_engine, say, watcher

_SCORES = ("accuracy", "balanced_accuracy", "f1_micro", "f1_macro", "auroc")


def run(  # noqa: PLR0913  one parameter per option
    recipe: Annotated[
        str, typer.Argument(help="A name of `hrcam list recipes` or a TOML file.")
    ] = "quickstart",
    out: Annotated[Path | None, typer.Option(help="The run's folder.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of your copy of the images, for recipes that read."),
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help="Names with commas between, 'standard' or 'all'; see "
            "`hrcam list methods`."
        ),
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="'default', 'all', or layers' names.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="A name of `hrcam list networks`.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="'random', 'imagenet' or a .keras, .weights.h5 or .h5 file."),
    ] = None,
    epochs: Annotated[int, typer.Option(min=0, help="Passes; 0: as it is.")] = 0,
    rate: Annotated[
        float, typer.Option(min=0.0, help="Peak learning rate; 0: as it is.")
    ] = 0.0,
    batch: Annotated[int, typer.Option(min=0, help="Images a step; 0: as it is.")] = 0,
    class_weights: Annotated[
        str | None, typer.Option(help="'none' or 'balanced'.")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(min=0, help="Passes without a smaller validation loss; 0: all."),
    ] = None,
    freeze: Annotated[
        int | None, typer.Option(min=0, help="First passes of the head alone.")
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(help="'float32', 'mixed_float16' or 'mixed_bfloat16'."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Replaces the recipe's seed.")
    ] = None,
    training_seed: Annotated[int, typer.Option(min=0, help="Of the training.")] = 0,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that draw and score.")
    ] = 2,
    scheduler: Annotated[
        str,
        typer.Option(
            help="A Dask scheduler's address: its workers work instead of ours."
        ),
    ] = "",
    memory: Annotated[
        str, typer.Option(help="As in 4GB: no more workers than it is enough for.")
    ] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is at --out.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print results and errors only.")
    ] = False,
) -> None:
    """Draw or read images, train, explain, score, report; continue an interrupted run.

    Options replace what the recipe says of the training.
    """
    from hrcam.pipeline.run_images import find_images
    from hrcam.pipeline.run_settings import settle
    from hrcam.pipeline.running import run

    _, own = find_images(recipe, data, seed)  # fails before the engine loads
    load_engine()
    given = {
        "methods": tuple(methods.split(",")) if methods else None,
        **{"layers": layers, "network": network, "weights": weights},
        **{"epochs": epochs, "rate": rate, "batch": batch, "freeze": freeze},
        **{"class_weights": class_weights, "patience": patience},
        **{"precision": precision, "seed": training_seed},
    }
    path = run(
        recipe,
        out,
        data=data,
        settings=settle(own, given),
        seed=seed,
        workers=workers,
        scheduler=scheduler,
        memory=memory,
        overwrite=overwrite,
        watch=watcher(quiet),
    )
    if path.suffix == ".pdf":
        twin = path.with_suffix(".html").name
        say(f"The report is at {path} (and {twin} beside it).")
        return
    _tell_unscored(path, own.published.model_dump() if own and own.published else {})


def _tell_unscored(maps: Path, published: dict[str, Any]) -> None:
    """Say what there is where no mask is known: classifier and maps, no scores."""
    from hrcam.pipeline.json_files import read_json

    model = maps.with_name("model") / "classifier.json"
    scores = read_json(model)
    for name in ("train", "validation", "test"):
        row = scores.get(name, {})
        known = [key for key in _SCORES if row.get(key) is not None]
        if known:
            say(f"{name:10} " + "  ".join(f"{key} {row[key]:.3f}" for key in known))
    for name, row in published.get("networks", {}).items():
        told = "  ".join(f"{key} {value:.3f}" for key, value in row.items())
        say(f"published, {name}: {told} ({published['data']})")
    say(
        "No mask of a test image is known, so nothing is scored. The maps are at "
        f"{maps}; with masks of your own: hrcam score --maps run={maps} "
        "--masks FOLDER --out SCORES."
    )
