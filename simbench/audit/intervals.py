"""How sure an AUROC is: its interval, and labels dealt anew for a permutation test."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtri
from scipy.stats import rankdata

LEVEL = 0.95
PERMUTATIONS = 199
RANKED = 16  # permutations, at a time


def auroc_interval(
    scores: Float[np.ndarray, " n"],
    positive: Bool[np.ndarray, " n"],
    subjects: Int[np.ndarray, " n"] | None = None,
    folds: int = 0,
) -> tuple[float, float, float]:
    """Return the AUROC and its 95 % interval; both kinds must occur.

    Parameters
    ----------
    scores
        High for positive.
    positive
        Which images are.
    subjects
        Numbers 0, 1, … of the images' subjects; by default each image has its own.
    folds
        Of a cross-validation that the scores come from; 0 for one given classifier.

    Notes
    -----
    DeLong et al., Biometrics 44 (1988), by midranks (Sun & Xu 2014); with several
    images of a subject the clustered form of Obuchowski, Biometrics 53 (1997); over k
    folds the variance times 1 + k / (k - 1), because training sets overlap (Nadeau &
    Bengio, Machine Learning 52, 2003). Cut to [0, 1]. The area is one division of two
    exact numbers, the same on every machine.
    """
    high, low = scores[positive], scores[~positive]
    ranks = rankdata(np.concatenate([high, low]))
    pairs = high.size * low.size
    area = (ranks[: high.size].sum() - high.size * (high.size + 1) / 2) / pairs
    above = (ranks[: high.size] - rankdata(high)) / low.size - area
    below = 1 - (ranks[high.size :] - rankdata(low)) / high.size - area
    codes = np.arange(scores.size) if subjects is None else subjects
    count = int(codes.max()) + 1
    shares = [
        np.bincount(codes[chosen], parts / parts.size, minlength=count)
        for chosen, parts in ((positive, above), (~positive, below))
    ]
    held = [np.bincount(codes[c], minlength=count) > 0 for c in (positive, ~positive)]
    variance = sum(
        _unbiased(int(has.sum())) * float(share @ share)
        for share, has in zip(shares, held, strict=True)
    )
    both = float(shares[0] @ shares[1])
    variance += 2 * _unbiased(int((held[0] | held[1]).sum())) * both
    if folds > 1:
        variance *= 1 + folds / (folds - 1)
    half = float(ndtri((1 + LEVEL) / 2) * np.sqrt(max(variance, 0.0)))
    return float(area), max(float(area) - half, 0.0), min(float(area) + half, 1.0)


def permuted(
    positive: Bool[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
    subjects: Int[np.ndarray, " n"],
) -> Bool[np.ndarray, "k n"] | None:
    """Deal the labels of subjects anew within folds, ``PERMUTATIONS`` times.

    Returns None where a subject has images of both kinds: there is nothing to deal.
    The same numbers give the same deals, whatever the version of NumPy.
    """
    _, first, codes = np.unique(subjects, return_index=True, return_inverse=True)
    label, fold = positive[first], folds[first]
    if (label[codes] != positive).any():
        return None
    begin = np.argsort(fold, kind="stable")
    major = fold.astype(np.uint64) << np.uint64(59)
    dealt = np.empty((PERMUTATIONS, label.size), bool)
    words = np.random.Philox(key=PERMUTATIONS)
    for deal in dealt:
        row = words.random_raw(label.size) >> np.uint64(5)
        deal[begin] = label[np.argsort(major | row)]
    return dealt[:, codes]


def areas(
    scores: Float[np.ndarray, "n k"], positive: Bool[np.ndarray, "n k"]
) -> Float[np.ndarray, " k"]:
    """Return the AUROC of every column; some are ranked at a time."""
    high = positive.sum(axis=0)
    sums = np.empty(scores.shape[1])
    for start in range(0, sums.size, RANKED):
        some = slice(start, start + RANKED)
        ranks = rankdata(scores[:, some], axis=0)
        sums[some] = np.where(positive[:, some], ranks, 0.0).sum(axis=0)
    return (sums - high * (high + 1) / 2) / (high * (len(scores) - high))


def _unbiased(count: int) -> float:
    return count / (count - 1) if count > 1 else 1.0
