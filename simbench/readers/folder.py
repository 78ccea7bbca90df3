"""A dataset that was read, as a folder: tables and checksums, but no image.

``reading.toml`` says which reader, where the files are and what was chosen;
``index.parquet`` has a row for each image, ``files.parquet`` the checksum of each file,
``skipped.csv`` the images that were left out. The manifest comes last.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from simbench.dataset import Dataset
from simbench.manifest import checksum, replace_text, seal
from simbench.opening import READING
from simbench.readers.choices import Choices, find_reader, parse_options
from simbench.readers.decoded import Decoded
from simbench.readers.listing import Listing, Picture
from simbench.readers.reader import Reader
from simbench.readers.reading import OWN, Found, list_images, look_through
from simbench.readers.resizing import fit_image, fit_mask
from simbench.readers.root import Root
from simbench.tables import framed
from simbench.toml_text import toml_text


@dataclass(frozen=True, eq=False)
class Source:
    """Where the pictures of a dataset are; they are listed when the first is asked for.

    Parameters
    ----------
    reader, root, options
        Who lists what.
    ids
        Of the images, in the order of the index.
    """

    reader: Reader
    root: Root
    options: Any
    ids: tuple[str, ...] = field(repr=False)

    @cached_property
    def _places(self) -> tuple[Listing, list[int]]:
        listing = list_images(self.reader, self.root, self.options)
        found = {str(row["image_id"]): i for i, row in enumerate(listing.rows)}
        lost = [name for name in self.ids if name not in found]
        if lost:
            msg = (
                f"{self.root.folder} must hold the images that were read, got no "
                f"{lost[0]} and {len(lost) - 1} more; read the dataset again"
            )
            raise ValueError(msg)
        return listing, [found[name] for name in self.ids]

    def pictures(self) -> list[Picture]:
        """Return the picture of each image."""
        listing, places = self._places
        return [listing.pictures[i] for i in places]

    def masks(self) -> list[Picture | None]:
        """Return the mask of each image."""
        listing, places = self._places
        return [listing.masks[i] for i in places]


def read_dataset(
    reader: str,
    root: Path | str,
    choices: Choices,
    folder: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Dataset:
    """Read a local copy of a dataset, without copying its images.

    Parameters
    ----------
    reader
        A name of :data:`simbench.readers.READERS`.
    root
        The folder of the files, or the file that an option ``file`` names.
    choices
        How it is read.
    folder
        Empty folder to write; None keeps the tables in memory.
    progress
        Called with the number of images just looked at.

    Raises
    ------
    ValueError
        If the folder is laid out otherwise, or pictures are damaged.
    """
    entry = find_reader(reader)
    path, given = Path(root), dict(choices.options)
    if path.is_file() and "file" in entry.options.model_fields:
        path, given = path.parent, {**given, "file": path.name}
    options = parse_options(entry, given)
    place = Root(path, max_pixels=choices.max_pixels)
    listing, found = look_through(entry, place, options, choices, progress)
    facts = {
        "reader": entry.name,
        "root": str(path.resolve()),
        "classes": list(listing.classes),
        "size": list(choices.size or listing.size),
        "channels": found.channels,
        **_choices(choices),
        "skipped": len(found.skipped),
        "options": options.model_dump(mode="json", exclude_none=True),
    }
    if folder is not None:
        _write(folder, facts, found)
        seal(folder, found.identity)
    return _dataset(facts, found.index, _checksums(found.files), found.identity)


def open_reading(folder: Path, identity: str) -> Dataset:
    """Open the folder of a dataset that was read; its manifest was looked at."""
    facts = tomllib.loads((folder / READING).read_text(encoding="utf-8"))
    index = pd.read_parquet(folder / "index.parquet")
    files = pd.read_parquet(folder / "files.parquet")
    return _dataset(facts, index, _checksums(files), identity)


def changed_files(folder: Path) -> list[str]:
    """Name the files of the user's copy that are not as they were when read."""
    facts = tomllib.loads((folder / READING).read_text(encoding="utf-8"))
    root, problems = Path(facts["root"]), []
    files = pd.read_parquet(folder / "files.parquet")
    for name, size, expected in files.itertuples(index=False):
        path = root / name
        if not path.is_file():
            problems.append(f"{path} is missing")
        elif path.stat().st_size != size:
            problems.append(f"{path} has {path.stat().st_size} bytes instead of {size}")
        elif checksum(path) != expected:
            problems.append(f"{path} has another checksum than when it was read")
    return problems


def _choices(choices: Choices) -> dict[str, Any]:
    """Return what was chosen beside the reader's options, for ``reading.toml``."""
    division = choices.division
    asked = {"validation": division.validation, "test": division.test}
    return {
        "seed": division.seed,
        **{name: value for name, value in asked.items() if value is not None},
        "on_corrupt": choices.on_corrupt,
        "max_pixels": choices.max_pixels,
    }


def _write(folder: Path, facts: Mapping[str, Any], found: Found) -> None:
    replace_text(folder / READING, toml_text(facts))
    found.index.to_parquet(folder / "index.parquet", index=False)
    found.files.to_parquet(folder / "files.parquet", index=False)
    if len(found.skipped):
        found.skipped.to_csv(folder / "skipped.csv", index=False)


def _checksums(files: pd.DataFrame) -> dict[str, str]:
    return dict(zip(files["name"], files["sha256"], strict=True))


def _dataset(
    facts: Mapping[str, Any],
    index: pd.DataFrame,
    checksums: Mapping[str, str],
    identity: str,
) -> Dataset:
    """Make the dataset of its tables."""
    reader = find_reader(facts["reader"])
    root = Root(Path(facts["root"]), checksums, max_pixels=facts["max_pixels"])
    ids = tuple(str(name) for name in index["image_id"])
    source = Source(reader, root, parse_options(reader, facts["options"]), ids)
    size, channels = tuple(facts["size"]), int(facts["channels"])
    flat = (len(ids), *size)
    image = partial(fit_image, size=size, channels=channels)
    shape = flat if channels == 1 else (*flat, channels)
    arrays = {"image": Decoded(shape, ids, source.pictures, root, image)}
    if index["mask_known"].any():
        mask = partial(fit_mask, size=size)
        arrays["mask"] = Decoded(flat, ids, source.masks, root, mask)
    return Dataset(
        identity=identity,
        recipe=None,
        classes=tuple(facts["classes"]),
        index=index,
        lesions=framed("lesions", []),
        confounders=framed("confounders", []),
        arrays=arrays,
        reader=reader.name,
        chiral=reader.chiral,
        strata=tuple(str(name) for name in index if name not in OWN),
    )
