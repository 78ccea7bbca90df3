"""Where maps and masks come from: memory, files, or anything alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from metrics.counting.truth import Truth
from metrics.sources.folders import FolderMaps, FolderMasks
from metrics.sources.matching import check_unique
from metrics.sources.memory import ArrayMaps, ArrayMasks, TruthMasks, number
from metrics.sources.rated import RatedMasks
from metrics.sources.reading import MapReading, MaskReading

__all__ = [
    "ArrayMaps",
    "ArrayMasks",
    "FolderMaps",
    "FolderMasks",
    "MapReading",
    "MapSource",
    "MaskReading",
    "MaskSource",
    "RatedMasks",
    "TruthMasks",
    "as_maps",
    "as_masks",
    "check_unique",
    "open_maps",
    "open_masks",
]


@runtime_checkable
class MapSource(Protocol):
    """Maps of one entry.

    ``names`` tells the entry apart (see :mod:`metrics.sources.entries`), ``ids`` says
    which images there are, ``read`` gives raw maps at the masks' size in the order
    asked, 2-D or 3-D; it is asked for images of one size. A source that also has
    ``each(ids)``, which yields one map after another, is read through that, and one
    that has ``header(id)`` is asked where its pixels lie.
    """

    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def ids(self) -> Sequence[str]: ...
    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n ..."]: ...


@runtime_checkable
class MaskSource(Protocol):
    """Ground truth of the images to score.

    ``read`` gives True on lesion pixels, or a :class:`~metrics.counting.truth.Truth`.
    A source whose images may differ in size also has ``each(ids)``, which yields the
    truth of one image after another.
    """

    @property
    def ids(self) -> Sequence[str]: ...
    def read(self, ids: Sequence[str]) -> Truth | Bool[np.ndarray, "n ..."]: ...


def as_masks(masks: Any, reading: MaskReading | None = None) -> MaskSource:
    """Take a source as it is, open a path, number the images of a plain array.

    Parameters
    ----------
    masks
        A source, a path or several, a :class:`~metrics.counting.truth.Truth`, or an
        array.
    reading
        What counts as lesion, of a path or an array.
    """
    reading = MaskReading() if reading is None else reading
    if hasattr(masks, "read"):
        return masks
    if isinstance(masks, Truth):
        return TruthMasks(masks, number(masks))
    paths = masks if isinstance(masks, list | tuple) else [masks]
    if paths and all(isinstance(path, str | Path) for path in paths):
        return open_masks(masks, reading)
    array = masks if hasattr(masks, "shape") else np.asarray(masks)
    return ArrayMasks(array, number(array), reading)


def as_maps(name: str, maps: Any, masks: MaskSource) -> MapSource:
    """Take a source as it is, open a path; a plain array has the images of the masks.

    Raises
    ------
    ValueError
        If a plain array and the masks differ in number.
    """
    if hasattr(maps, "read"):
        return maps
    if isinstance(maps, str | Path):
        return open_maps(maps, name)
    array = maps if hasattr(maps, "shape") else np.asarray(maps)
    names = {"method": name, "label": name, "kind": "external"}
    return ArrayMaps(array, tuple(masks.ids), names)


def open_maps(
    path: Path | str, name: str, reading: MapReading | None = None
) -> FolderMaps:
    """Open the maps of one method, of any format.

    Parameters
    ----------
    path
        A folder, a file, or ``FILE::PATH``.
    name
        What to call the method.
    reading
        What images are called, and how their axes lead.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is nothing to read, in one line that names it.
    """
    return FolderMaps(path, name, MapReading() if reading is None else reading)


def open_masks(
    path: Path | str | Sequence[Path | str],
    reading: MaskReading | None = None,
    like: Any = None,
) -> FolderMasks | RatedMasks:
    """Open masks of any format, of one rater or of several.

    Parameters
    ----------
    path
        A folder, a file, or ``FILE::PATH``; several of them are raters.
    reading
        What counts as lesion.
    like
        A source of maps that says how large images are, and where they lie, if the
        masks do not.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is nothing to read, in one line that names it.
    """
    reading = MaskReading() if reading is None else reading
    if isinstance(path, str | Path):
        return FolderMasks(path, reading, like)
    return RatedMasks(tuple(path), reading, like)
