"""Scores of the order of a map's pixels, whatever its scale."""

import numpy as np
from jaxtyping import Float

from metrics.counting.ranking import SPECIFICITY, TOPS
from metrics.counting.thresholds import divide
from metrics.counting.truth import Truth
from metrics.scores.marking import Marked, dice, precision, prevalence, sensitivity
from metrics.scores.score import Compared, Score, by_name


def auroc(compared: Compared) -> Float[np.ndarray, " n"]:
    """Probability that a lesion pixel outranks a healthy one, ties one half."""
    return compared.ranking.auroc


def average_precision(compared: Compared) -> Float[np.ndarray, " n"]:
    """Area under precision over recall by the step rule, never by trapezoids."""
    return compared.ranking.average_precision


def average_precision_lift(compared: Compared) -> Float[np.ndarray, " n"]:
    """(AP - prevalence) / (1 - prevalence): 0 is chance and 1 is perfect."""
    share = compared.truth.prevalence
    gain = compared.ranking.average_precision - share
    result = np.full(len(gain), np.nan)
    np.divide(gain, 1 - share, out=result, where=share < 1)
    return result


def matched_sensitivity(compared: Compared) -> Float[np.ndarray, " n"]:
    """Largest sensitivity of a threshold with specificity of 0.95 or more."""
    return compared.ranking.matched


def relevance_rank(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of the lesion among as many top pixels as it has, ties by expectation."""
    return divide(compared.ranking.overlap, compared.sweep.lesion)


def marked_top(compared: Compared, place: int) -> Marked:
    """Return what is expected to be marked by the top :data:`TOPS` of the pixels."""
    hits = compared.ranking.tops[:, place]
    counted = compared.sweep.lesion + compared.sweep.healthy
    return Marked(
        hits[:, None],
        (counted * TOPS[place] - hits)[:, None],
        compared.sweep.lesion[:, None],
        compared.sweep.healthy[:, None],
    )


def top_1_precision(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of the top 1% of pixels that is lesion, ties by expectation."""
    return precision(marked_top(compared, 0))[:, 0]


def top_5_dice(compared: Compared) -> Float[np.ndarray, " n"]:
    """Dice of the top 5% of pixels (95th percentile), ties by expectation."""
    return dice(marked_top(compared, 1))[:, 0]


def top_5_sensitivity(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of the lesion within the top 5% of pixels, ties by expectation."""
    return sensitivity(marked_top(compared, 1))[:, 0]


def half(truth: Truth) -> Float[np.ndarray, " n"]:
    """One half: a fair coin."""
    return np.full(len(truth), 0.5)


def nothing(truth: Truth) -> Float[np.ndarray, " n"]:
    """Return 0 for every image."""
    return np.zeros(len(truth))


def left_over(truth: Truth) -> Float[np.ndarray, " n"]:
    """Sensitivity of pixels drawn at random at the matched specificity."""
    return np.full(len(truth), 1 - SPECIFICITY)


def top_share(truth: Truth) -> Float[np.ndarray, " n"]:
    """Share of the lesion among 5% of the pixels drawn at random."""
    return np.full(len(truth), TOPS[1])


def top_dice(truth: Truth) -> Float[np.ndarray, " n"]:
    """Dice of 5% of the pixels drawn at random."""
    return 2 * truth.prevalence * TOPS[1] / (truth.prevalence + TOPS[1])


_BOTH = ("empty_mask", "full_mask")

SCORES = by_name(
    Score("auroc", "Pixel AUROC", auroc, _BOTH, chance=half),
    Score(
        "average_precision", "Average precision", average_precision, chance=prevalence
    ),
    Score(
        "average_precision_lift",
        "AP lift",
        average_precision_lift,
        _BOTH,
        span=(-np.inf, 1.0),
        chance=nothing,
        standard=False,
    ),
    Score(
        "matched_sensitivity",
        "Sensitivity at specificity 0.95",
        matched_sensitivity,
        _BOTH,
        chance=left_over,
    ),
    Score(
        "relevance_rank",
        "Relevance rank accuracy",
        relevance_rank,
        chance=prevalence,
        source="Arras, Osman and Samek 2022",
    ),
    Score("top_1_precision", "Top 1% precision", top_1_precision, chance=prevalence),
    Score(
        "top_5_sensitivity",
        "Top 5% sensitivity",
        top_5_sensitivity,
        chance=top_share,
        standard=False,
    ),
    Score("top_5_dice", "Top 5% Dice", top_5_dice, chance=top_dice, standard=False),
)
"""Scores of the order of pixels."""
