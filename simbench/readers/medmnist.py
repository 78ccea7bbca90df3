"""MedMNIST: images of one size in one ``.npz`` file, with published splits.

Images are read from the file row by row; it is never read as a whole. Masks are read
where the file has them, as the files of ``hrcam export --to npz`` do.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from simbench.parameters import Parameters
from simbench.readers.archives import Rows, open_arrays
from simbench.readers.healthy import check_healthy, lesion
from simbench.readers.listing import Listing
from simbench.readers.reader import LayoutError, Reader
from simbench.readers.root import PictureError, Root

#: Images that a split may have.
MOST = 2**22
#: Words of the file, and the splits that they are.
SPLITS = {"train": "train", "val": "validation", "test": "test"}
LAYOUT = """\
ROOT/
  NAME.npz    the only such file, or the one of the option `file`; or ROOT itself
    train_images, val_images, test_images    (n, h, w) or (n, h, w, 3), uint8
    train_labels, val_labels, test_labels    (n, 1) or (n,), whole numbers from 0
    train_masks, val_masks, test_masks       if there are any: (n, h, w)
"""


class Options(Parameters):
    """What may be chosen of a file of MedMNIST."""

    file: str = ""
    """The file; by default the only one."""
    classes: tuple[str, ...] = ()
    """Names of the classes, in the order of their numbers; by default the numbers."""
    healthy: tuple[str, ...] = ()
    """Classes without any lesion."""


@dataclass(frozen=True)
class Row:
    """An image of an array.

    Parameters
    ----------
    file
        The archive's name.
    rows
        The array.
    place
        Of the image in it.
    """

    file: str
    rows: Rows
    place: int

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return (self.file,)

    def read(self, root: Root) -> Shaped[np.ndarray, "h w *rgb"]:
        """Read the image."""
        root.allow(self.file, self.rows.shape[1:3])
        return self.rows.row(self.place)


def find(root: Root, options: Options) -> Listing:
    """List the images of a file."""
    name = options.file or _only(root)
    path = root.find(name)
    _note(root, name, path)
    try:
        arrays = open_arrays(path)
    except PictureError as error:
        raise LayoutError(str(error)) from error
    words = [word for word in SPLITS if f"{word}_images" in arrays]
    if "train" not in words:
        msg = f"{name} without train_images"
        raise LayoutError(msg)
    labels = {word: _labels(name, word, arrays) for word in words}
    classes = _classes(options, max(int(some.max()) for some in labels.values()))
    rows: list[dict[str, Any]] = []
    for word in words:
        rows += [
            {
                "image_id": f"{word}-{place:06d}",
                "subject": f"{word}-{place:06d}",
                "label": label,
                "lesion": lesion(classes[label], options.healthy),
                "split": SPLITS[word],
            }
            for place, label in enumerate(labels[word].tolist())
        ]
    images = {word: arrays[f"{word}_images"] for word in words}
    masks = {w: arrays[f"{w}_masks"] for w in words if f"{w}_masks" in arrays}
    one = images["train"]
    return Listing(
        classes,
        rows,
        [Row(name, rows, k) for rows in images.values() for k in range(rows.shape[0])],
        [
            Row(name, masks[word], k) if word in masks else None
            for word in (words if masks else ())
            for k in range(images[word].shape[0])
        ],
        channels=3 if len(one.shape) == 4 else 1,
        size=(one.shape[1], one.shape[2]),
    )


def _only(root: Root) -> str:
    names = [name for name in root.scan("", (".npz",)) if "/" not in name]
    if len(names) != 1:
        some = ", ".join(names[:5]) or "none"
        msg = f"{some} of .npz files"
        raise LayoutError(msg)
    return names[0]


def _note(root: Root, name: str, path: Path) -> None:
    """Take the checksum of the file once, piece by piece."""
    if name not in root.seen:
        with path.open("rb") as file:
            root.note(name, hashlib.file_digest(file, "sha256").hexdigest())


def _labels(name: str, word: str, arrays: dict[str, Rows]) -> Shaped[np.ndarray, " n"]:
    """Check the arrays of one split and return its labels."""
    images, labels = arrays[f"{word}_images"], arrays.get(f"{word}_labels")
    shape = images.shape
    flat = len(shape) == 3 or (len(shape) == 4 and shape[3] == 3)
    if not flat or images.dtype != np.uint8:
        msg = f"{name} with {word}_images of {images.dtype} and shape {shape}"
        raise LayoutError(msg)
    if shape[0] > MOST:
        msg = f"{name} with {shape[0]} {word}_images, more than {MOST}"
        raise LayoutError(msg)
    masks = arrays.get(f"{word}_masks")
    if masks is not None and masks.shape != shape[:3]:
        msg = f"{name} with {word}_masks of shape {masks.shape} for images {shape}"
        raise LayoutError(msg)
    if labels is None or labels.shape not in ((shape[0],), (shape[0], 1)):
        what = "no such array" if labels is None else f"shape {labels.shape}"
        msg = f"{name} with {word}_labels of {what}: one class of each image"
        raise LayoutError(msg)
    found = labels.all().reshape(-1)
    if found.dtype.kind not in "iu" or found.size == 0 or int(found.min()) < 0:
        msg = f"{name} with {word}_labels that are no whole numbers from 0"
        raise LayoutError(msg)
    return found.astype(np.int64)


def _classes(options: Options, largest: int) -> tuple[str, ...]:
    """Return the names of the classes.

    Raises
    ------
    ValueError
        If there are fewer names than numbers.
    """
    classes = options.classes or tuple(str(k) for k in range(largest + 1))
    if len(classes) <= largest:
        msg = f"classes must be {largest + 1} names, got {len(classes)}"
        raise ValueError(msg)
    check_healthy(options.healthy, classes)
    return classes


READER = Reader(
    "medmnist",
    "MedMNIST, an .npz file of small images with published splits",
    LAYOUT,
    find,
    Options,
)
