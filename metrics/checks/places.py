"""Where a map would have to be read if it was turned, shifted or stretched.

A *move* takes places in the mask to the places of the map that show them. Moves that
leave the map find nothing there, which counts as chance.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from metrics.checks.sample import Sample

Places = Int[np.ndarray, "p axes"]
Move = Callable[[Places], Places]

WORDS: dict[tuple[tuple[int, ...], tuple[bool, ...]], str] = {
    ((0, 1), (True, False)): "upside down",
    ((0, 1), (False, True)): "mirrored left to right",
    ((0, 1), (True, True)): "turned by 180 degrees",
    ((1, 0), (False, False)): "transposed",
    ((1, 0), (True, False)): "turned by 90 degrees clockwise",
    ((1, 0), (False, True)): "turned by 90 degrees counterclockwise",
    ((1, 0), (True, True)): "transposed about the other diagonal",
}
"""What maps look like that a symmetry puts right, in two dimensions."""


@dataclass(frozen=True)
class Symmetry:
    """A change of axes that keeps the size: transposed first, then flipped.

    Attributes
    ----------
    order
        Which axis of the map becomes each axis of the image.
    flips
        Which axes of the image then run backwards.
    size
        Cells of an image along each axis.
    """

    order: tuple[int, ...]
    flips: tuple[bool, ...]
    size: tuple[int, ...]

    def __call__(self, places: Places) -> Places:
        """Return where the map shows what lies at these places of the mask."""
        mirrored = np.array(self.size) - 1 - places
        moved = np.empty_like(places)
        moved[:, self.order] = np.where(self.flips, mirrored, places)
        return moved

    @property
    def words(self) -> str:
        """What a map looks like that this puts right."""
        if len(self.order) == 2:
            return WORDS[self.order, self.flips]
        turned = ""
        if self.order != tuple(range(len(self.order))):
            turned = "stored with their axes in another order"
        axes = [str(axis) for axis, flip in enumerate(self.flips) if flip]
        flipped = f"flipped along axis {' and '.join(axes)}" if axes else ""
        return " and ".join(part for part in (turned, flipped) if part)

    @property
    def code(self) -> str:
        """What to write in NumPy to put maps (n, ...) right."""
        order = (0, *(axis + 1 for axis in self.order))
        turned = "" if order == tuple(range(len(order))) else f".transpose{order}"
        if not any(self.flips):
            return f"maps{turned}"
        steps = ", ".join("::-1" if flip else ":" for flip in self.flips)
        return f"maps{turned}[:, {steps}]"


@dataclass(frozen=True)
class Shift:
    """Maps that lie off by so many cells along each axis."""

    offset: tuple[int, ...]

    @property
    def opposite(self) -> "Shift":
        """As far the other way."""
        return Shift(tuple(-step for step in self.offset))

    def __call__(self, places: Places) -> Places:
        """Return where the map shows what lies at these places of the mask."""
        return places + np.array(self.offset)


@dataclass(frozen=True, eq=False)
class Zoom:
    """Maps stretched about the center of the image.

    Each lesion is moved whole: stretching it too would ask the map for another size.

    Attributes
    ----------
    factor
        By how much; below 1 they are shrunk.
    away
        How far from the center the lesion at each place lies, in cells.
    """

    factor: float
    away: Float[np.ndarray, "p axes"]

    @property
    def opposite(self) -> "Zoom":
        """Shrunk as much, or stretched."""
        return Zoom(1 / self.factor, self.away)

    def __call__(self, places: Places) -> Places:
        """Return where the map shows what lies at these places of the mask."""
        return places + np.rint((self.factor - 1) * self.away).astype(np.int64)


def symmetries(sample: Sample) -> Iterator[Symmetry]:
    """List all changes of axes that keep the size, the identity first.

    Eight for a square, four for another rectangle, 48 for a cube.
    """
    axes = range(len(sample.size))
    for order in permutations(axes):
        if tuple(sample.size[axis] for axis in order) == sample.size:
            for flips in product((False, True), repeat=len(axes)):
                yield Symmetry(order, flips, sample.cells)


def probe(sample: Sample, move: Move) -> csr_array:
    """Return what gives the mean over each image's lesion from all images' maps.

    The matrix, (n, n * cells), holds the sample's weights at the places that ``move``
    gives.
    """
    found = sample.coordinates
    moved = move(found[:, 1:])
    inside = ((moved >= 0) & (moved < np.array(sample.cells))).all(axis=1)
    image, moved, found = found[inside, 0], moved[inside], found[inside]
    place = np.ravel_multi_index((image, *moved.T), sample.lesion.shape)
    weights = sample.weights[tuple(found.T)]
    shape = (len(sample.ids), sample.lesion.size)
    return csr_array((weights, (image, place)), shape=shape)
