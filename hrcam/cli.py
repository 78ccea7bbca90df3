"""The ``hrcam`` command: every stage of a comparison, and all of them in a row.

Nothing heavy is imported before a command runs, so ``--help`` answers at once.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hrcam.claims_command import claims
from hrcam.console import complain, load_engine, say, watcher
from hrcam.multiverse_command import multiverse
from hrcam.read_command import read
from hrcam.run_command import run
from hrcam.score_command import score
from hrcam.study_commands import plan, seeds
from hrcam.suite_command import suite

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Does a class-activation map point at the pathology? "
    "Simulate, train, explain, score, report.",
)

Recipe = Annotated[str, typer.Argument(help="A shipped recipe's name or a TOML file.")]


def _place(text: str) -> Any:
    """Take a URL of a store as it is, all else as a path."""
    return text if "://" in text else Path(text)


Data = Annotated[
    Any, typer.Argument(parser=_place, help="A dataset folder, or its URL.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what is at --out.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print results and errors only.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that draw images.")]
Scheduler = Annotated[
    str,
    typer.Option(help="A Dask scheduler's address: its workers work instead of ours."),
]
Memory = Annotated[
    str, typer.Option(help="As in 4GB: no more workers than it is enough for.")
]
Bound = Annotated[
    str, typer.Option("--memory", help="As in 4GB: what is beyond is read in batches.")
]
Seed = Annotated[int | None, typer.Option(min=0, help="Replaces the recipe's seed.")]
TrainingSeed = Annotated[
    int, typer.Option("--seed", min=0, help="Of weights and order.")
]
Methods = Annotated[
    str,
    typer.Option(
        help="Names with commas between (NAME, NAME@LAYER, NAME@all-FUSION), "
        "'standard' (all that one pass gives) or 'all'; see `hrcam list methods`."
    ),
]
Layers = Annotated[
    str,
    typer.Option(
        help="'default', 'all' (every method at every layer), or layers' names."
    ),
]
Network = Annotated[str, typer.Option(help="A name of `hrcam list networks`.")]
Weights = Annotated[
    str, typer.Option(help="'random', 'imagenet' or a .keras, .weights.h5 or .h5 file.")
]
Epochs = Annotated[int, typer.Option(min=0, help="Passes; 0 keeps the default.")]
Rate = Annotated[
    float, typer.Option(min=0.0, help="Peak learning rate; 0 keeps the default.")
]
Batch = Annotated[
    int, typer.Option(min=0, help="Images per step; 0 keeps the default.")
]
ClassWeights = Annotated[str, typer.Option(help="'none' or 'balanced'.")]
Patience = Annotated[
    int, typer.Option(min=0, help="Passes without a smaller validation loss; 0: all.")
]
Freeze = Annotated[
    int, typer.Option(min=0, help="First passes in which the head alone learns.")
]
Precision = Annotated[
    str, typer.Option(help="'float32', 'mixed_float16' or 'mixed_bfloat16'.")
]


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of a problem.")
    ] = False,
) -> None:
    """Take the options that stand before a command; ``main`` reads them."""


app.command()(run)


@app.command()
def generate(  # noqa: PLR0913  one parameter per option
    recipe: Recipe,
    out: Annotated[
        Any, typer.Option(parser=_place, help="Dataset folder or URL to write.")
    ],
    seed: Seed = None,
    workers: Workers = 2,
    scheduler: Scheduler = "",
    memory: Memory = "",
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Generate a phantom dataset with its masks."""
    from hrcam.pipeline.generation import generate, resolve

    found = resolve(recipe, seed)
    with watcher(quiet)("generate", found.images) as progress:
        dataset = generate(
            found,
            out,
            workers=workers,
            scheduler=scheduler,
            memory=memory,
            overwrite=overwrite,
            progress=progress,
        )
    say(f"{found.images} images at {out}, identity {dataset.identity[:16]}.")


