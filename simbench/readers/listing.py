"""What a reader finds in a folder, before any picture is decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Shaped

from simbench.readers.root import Root, several

#: What every row of a listing tells of an image.
COLUMNS = ("image_id", "subject", "label", "lesion", "split")
#: Splits that may be published; '' is for images that are to be divided.
PUBLISHED = ("train", "validation", "test", "")


@runtime_checkable
class Picture(Protocol):
    """One image, or one mask, that is decoded when it is asked for."""

    @property
    def names(self) -> tuple[str, ...]:
        """The files that it comes from, relative to the root."""

    def read(self, root: Root) -> Shaped[np.ndarray, "h w *rgb"]:
        """Decode it: (h, w) or (h, w, 3), uint8, or float32 in [0, 255].

        In a mask, what is not 0 is lesion. The files are read through ``root`` alone.

        Raises
        ------
        PictureError
            If a file is damaged or is no picture.
        """


@dataclass(frozen=True)
class Empty:
    """A mask that is known to mark nothing."""

    names: tuple[str, ...] = ()

    def read(self, root: Root) -> Shaped[np.ndarray, "h w"]:  # noqa: ARG002
        """Return one pixel that is no lesion."""
        return np.zeros((1, 1), np.uint8)


EMPTY = Empty()


@dataclass(frozen=True, eq=False)
class Listing:
    """The images of a dataset and what is known of them.

    Parameters
    ----------
    classes
        Their names, in the order of the labels.
    rows
        Of each image: ``image_id``, ``subject`` (whose images belong together),
        ``label`` (place in ``classes``), ``lesion`` (its kind, or ``none``), ``split``
        ('' if it is to be drawn), and any further columns.
    pictures
        Of each row.
    masks
        Of each row: a picture, :data:`EMPTY`, or None where the truth is not known;
        nothing at all if the dataset has no masks.
    channels
        1 gray, 3 color; 0: color if any picture is.
    size
        Rows and columns that images are resized to unless the user says otherwise.
    """

    classes: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]
    pictures: Sequence[Picture]
    masks: Sequence[Picture | None] = ()
    channels: int = 0
    size: tuple[int, int] = (224, 224)

    def __post_init__(self) -> None:
        """Check what a reader, ours or anybody's, says."""
        counts = {len(self.rows), len(self.pictures)}
        if len(counts | ({len(self.masks)} if self.masks else set())) != 1:
            msg = (
                "rows, pictures and masks must be equally many, got "
                f"{len(self.rows)}, {len(self.pictures)} and {len(self.masks)}"
            )
            raise ValueError(msg)
        if not self.rows:
            msg = "a dataset must have images, got none"
            raise ValueError(msg)
        problems = [
            text for row in self.rows for text in _wrong(row, len(self.classes))
        ]
        problems += _twice([str(row["image_id"]) for row in self.rows])
        if problems:
            raise ValueError(several(problems))


def _wrong(row: Mapping[str, Any], classes: int) -> list[str]:
    """Say what is wrong with a row."""
    lost = [name for name in COLUMNS if name not in row]
    if lost:
        return [f"rows must have {', '.join(COLUMNS)}, got none of {', '.join(lost)}"]
    name, problems = row["image_id"], []
    if not plain(str(name)):
        problems.append(f"image ids must be names that a file can have, got {name!r}")
    if not 0 <= row["label"] < classes:
        problems.append(f"label of {name} must be below {classes}, got {row['label']}")
    if row["split"] not in PUBLISHED:
        known = ", ".join(PUBLISHED[:3])
        problems.append(f"split of {name} must be one of {known}, got {row['split']!r}")
    return problems


def plain(name: str) -> bool:
    """Say whether a file can have the name, as the files of maps do."""
    return bool(name) and name.isprintable() and not set(name) & set("/\\:")


def named(path: str) -> str:
    """Return an image's name after the path of its file: '-' for '/', no suffix."""
    stem, dot, _ = path.rpartition(".")
    return (stem if dot else path).replace("/", "-")


def _twice(ids: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    more = [name for name in ids if name in seen or seen.add(name)]  # type: ignore[func-returns-value]  # adds and goes on
    return [f"image ids must be unique, got {name} again" for name in more]
