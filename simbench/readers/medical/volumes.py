"""Volumes of one subject each, read as axial slices: NIfTI files and DICOM series.

Looking at a volume reads headers alone. Its voxels are decoded when a slice is asked
for and kept for those that follow, up to a limit of bytes for all volumes together.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from simbench.readers.medical.axial import (
    Affine,
    Size,
    Turn,
    turn_affine,
    turn_of,
    turn_pixels,
    turn_size,
)
from simbench.readers.medical.dicom_series import find_series
from simbench.readers.medical.nifti_volume import find_volume
from simbench.readers.medical.shelf import VOLUMES
from simbench.readers.root import Root

_SAME = 0.01
"""Share of a voxel by which grids that are the same may differ, for rounding."""


@runtime_checkable
class Stored(Protocol):
    """A volume as its files hold it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The files, relative to the root."""

    @property
    def size(self) -> Size:
        """Voxels along each stored axis."""

    @property
    def affine(self) -> Affine:
        """Takes stored indices, and 1, to places in the patient."""

    def read(self, root: Root) -> Float32[np.ndarray, "i j k"]:
        """Decode all voxels."""


@dataclass(frozen=True, eq=False)
class Volume:
    """A volume as axial slices.

    Parameters
    ----------
    stored
        Its files.
    turn
        How their axes become slices, rows and columns.
    size
        Slices, rows, columns.
    affine
        Takes (slice, row, column, 1) to a place in the patient.
    """

    stored: Stored
    turn: Turn
    size: Size
    affine: Affine

    @property
    def names(self) -> tuple[str, ...]:
        """Its files, relative to the root."""
        return self.stored.names

    def read(self, root: Root, place: int) -> Float32[np.ndarray, "h w"]:
        """Return one slice."""
        voxels = VOLUMES.take((root, self.names), lambda: self.stored.read(root))
        return turn_pixels(self.turn, voxels)[place]

    def names_of(self, place: int) -> tuple[str, ...]:
        """Return the files that one slice comes from."""
        if self.turn.order[0] != 0 or len(self.names) != self.stored.size[0]:
            return self.names
        return (self.names[-1 - place if self.turn.flips[0] else place],)


def open_volume(root: Root, name: str) -> Volume:
    """Look at a NIfTI file, or at a folder with one DICOM series.

    Raises
    ------
    ValueError, FileNotFoundError
        If it is neither, or cannot be taken as it is.
    """
    stored = _look(root, name)
    turn = turn_of(stored.affine)
    return Volume(
        stored,
        turn,
        turn_size(turn, stored.size),
        turn_affine(turn, stored.affine, stored.size),
    )


def misfit(one: Volume, other: Volume) -> str:
    """Say how the grids of two volumes differ; nothing if they are the same."""
    if one.size != other.size:
        sizes = (" x ".join(map(str, volume.size)) for volume in (one, other))
        return " voxels for ".join(sizes)
    corners = [(*place, 1) for place in product(*((0, n - 1) for n in one.size))]
    gaps = np.array(corners) @ (one.affine - other.affine).T
    off = float(np.linalg.norm(gaps, axis=1).max())
    spacing = float(np.linalg.norm(other.affine[:, :3], axis=0).min())
    return f"voxels up to {off:.4g} mm off" if off > _SAME * spacing else ""


def _look(root: Root, name: str) -> Stored:
    """Tell a folder from a file; either must lie under the root."""
    try:
        root.find(name)
    except FileNotFoundError:
        if root.folder.joinpath(*PurePosixPath(name).parts).is_dir():
            return find_series(root, name)
        raise
    return find_volume(root, name)
