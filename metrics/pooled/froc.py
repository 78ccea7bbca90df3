"""FROC: lesions found against false parts per image, over all images at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.counting.truth import IGNORED
from metrics.scores.findings import count_lesions, find, number
from metrics.scores.score import Compared

RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False parts per image at which sensitivity is read off."""


@dataclass(frozen=True)
class Candidates:
    """What maps offer as lesions, each with how sure the map is of it.

    Attributes
    ----------
    images, scores
        Image that each candidate lies in, and its score, (c,).
    hit, false
        Whether it is the one that finds some lesion, and whether it overlaps none;
        a second part on a lesion is neither, (c,).
    lesions
        Lesions of each image, (n,).
    lost
        Images whose map is not finite; they are left out, (n,).
    """

    images: Int[np.ndarray, " c"]
    scores: Float[np.ndarray, " c"]
    hit: Bool[np.ndarray, " c"]
    false: Bool[np.ndarray, " c"]
    lesions: Int[np.ndarray, " n"]
    lost: Bool[np.ndarray, " n"]


def propose(compared: Compared, threshold: float = 0.5) -> Candidates:
    """Take the connected parts that a map marks as candidates.

    A part is where the map, stretched to [0, 1], reaches the threshold; its score is
    the highest *raw* value in it. The threshold is relative to the image so that every
    map says where its lesions would be; the score is not, since after stretching the
    best candidate of every image would score 1, those of lesion-free images too. Hence
    the curve compares images on the method's own scale, as a reader would set one level
    for all. Local maxima would need a scale at which noise is smoothed away.

    Raises
    ------
    ValueError
        If the threshold is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        msg = f"threshold must be above 0 and at most 1, got {threshold:g}"
        raise ValueError(msg)
    truth = compared.truth
    parts = []
    for index in np.flatnonzero(compared.finite).tolist():
        values = compared.normalized[index]
        counted = (truth.codes[index] != IGNORED).reshape(values.shape)
        findings = find((values >= threshold) & counted, number(truth)[index])
        hit = np.zeros(findings.count, bool)
        hit[findings.match()[0]] = True
        scores = findings.peaks(compared.maps[index])
        parts.append((np.full(hit.shape, index), scores, hit, findings.false))
    kinds = np.int64, np.float64, np.bool_, np.bool_
    columns = zip(*parts, strict=True) if parts else ((),) * 4
    images, scores, hits, false = (
        np.concatenate([np.empty(0, kind), *column])
        for kind, column in zip(kinds, columns, strict=True)
    )
    lesions = count_lesions(truth)
    return Candidates(images, scores, hits, false, lesions, ~compared.finite)


def join(batches: Sequence[Candidates]) -> Candidates:
    """Join the candidates of batches of images, in their order."""
    starts = np.cumsum([0, *(len(batch.lesions) for batch in batches)])
    moved = zip(batches, starts, strict=False)
    return Candidates(
        np.concatenate([batch.images + start for batch, start in moved]),
        np.concatenate([batch.scores for batch in batches]),
        np.concatenate([batch.hit for batch in batches]),
        np.concatenate([batch.false for batch in batches]),
        np.concatenate([batch.lesions for batch in batches]),
        np.concatenate([batch.lost for batch in batches]),
    )


def choose(candidates: Candidates, rows: Bool[np.ndarray, " n"]) -> Candidates:
    """Keep the candidates of some images, which are numbered anew."""
    kept = rows[candidates.images]
    return Candidates(
        (np.cumsum(rows) - 1)[candidates.images[kept]],
        candidates.scores[kept],
        candidates.hit[kept],
        candidates.false[kept],
        candidates.lesions[rows],
        candidates.lost[rows],
    )


def read_off(
    candidates: Candidates, rates: Sequence[float], weights: Float[np.ndarray, "b n"]
) -> Float[np.ndarray, "b r"]:
    """Read sensitivity off the curves of resampled images.

    Parameters
    ----------
    candidates
        Of n images.
    rates
        Allowed false parts per image.
    weights
        How often each resample takes each image.

    Returns
    -------
    array
        As ``at_rates`` of :func:`froc`; NaN for a resample without a lesion.
    """
    order = np.argsort(-candidates.scores, kind="stable")
    scores, images = candidates.scores[order], candidates.images[order]
    # Candidates of one score enter together: what counts is known at the last of them.
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)[: len(scores)]
    hit, false = candidates.hit[order], candidates.false[order]
    result = np.full((len(weights), len(rates)), np.nan)
    for row, taken in enumerate(np.where(candidates.lost, 0.0, weights)):
        lesions = (candidates.lesions * taken).sum()
        if lesions:
            found, wrong = (
                np.append(0.0, np.cumsum(kind * taken[images])[ends])
                for kind in (hit, false)
            )
            place = np.searchsorted(wrong / taken.sum(), rates, side="right") - 1
            result[row] = found[place] / lesions
    return result


@dataclass(frozen=True)
class Froc:
    """Lesion sensitivity against false parts per image.

    Attributes
    ----------
    levels
        Scores that a candidate must reach, falling; infinity first, then every score
        that occurs, (k,).
    false_per_image, sensitivity
        At each level, (k,).
    rates, at_rates
        Allowed false parts per image, and the greatest sensitivity of a level that
        keeps to it, (r,). Nothing is interpolated.
    mean
        Mean of ``at_rates``.
    images, lost
        Images that are counted and images left out, their map not being finite.
    """

    levels: Float[np.ndarray, " k"]
    false_per_image: Float[np.ndarray, " k"]
    sensitivity: Float[np.ndarray, " k"]
    rates: tuple[float, ...]
    at_rates: Float[np.ndarray, " r"]
    mean: float
    images: int
    lost: int


def froc(candidates: Candidates, rates: Sequence[float] = RATES) -> Froc:
    """Trace how many lesions are found as more false parts are allowed.

    Candidates of one score enter together, the lowest score included; lesion-free
    images count among the images. Without a lesion sensitivity is NaN, without an image
    all is.

    Raises
    ------
    ValueError
        If there is no rate or one is negative.

    Notes
    -----
    Free-response ROC at the rates of CAMELYON16 (Ehteshami Bejnordi et al., JAMA 318,
    2017), by the step rule: interpolating would promise levels that do not exist.
    """
    if not len(rates) or not all(rate >= 0 for rate in rates):
        msg = f"rates must be one or more numbers not below 0, got {tuple(rates)}"
        raise ValueError(msg)
    images = int((~candidates.lost).sum())
    lesions = int(candidates.lesions[~candidates.lost].sum())
    levels, place = np.unique(-candidates.scores, return_inverse=True)
    found, false = (
        np.append(0, np.bincount(place[which], minlength=len(levels)).cumsum())
        for which in (candidates.hit, candidates.false)
    )
    sensitivity = found / lesions if lesions else np.full(len(found), np.nan)
    per_image = false / images if images else np.full(len(false), np.nan)
    best = [
        sensitivity[per_image <= rate].max() if images else np.nan for rate in rates
    ]
    return Froc(
        levels=np.append(np.inf, -levels),
        false_per_image=per_image,
        sensitivity=sensitivity,
        rates=tuple(map(float, rates)),
        at_rates=np.array(best),
        mean=float(np.mean(best)),
        images=images,
        lost=len(candidates.lost) - images,
    )
