"""A CSV file with the path and the label of each image.

It may have columns for the image's name, its split (``train``, ``validation``, ``test``
or nothing), its subject, the kind of its lesion and the path of its mask. All further
columns may be carried along as strata.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from simbench.parameters import Parameters
from simbench.readers.healthy import HEALTHY, check_healthy, lesion
from simbench.readers.listing import EMPTY, Listing, Picture, named
from simbench.readers.pictures import MaskFile, PictureFile, Window
from simbench.readers.reader import LayoutError, Reader
from simbench.readers.root import Root
from simbench.readers.tables import read_table

LAYOUT = """\
ROOT/
  labels.csv    path,label[,image_id][,split][,subject][,lesion][,mask] and others
  …             the pictures, at the paths of the table: relative to ROOT, with '/'
Also as ROOT: the CSV file itself. A mask's cell is a path, 'empty' or nothing.
"""
#: A cell of the masks' column that says that there is no lesion.
NO_LESION = "empty"


class Options(Parameters):
    """What may be chosen of a table."""

    file: str = "labels.csv"
    """The table."""
    path: str = "path"
    """Column of the images' paths."""
    label: str = "label"
    """Column of the classes."""
    image_id: str = "image_id"
    """Column of the images' names; by default after their paths."""
    split: str = "split"
    """Column of the published splits, if there is one."""
    subject: str = "subject"
    """Column that tells whose an image is; by default every image has its own."""
    lesion: str = "lesion"
    """Column of the kinds of lesion, ``none`` without any; by default the classes."""
    mask: str = "mask"
    """Column of the masks' paths, if there are masks."""
    strata: tuple[str, ...] = ()
    """Further columns that are carried along."""
    classes: tuple[str, ...] = ()
    """The labels in order; by default sorted."""
    healthy: tuple[str, ...] = ()
    """Classes without any lesion, where no column tells."""
    window: Window | None = None
    """Stored values that become black and white; by default 0 and the largest."""


def find(root: Root, options: Options) -> Listing:
    """List the pictures of the table."""
    table = read_table(
        root, options.file, (options.path, options.label, *options.strata)
    )
    for name, default in Options().model_dump().items():
        column = getattr(options, name)
        if name in _OPTIONAL and column != default and column not in table:
            msg = f"{options.file} without a column {column}"
            raise LayoutError(msg)
    words = table[options.label].tolist()
    classes = options.classes or tuple(sorted(set(words)))
    check_healthy(options.healthy, classes)
    _check_classes(words, classes)
    files = table[options.path].tolist()
    rows = _rows(table, options, classes)
    masks = _masks(table, options, rows)
    wanted = [name for mask in masks if mask is not None for name in mask.names]
    root.require([*files, *wanted])
    return Listing(
        classes, rows, [PictureFile(name, options.window) for name in files], masks
    )


_OPTIONAL = ("image_id", "split", "subject", "lesion", "mask")


def _rows(
    table: pd.DataFrame, options: Options, classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Return a row of the listing for each row of the table."""
    words = table[options.label].tolist()
    ids = _column(table, options.image_id, table[options.path].map(named).tolist())
    kinds = [lesion(word, options.healthy) for word in words]
    columns: dict[str, Sequence[Any]] = {
        "image_id": ids,
        "subject": _column(table, options.subject, ids),
        "label": [classes.index(word) for word in words],
        "lesion": _column(table, options.lesion, kinds),
        "split": _column(table, options.split, [""] * len(ids)),
        **{name: table[name].tolist() for name in options.strata},
    }
    cells = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in cells]


def _column(table: pd.DataFrame, name: str, default: Sequence[str]) -> Sequence[str]:
    """Return a column; the default where it is missing or a cell is empty."""
    if name not in table:
        return default
    return [cell or other for cell, other in zip(table[name], default, strict=True)]


def _masks(
    table: pd.DataFrame, options: Options, rows: Sequence[dict[str, Any]]
) -> list[Picture | None]:
    """Return the mask of each image; nothing without their column."""
    if options.mask not in table:
        return []
    found: list[Picture | None] = []
    for cell, row in zip(table[options.mask], rows, strict=True):
        healthy = not cell and row["lesion"] == HEALTHY
        known = MaskFile(cell) if cell else None
        found.append(EMPTY if cell == NO_LESION or healthy else known)
    return found


def _check_classes(words: Sequence[str], classes: Sequence[str]) -> None:
    """Refuse labels that are no classes, and images without any.

    Raises
    ------
    ValueError
        Naming the first few.
    """
    lost = sorted(set(words) - set(classes) | {word for word in words if not word})
    if lost:
        some = ", ".join(map(repr, lost[:5]))
        msg = f"labels must be one of {', '.join(filter(None, classes))}, got {some}"
        raise ValueError(msg)


READER = Reader(
    "table", "a CSV file of paths and labels, of any layout", LAYOUT, find, Options
)
