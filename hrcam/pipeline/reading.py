"""Stage 1 for real images: read a local copy of a dataset."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hrcam.pipeline.folders import check_free, staged
from simbench.dataset import Dataset
from simbench.opening import open_dataset
from simbench.readers.choices import Choices
from simbench.readers.folder import read_dataset
from simbench.readers.root import MAX_PIXELS
from simbench.readers.splits import Division


def read(  # noqa: PLR0913  keywords of a public verb
    reader: str,
    root: Path | str,
    out: Path | str | None = None,
    *,
    size: tuple[int, int] | None = None,
    channels: int = 0,
    validation: int | float | None = None,
    test: int | float | None = None,
    seed: int = 0,
    on_corrupt: str = "fail",
    max_pixels: int = MAX_PIXELS,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Dataset:
    """Read a local copy of a dataset; its images stay where they are.

    Parameters
    ----------
    reader
        A name of :data:`simbench.readers.READERS`.
    root
        The folder of the files.
    out
        Folder to write, with tables and checksums; None keeps these in memory.
    size
        Rows and columns that images are resized to; by default the reader's.
    channels
        1 gray, 3 color; 0 leaves it to the reader, or to the pictures.
    validation, test
        A share of the images (below 1) or a number of images (1 or more), drawn by
        subject where the dataset publishes no such split; 0 for none.
    seed
        Of the splits.
    on_corrupt
        ``fail`` at pictures that are damaged, or ``skip`` them.
    max_pixels
        Larger pictures are refused as decompression bombs.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with the number of images just looked at.
    **options
        Of the reader; see the page of the readers.

    Returns
    -------
    dataset
        A :class:`simbench.dataset.Dataset`; images are decoded when they are asked for.

    Raises
    ------
    ValueError
        If the folder is laid out otherwise (with the layout that is expected), files
        are missing or damaged, or a choice does not fit the dataset.
    """
    division = Division(validation, test, seed)
    choices = Choices(options, size, channels, division, on_corrupt, max_pixels)
    if out is None:
        return read_dataset(reader, root, choices, progress=progress)
    out = check_free(Path(out), overwrite, "dataset")
    with staged(out, overwrite, stage="dataset") as folder:
        read_dataset(reader, root, choices, folder, progress)
    return open_dataset(out)