@app.command()
def train(  # noqa: PLR0913  one parameter per option
    dataset: Data,
    out: Annotated[Path, typer.Option(help="Model folder to write.")],
    network: Network = "compact",
    weights: Weights = "random",
    epochs: Epochs = 0,
    rate: Rate = 0.0,
    batch: Batch = 0,
    class_weights: ClassWeights = "none",
    patience: Patience = 0,
    freeze: Freeze = 0,
    precision: Precision = "float32",
    seed: TrainingSeed = 0,
    tensorboard: Annotated[
        Path | None, typer.Option(help="Folder for TensorBoard's event files.")
    ] = None,
    memory: Bound = "",
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Train a classifier and print how good it is; continue an interrupted one."""
    load_engine()
    from hrcam.engine.training import Training
    from hrcam.pipeline.opening import open_data
    from hrcam.pipeline.training import train

    data = open_data(dataset)
    settings = Training(
        network,
        weights,
        epochs or Training.epochs,
        batch or Training.batch,
        rate or Training.rate,
        seed,
        class_weights=class_weights,
        patience=patience,
        freeze=freeze,
        precision=precision,
    )
    steps = settings.epochs * len(data.ids("train"))
    with watcher(quiet)("train", steps) as progress:
        model = train(
            data,
            out,
            settings=settings,
            memory=memory,
            overwrite=overwrite,
            progress=progress,
            tensorboard=tensorboard,
        )
    names = ("accuracy", "balanced_accuracy", "f1_micro", "f1_macro", "auroc")
    for split, row in model.evaluation.items():
        say(f"{split:10} " + "  ".join(_interval(row, name) for name in names))


@app.command()
def explain(  # noqa: PLR0913  one parameter per option
    model: Annotated[Path, typer.Argument(help="A model folder or a .keras file.")],
    dataset: Data,
    out: Annotated[Path, typer.Option(help="Maps folder to write.")],
    methods: Methods = "standard",
    layers: Layers = "default",
    fusions: Annotated[
        str, typer.Option(help="mean, max, tanh_max, product, or 'all': over layers.")
    ] = "",
    split: Annotated[str, typer.Option(help="Whose images are explained.")] = "test",
    target: Annotated[
        str, typer.Option(help="'true', 'predicted' or a class; see the docs.")
    ] = "",
    form: Annotated[
        str, typer.Option(help="'contrast' (class minus the others) or 'logit'.")
    ] = "contrast",
    calls: Annotated[
        int | None,
        typer.Option(min=1, help="Most images a method asks for per explained one."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the paper's head.")] = 0,
    scheduler: Scheduler = "",
    memory: Bound = "",
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write the maps of every method for the images of a split."""
    load_engine()
    from hrcam.pipeline.explaining import explain
    from hrcam.pipeline.opening import open_data

    data = open_data(dataset)
    named = layers if layers in ("default", "all") else layers.split(",")
    with watcher(quiet)("explain", len(data.ids(split))) as progress:
        maps = explain(
            model,
            dataset if scheduler else data,
            methods.split(","),
            out,
            layers=named,
            fusions=tuple(filter(None, fusions.split(","))),
            split=split,
            target=target or None,
            form=form,
            calls=calls,
            seed=seed,
            scheduler=scheduler,
            memory=memory,
            overwrite=overwrite,
            progress=progress,
        )
    say(f"{len(maps)} entries at {out}: {', '.join(maps)}.")


app.command()(read)
app.command()(score)
app.command()(seeds)
app.command()(claims)
app.add_typer(suite, name="suite")
app.command()(plan)
app.command()(multiverse)


@app.command()
def report(  # noqa: PLR0913  one parameter per option
    scores: Annotated[Path, typer.Argument(help="A scores folder.")],
    out: Annotated[Path, typer.Option(help="PDF to write; HTML and JSON beside it.")],
    second: Annotated[
        Path | None, typer.Argument(help="Another one: which verdicts changed.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Three pages.")] = False,
    tables: Annotated[
        Path | None, typer.Option(help="Folder for all tables as CSV and LaTeX.")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write the comparison report; only the scores folder is read."""
    from hrcam.pipeline.reporting import report, report_changes

    if second is not None:
        if short or tables is not None:
            msg = "--short and --tables must go with one scores folder, got two"
            raise ValueError(msg)
        with watcher(quiet)("report", 0):
            told, paths = report_changes(scores, second, out, overwrite=overwrite)
        say(told)
    else:
        with watcher(quiet)("report", 0):
            paths = report(scores, out, short=short, tables=tables, overwrite=overwrite)
    say(f"Written: {', '.join(map(str, paths))}.")


@app.command()
def sanity(  # noqa: PLR0913  one parameter per option
    model: Annotated[Path, typer.Argument(help="A model folder or a .keras file.")],
    dataset: Data,
    out: Annotated[Path, typer.Option(help="Sanity folder to write.")],
    methods: Methods = "hr_cam,cam,grad_cam,sobel,random",
    images: Annotated[int, typer.Option(min=0, help="Test images, 0: all.")] = 32,
    models: Annotated[
        list[str] | None, typer.Option(help="Another model's folder; may be repeated.")
    ] = None,
    train: Annotated[
        int, typer.Option(min=0, help="Epochs of a training on permuted labels.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of every draw.")] = 0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Check whether the maps depend on the model and show what it relies on."""
    load_engine()
    from hrcam.pipeline.sanity import Options, check

    chosen = tuple(methods.split(","))
    options = Options(methods=chosen, images=images, epochs=train, seed=seed)
    with watcher(quiet)("sanity", 0) as progress:
        found = check(
            model,
            dataset,
            out,
            options=options,
            models=models or (),
            overwrite=overwrite,
            progress=progress,
        )
    say(f"{len(found.results['entries'])} entries checked, at {out}.")
    say("Show them in a report: hrcam score ... --sanity " + str(out))


@app.command()
def audit(
    dataset: Data,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Measure whether the classes can be told without looking at any lesion."""
    from hrcam.pipeline.opening import open_data
    from simbench.audit import audit, keep_budget, table

    result = audit(open_data(dataset))
    say(json.dumps(result, indent=1) if as_json else table(result))
    keep_budget(result, str(dataset))


@app.command()
def verify(
    dataset: Data,
    repair: Annotated[
        bool, typer.Option("--repair", help="Draw damaged files of a recipe again.")
    ] = False,
    workers: Workers = 2,
    scheduler: Scheduler = "",
) -> None:
    """Compare every file of a dataset with its checksum."""
    from hrcam.pipeline.repairing import repair as mend
    from simbench.verification import verify

    if repair:
        for name in mend(dataset, workers, scheduler):
            say(f"{name} is as it was: drawn again, its checksum agrees.")
    problems = verify(dataset)
    for problem in problems:
        say(problem)
    if problems:
        msg = f"{dataset} must agree with its manifest, got {len(problems)} problem(s)"
        raise ValueError(msg)
    say(f"{dataset} agrees with its manifest.")


@app.command()
def export(
    dataset: Data,
    to: Annotated[str, typer.Option(help="png, npz (MedMNIST's layout) or nifti.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    overwrite: Overwrite = False,
) -> None:
    """Copy a dataset into files that other tools read."""
    from hrcam.pipeline.exporting import export

    export(dataset, to, out, overwrite=overwrite)
    say(f"Written: {out}.")


@app.command()
def invert(  # noqa: PLR0913  one parameter per option
    model: Annotated[Path, typer.Argument(help="A model folder or a .keras file.")],
    dataset: Data,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    images: Annotated[int, typer.Option(min=1, help="How many images.")] = 4,
    split: Annotated[str, typer.Option(help="Whose images.")] = "test",
    steps: Annotated[int, typer.Option(min=1, help="Steps per layer.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise to begin with.")] = 0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Draw what every tapped layer keeps of images: feature inversion."""
    load_engine()
    from hrcam.pipeline.inverting import invert

    with watcher(quiet)("invert", 0) as progress:
        found = invert(
            model,
            dataset,
            images,
            out,
            split=split,
            steps=steps,
            seed=seed,
            overwrite=overwrite,
            progress=progress,
        )
    for name, layer in found.layers.items():
        say(f"{name:24} relative feature error {layer.errors.mean():.3f}")
    say(f"Written: {out / 'inversions.png'}, {out / 'inversions.npz'}.")


@app.command("list")
def show(
    what: Annotated[str, typer.Argument(help="methods, lesions, anatomies, …")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the methods, lesions, anatomies, scores, recipes … there are."""
    from hrcam.listing import LISTS, as_text

    if what not in LISTS:
        msg = f"WHAT must be one of {', '.join(LISTS)}, got {what!r}"
        raise typer.BadParameter(msg)
    if what == "networks":
        load_engine()
    rows = LISTS[what]()
    say(json.dumps(rows, indent=1) if as_json else as_text(rows))


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a problem is one line and exit status 1."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        app([word for word in words if word != "--debug"])
    except Exception as error:  # the one place where problems become words
        if debug:
            raise
        complain(_words(error), getattr(error, "layout", ""))
        sys.exit(1)


def _interval(row: Mapping[str, Any], name: str) -> str:
    """Write a score with its 95 % interval."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{name} {value:.3f} [{low:.3f}, {high:.3f}]"


def _words(error: Exception) -> str:
    """Say what is wrong; a kind we do not raise ourselves is named."""
    expected = isinstance(error, ValueError | OSError | RuntimeError | ImportError)
    text = str(error) or type(error).__name__
    return text if expected else f"{type(error).__name__}: {text} (--debug shows where)"
