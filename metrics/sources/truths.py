"""Take images out of a truth, and put truths of images of one size together."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Shaped

from metrics.counting.truth import Truth


def take(truth: Truth, rows: Sequence[int]) -> Truth:
    """Return some images of a truth, in the order asked."""
    picked = list(rows)

    def of(given: Shaped[np.ndarray, "n ..."] | None) -> np.ndarray | None:
        return None if given is None else given[picked]

    soft, ignored, numbered = map(of, (truth.soft, truth.ignored, truth.numbered))
    return Truth(truth.lesion[picked], soft, ignored, numbered, truth.spacing)


def join(truths: Sequence[Truth]) -> Truth:
    """Put images together that are alike (:func:`alike`)."""
    if len(truths) == 1:
        return truths[0]

    def of(pick: Callable[[Truth], np.ndarray | None]) -> np.ndarray | None:
        parts = [part for part in map(pick, truths) if part is not None]
        return np.concatenate(parts) if parts else None

    ignored = None
    if any(truth.ignored is not None for truth in truths):
        ignored = np.concatenate(
            [
                np.zeros(truth.lesion.shape, bool)
                if truth.ignored is None
                else truth.ignored
                for truth in truths
            ]
        )
    lesion = np.concatenate([truth.lesion for truth in truths])
    soft, numbered = of(lambda t: t.soft), of(lambda t: t.numbered)
    return Truth(lesion, soft, ignored, numbered, truths[0].spacing)


def alike(one: Truth, other: Truth) -> bool:
    """Say whether images may stand in one truth: size, spacing, what is known."""
    return (
        one.size == other.size
        and one.spacing == other.spacing
        and (one.soft is None) == (other.soft is None)
        and (one.numbered is None) == (other.numbered is None)
    )
