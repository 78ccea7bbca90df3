"""What leaves a score without value, and the status an image then carries."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool

from metrics.scores.score import Compared

Condition = Callable[[Compared], Bool[np.ndarray, " n"]]


def empty_mask(compared: Compared) -> Bool[np.ndarray, " n"]:
    """Whether no pixel that counts is lesion."""
    return compared.sweep.lesion == 0


def full_mask(compared: Compared) -> Bool[np.ndarray, " n"]:
    """Whether no pixel that counts is healthy."""
    return compared.sweep.healthy == 0


def unmarked(compared: Compared) -> Bool[np.ndarray, " n"]:
    """Whether a soft truth sees a lesion that its mask leaves out whole."""
    marked = compared.truth.marked.reshape(len(compared.truth), -1)
    return (compared.sweep.lesion > 0) & ~marked.any(axis=1)


def lesion_present(compared: Compared) -> Bool[np.ndarray, " n"]:
    """Whether the image has a lesion, which the score must not have."""
    return compared.sweep.lesion > 0


def single_lesion(compared: Compared) -> Bool[np.ndarray, " n"]:
    """Whether the image has fewer than two lesions."""
    lesions = compared.truth.lesions.reshape(len(compared.truth), -1)
    return np.array([len(np.unique(row[row > 0])) < 2 for row in lesions], dtype=bool)


def no_positive(compared: Compared) -> Bool[np.ndarray, " n"]:
    """Whether the map has no positive value where pixels count."""
    return compared.mass.positive == 0


def zero_map(compared: Compared) -> Bool[np.ndarray, " n"]:
    """Whether the map is zero wherever pixels count."""
    return compared.mass.absolute == 0


CONDITIONS: dict[str, Condition] = {
    "empty_mask": empty_mask,
    "full_mask": full_mask,
    "lesion_present": lesion_present,
    "single_lesion": single_lesion,
    "no_positive": no_positive,
    "zero_map": zero_map,
    "unmarked": unmarked,
}
"""What may leave a score without value, besides a map that is lost."""
