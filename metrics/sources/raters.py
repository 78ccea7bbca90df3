"""Make one truth of several raters' masks."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float

from metrics.counting.truth import Truth
from metrics.sources.reading import Rule

Votes = Bool[np.ndarray, "raters n ..."]


def _majority(votes: Votes) -> Truth:
    """More than half of the raters; a tie is none."""
    return Truth(2 * votes.sum(axis=0) > len(votes))


def _any(votes: Votes) -> Truth:
    """At least one rater."""
    return Truth(np.asarray(votes.any(axis=0)))


def _all(votes: Votes) -> Truth:
    """Every rater."""
    return Truth(np.asarray(votes.all(axis=0)))


def _agreement(votes: Votes) -> Truth:
    """Every rater; where some but not all marked, pixels do not count."""
    every, some = (np.asarray(x) for x in (votes.all(axis=0), votes.any(axis=0)))
    return Truth(every, ignored=some & ~every)


RULES: dict[str, Callable[[Votes], Truth]] = {
    "majority": _majority,
    "any": _any,
    "all": _all,
    "agreement": _agreement,
}
"""What is lesion of those that raters marked; ``mean`` is in :func:`combine`."""


def combine(raters: Sequence[Truth], rule: Rule) -> Truth:
    """Make one truth of several raters' truths of the same images.

    ``mean`` makes a soft truth, the share of raters who marked (or the mean of their
    shares), whose mask is where it is at least 0.5. Lesions lose their numbers: raters
    count differently. What any rater ignores does not count.

    Raises
    ------
    ValueError
        If sizes or distances of pixels differ.
    """
    first = raters[0]
    for truth in raters[1:]:
        if (truth.lesion.shape, truth.spacing) != (first.lesion.shape, first.spacing):
            msg = (
                f"masks of all raters must have one shape and spacing, got {first.size}"
                f" {first.spacing} and {truth.size} {truth.spacing}"
            )
            raise ValueError(msg)
    if rule == "mean":
        mean = np.mean([_shares(truth) for truth in raters], axis=0)
        made = Truth(mean >= 0.5, soft=mean)
    else:
        made = RULES[rule](np.stack([truth.lesion for truth in raters]))
    given = [t.ignored for t in (made, *raters) if t.ignored is not None]
    ignored = np.logical_or.reduce(given) if given else None
    return Truth(made.lesion, made.soft, ignored, None, first.spacing)


def _shares(truth: Truth) -> Float[np.ndarray, "n ..."]:
    given = truth.lesion if truth.soft is None else truth.soft
    return given.astype(np.float64)
