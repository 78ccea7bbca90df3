"""Earth mover's distance: how far the map's mass lies from the lesion's."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.spatial.distance import cdist

from metrics.counting.truth import IGNORED, Truth
from metrics.scores.flows import cheapest
from metrics.scores.kept import kept
from metrics.scores.score import Compared, Score, by_name

CELLS = {2: 16, 3: 8}
"""Most cells along an axis of the grid, by the number of axes."""


def earth_mover(compared: Compared) -> Float[np.ndarray, " n"]:
    """One minus the earth mover's distance of map and mask over the grid's diameter.

    The map's positive part and the mask are each made to sum to 1 on a grid of at most
    16 x 16 cells (8 x 8 x 8 in 3-D) that divides the image evenly; a pixel on a border
    of cells is shared by area. The distance is the least work that turns one into the
    other, moving mass between centers of cells, Euclidean and with the pixel spacing;
    the diameter is the largest distance of two centers. A map that differs from the
    mask only within cells scores 1.
    """
    truth = compared.truth
    return _score(np.maximum(compared.maps, 0), truth, compared.finite)


@kept
def chance(truth: Truth) -> Float[np.ndarray, " n"]:
    """Score of an even map."""
    return _score(np.ones(truth.lesion.shape), truth, np.ones(len(truth), bool))


def _score(
    maps: Float[np.ndarray, "n ..."], truth: Truth, finite: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Score nonnegative maps; NaN where map or mask has no mass."""
    distances = measure_grid(truth.size, truth.spacing)
    counted = (truth.codes != IGNORED).reshape(truth.lesion.shape)
    result = np.full(len(truth), np.nan)
    for index in np.flatnonzero(finite):
        masses = np.where(counted[index], maps[index], 0)
        if masses.any() and truth.marked[index].any():
            supply = pool(masses / masses.max())
            demand = pool(truth.marked[index].astype(np.float64))
            work = _work(supply.ravel(), demand.ravel(), distances)
            # A grid of one cell has no diameter, and nothing to move.
            diameter = distances.max() or 1.0
            result[index] = max(0.0, 1 - work / diameter)
    return result


def pool(image: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Add up an image in the cells of its grid."""
    cells = CELLS[image.ndim]
    for axis, length in enumerate(image.shape):
        edges = np.linspace(0, length, min(length, cells) + 1)
        pixels = np.arange(length)
        # Length of each pixel that lies between two edges, (cells, length).
        ends = np.minimum(edges[1:, None], pixels + 1)
        shares = np.maximum(ends - np.maximum(edges[:-1, None], pixels), 0)
        image = np.moveaxis(np.tensordot(shares, image, (1, axis)), 0, axis)
    return image


def measure_grid(
    size: tuple[int, ...], spacing: tuple[float, ...]
) -> Float[np.ndarray, "c c"]:
    """Return the distances between the centers of the cells of an image's grid."""
    cells = [min(length, CELLS[len(size)]) for length in size]
    steps = np.array(size) / cells * spacing
    centers = np.indices(cells).reshape(len(size), -1).T * steps
    return cdist(centers, centers)


def _work(
    supply: Float[np.ndarray, " c"],
    demand: Float[np.ndarray, " c"],
    distances: Float[np.ndarray, "c c"],
) -> float:
    """Return the least work that moves one distribution into another.

    What they share can stay: with distances that obey the triangle inequality some
    best plan leaves it in place.
    """
    surplus = supply / supply.sum() - demand / demand.sum()
    givers, takers = np.flatnonzero(surplus > 0), np.flatnonzero(surplus < 0)
    costs = distances[np.ix_(givers, takers)]
    return cheapest(surplus[givers], -surplus[takers], costs)


SCORES = by_name(
    Score(
        "earth_mover",
        "Earth mover's score",
        earth_mover,
        undefined=("empty_mask", "unmarked", "no_positive"),
        chance=chance,
        standard=False,
        source="Rubner et al., IJCV 40, 2000; Clark et al. (XAI-TRIS), 2024",
    ),
)
"""Scores of how far mass must be moved."""
