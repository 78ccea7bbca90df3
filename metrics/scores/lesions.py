"""Lesion by lesion: what is found, and what is marked that is none."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.counting.thresholds import divide
from metrics.counting.truth import IGNORED
from metrics.scores.findings import Findings, count_lesions, find, number
from metrics.scores.kept import kept
from metrics.scores.score import Compared, Score, by_name


def lesion_sensitivity(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Share of lesions that a connected part of the marked pixels overlaps.

    The overlap must reach 0.1 in intersection over union, and a part finds one lesion
    only: as many lesions as possible are matched, then with the greatest overlap.
    Parts are connected through corners.
    """
    tally = _tally(compared)
    return divide(tally.found, tally.lesions[:, None])


def lesion_hits(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Share of lesions that hold the highest point of a connected part.

    Where a part has several highest pixels each is as likely to be the point, and the
    share is the expected one.
    """
    tally = _tally(compared)
    return divide(tally.hit, tally.lesions[:, None])


def false_components(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Count connected parts of the marked pixels that overlap no lesion by 0.1.

    A second part on a lesion that another part finds is not false if it, too, overlaps
    the lesion by 0.1. On a lesion-free image every part is false. Few are not always
    good: a map that marks nearly everything has one part.
    """
    return _tally(compared).false


@dataclass(frozen=True)
class Tally:
    """What was found at each tabulated threshold; NaN for maps that are not finite.

    Attributes
    ----------
    lesions
        Lesions of each image, (n,).
    found, hit, false
        Lesions matched, expected number of lesions that hold a part's peak, and false
        parts, (n, t).
    """

    lesions: Int[np.ndarray, " n"]
    found: Float[np.ndarray, "n t"]
    hit: Float[np.ndarray, "n t"]
    false: Float[np.ndarray, "n t"]


@kept
def _tally(compared: Compared) -> Tally:
    """Count what every map finds."""
    truth = compared.truth
    found, hit, false = np.full(
        (3, len(truth), len(compared.thresholds)), np.nan, dtype=np.float64
    )
    lesions = count_lesions(truth)
    for index in np.flatnonzero(compared.finite).tolist():
        values, numbered = compared.normalized[index], number(truth)[index]
        counted = (truth.codes[index] != IGNORED).reshape(values.shape)
        for column, threshold in enumerate(compared.thresholds):
            findings = find((values >= threshold) & counted, numbered)
            found[index, column] = len(findings.match()[0])
            false[index, column] = findings.false.sum()
            hit[index, column] = _hit(findings, values, numbered)
    return Tally(lesions, found, hit, false)


def _hit(
    findings: Findings,
    values: Float[np.ndarray, "..."],
    numbered: Int[np.ndarray, "..."],
) -> float:
    """Return the expected number of lesions that hold the peak of some part."""
    peaks = np.append(np.inf, findings.peaks(values))
    tied = values == peaks[findings.parts]
    shares = np.zeros((findings.count, int(numbered.max(initial=0)) + 1))
    np.add.at(shares, (findings.parts[tied] - 1, numbered[tied]), 1.0)
    shares /= shares.sum(axis=1, keepdims=True)
    return float((1 - (1 - shares[:, 1:]).prod(axis=0)).sum())


SCORES = by_name(
    Score(
        "lesion_sensitivity",
        "Lesions found",
        lesion_sensitivity,
        undefined=("empty_mask", "unmarked"),
        at_thresholds=True,
        standard=False,
        source="as picai_eval: Saha et al., Lancet Oncology 25, 2024",
    ),
    Score(
        "lesion_hits",
        "Lesions hit by a peak",
        lesion_hits,
        undefined=("empty_mask", "unmarked"),
        at_thresholds=True,
        standard=False,
        source="CAMELYON16: Ehteshami Bejnordi et al., JAMA 318, 2017",
    ),
    Score(
        "false_components",
        "False parts",
        false_components,
        undefined=(),
        at_thresholds=True,
        higher_is_better=False,
        span=(0.0, np.inf),
        worst=np.nan,
        standard=False,
        source="as picai_eval: Saha et al., Lancet Oncology 25, 2024",
    ),
)
"""Scores lesion by lesion."""
