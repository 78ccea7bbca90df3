"""What a map finds: the connected parts that it marks, beside the lesions."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from metrics.counting.truth import Truth
from metrics.scores.kept import kept

MIN_OVERLAP = 0.1
"""Least intersection over union at which a part finds a lesion."""


@dataclass(frozen=True)
class Findings:
    """Marked parts of one image and how they overlap its lesions.

    Attributes
    ----------
    parts
        Number of the connected part at each pixel, from 1; 0 where nothing is marked.
        Corners connect: 8 neighbors in 2-D, 26 in 3-D.
    overlaps
        Intersection over union of each part with each lesion, (parts, lesions); below
        :data:`MIN_OVERLAP` it is 0.
    """

    parts: Int[np.ndarray, "..."]
    overlaps: Float[np.ndarray, "p l"]

    @property
    def count(self) -> int:
        """Number of parts."""
        return len(self.overlaps)

    @property
    def false(self) -> Bool[np.ndarray, " p"]:
        """Whether a part overlaps no lesion enough."""
        return np.asarray(~self.overlaps.any(axis=1))

    def match(self) -> tuple[Int[np.ndarray, " m"], Int[np.ndarray, " m"]]:
        """Give lesions a part each: as many as possible, then with most overlap."""
        # A match outweighs all overlaps, which sum to at most their number.
        most = min(self.overlaps.shape) + 1
        worth = np.where(self.overlaps > 0, self.overlaps + most, 0.0)
        parts, lesions = linear_sum_assignment(worth, maximize=True)
        good = worth[parts, lesions] > 0
        return parts[good], lesions[good]

    def peaks(self, values: Float[np.ndarray, "..."]) -> Float[np.ndarray, " p"]:
        """Return the highest value in each part."""
        index = np.arange(1, self.count + 1)
        highest = ndimage.maximum(values, self.parts, index)
        return np.asarray(highest, np.float64)


def find(marked: Bool[np.ndarray, "..."], lesions: Int[np.ndarray, "..."]) -> Findings:
    """Find the parts of a marked area and their overlaps with numbered lesions.

    ``lesions`` holds 0 for none and the numbers from 1 without a gap.
    """
    parts = np.zeros(marked.shape, np.int32)
    found = ndimage.label(marked, np.ones((3,) * marked.ndim, bool), output=parts)
    count = int(lesions.max(initial=0))
    places = parts[marked].astype(np.int64) * (count + 1) + lesions[marked]
    shared = np.bincount(places, minlength=(found + 1) * (count + 1))
    shared = shared.reshape(found + 1, count + 1)[1:]
    sizes = np.bincount(lesions.ravel(), minlength=count + 1)[1:]
    both = shared[:, 1:]
    union = shared.sum(axis=1)[:, None] + sizes - both
    overlaps = both / union
    return Findings(parts, np.where(overlaps < MIN_OVERLAP, 0.0, overlaps))


@kept
def number(truth: Truth) -> Int[np.ndarray, "n ..."]:
    """Give numbers to the counted lesions of each image: 1, 2 and so on, 0 for none."""
    result = np.zeros(truth.lesions.shape, np.int64)
    for index, lesions in enumerate(truth.lesions):
        numbers = np.unique(lesions)
        result[index] = np.searchsorted(numbers[numbers > 0], lesions, side="right")
    return result


def count_lesions(truth: Truth) -> Int[np.ndarray, " n"]:
    """Count the lesions of each image of which some pixel counts."""
    return number(truth).reshape(len(truth), -1).max(axis=1, initial=0)
