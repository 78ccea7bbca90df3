"""Compare where maps and masks say that their pixels lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.sources.formats.image import Header
from metrics.sources.grid import Grid
from metrics.sources.matching import some

_NEAR = 0.1
"""How far apart, in pixels, places may be that are called the same."""


@dataclass(frozen=True)
class Notice:
    """Something that whoever reads the scores must know.

    Attributes
    ----------
    kind
        ``spacing`` or ``place``.
    entry
        Whose maps.
    text
        One sentence.
    ids
        Which images.
    """

    kind: str
    entry: str
    text: str
    ids: tuple[str, ...]


def compare_geometry(
    name: str, maps: Any, masks: Any, ids: Sequence[str]
) -> tuple[Notice, ...]:
    """Compare the headers of maps and masks; their pixels are not read.

    Where one of them does not know its place or its distances, they are not compared.

    Parameters
    ----------
    name
        The entry.
    maps, masks
        Sources; those without headers, such as arrays, are not compared.
    ids
        Images that both have.

    Returns
    -------
    tuple of Notice
        One where distances of pixels differ, one where only their places do.

    Raises
    ------
    ValueError
        If axes lead to different sides of the patient: map and mask then show
        different places at the same pixel, and every score would be wrong.
    """
    if not (hasattr(maps, "header") and hasattr(masks, "header")):
        return ()
    found: dict[str, list[str]] = {"orientation": [], "spacing": [], "place": []}
    for key in ids:
        one, other = maps.header(key), masks.header(key)
        kind = _differ(one, other)
        if kind == "orientation" and not found[kind]:
            codes = one.grid.codes, other.grid.codes
        if kind:
            found[kind].append(key)
    if found["orientation"]:
        msg = (
            f"axes of maps of {name!r} and of masks must lead the same way, got "
            f"{codes[0]} and {codes[1]} for {some(found['orientation'])}; read both "
            "with one orientation, such as RAS"
        )
        raise ValueError(msg)
    return tuple(
        Notice(kind, name, _SENTENCES[kind](name, keys), tuple(keys))
        for kind, keys in found.items()
        if keys
    )


_SENTENCES: dict[str, Callable[[str, Sequence[str]], str]] = {
    "spacing": lambda name, keys: (
        f"maps of {name!r} and masks have different distances of pixels in "
        f"{len(keys)} images ({some(keys)}); they were compared pixel by pixel, with "
        "the masks' distances"
    ),
    "place": lambda name, keys: (
        f"maps of {name!r} and masks say that they lie in different places in "
        f"{len(keys)} images ({some(keys)}); they were compared pixel by pixel"
    ),
}


def _differ(one: Header, other: Header) -> str:
    """Say in what two headers differ; empty if in nothing that both know."""
    if one.grid is None or other.grid is None or len(one.size) != len(other.size):
        return ""
    if one.grid.codes and other.grid.codes and one.grid.codes != other.grid.codes:
        return "orientation"
    if not np.allclose(one.grid.spacing, other.grid.spacing, rtol=1e-3, atol=0):
        return "spacing"
    return "place" if _farthest(one.grid, other.grid, one.size) > _NEAR else ""


def _farthest(one: Grid, other: Grid, size: Sequence[int]) -> float:
    """Return how far apart two grids put the same pixel of an image, in pixels."""
    if one.affine is None or other.affine is None:
        return 0.0
    sides = np.meshgrid(*((0, side - 1) for side in size), indexing="ij")
    corners = np.stack([side.ravel() for side in sides] + [np.ones(2 ** len(size))])
    apart = np.linalg.norm((one.affine - other.affine) @ corners, axis=0)
    return float(apart.max() / min(other.spacing))
