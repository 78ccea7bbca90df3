"""``hrcam read``: a dataset of a user's own copy of real images."""

from pathlib import Path
from typing import Annotated

import typer

from hrcam.console import say, watcher


def read(  # noqa: PLR0913  one parameter per option
    reader: Annotated[str, typer.Argument(help="A name of `hrcam list datasets`.")],
    root: Annotated[Path, typer.Argument(help="The folder of the files.")],
    out: Annotated[Path, typer.Option(help="Dataset folder to write.")],
    size: Annotated[
        tuple[int, int] | None,
        typer.Option(help="Rows and columns of the images, if not the reader's."),
    ] = None,
    channels: Annotated[
        int, typer.Option(help="1 gray, 3 color, 0 as the reader or the files say.")
    ] = 0,
    validation: Annotated[
        float | None,
        typer.Option(help="Share (below 1) or number of images, drawn by subject."),
    ] = None,
    test: Annotated[
        float | None, typer.Option(help="The same for the test split.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the splits.")] = 0,
    option: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE of the reader; may be repeated."),
    ] = None,
    on_corrupt: Annotated[
        str, typer.Option(help="'fail', or 'skip' pictures that are damaged.")
    ] = "fail",
    max_pixels: Annotated[
        int, typer.Option(help="Larger pictures are refused as decompression bombs.")
    ] = 2**26,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what is at --out.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print results and errors only.")
    ] = False,
) -> None:
    """Read a local copy of a real dataset; its images are not copied."""
    from hrcam.pipeline.reading import read
    from simbench.dataset import SPLITS
    from simbench.readers.choices import find_reader, parse_words

    options = parse_words(find_reader(reader), option or [])
    with watcher(quiet)("read", 0) as progress:
        dataset = read(
            reader,
            root,
            out,
            size=size,
            channels=channels,
            validation=validation,
            test=test,
            seed=seed,
            on_corrupt=on_corrupt,
            max_pixels=max_pixels,
            overwrite=overwrite,
            progress=progress,
            **options,
        )
    counts = {name: len(dataset.ids(name)) for name in SPLITS}
    splits = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    masks = int(dataset.index["mask_known"].sum())
    skipped = out / "skipped.csv"
    say(
        f"{len(dataset.index)} images at {out} ({splits}), {masks} with known masks, "
        f"identity {dataset.identity[:16]}."
    )
    if skipped.is_file():
        say(f"Damaged pictures were skipped: see {skipped}.")
