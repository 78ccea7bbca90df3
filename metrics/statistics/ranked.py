"""Tests by ranks: Wilcoxon's of two methods, Friedman's of several."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import special

from metrics.statistics.intervals import FEWEST
from metrics.statistics.midranks import midranks


@dataclass(frozen=True)
class SignedRank:
    """Wilcoxon's signed-rank test; NaN with fewer than five subjects.

    Attributes
    ----------
    z_value, p_value
        Normal deviate and two-sided p; 0 and 1 where no image has a difference.
    zeros
        Share of the images without a difference.
    """

    z_value: float
    p_value: float
    zeros: float


def sign_ranks(
    differences: Float[np.ndarray, " n"], groups: Int[np.ndarray, " n"]
) -> SignedRank:
    """Test signed ranks, with Pratt's treatment of zeros.

    Parameters
    ----------
    differences
        Finite paired differences, rounded so that noise has no rank, as
        :func:`metrics.statistics.comparison.subtract` does.
    groups
        Subject of each one.

    Notes
    -----
    The sum of signed ranks over the root of the sum of squares of the subjects' sums
    (Rosner, Glynn and Lee, *Biometrics* 2006). With one image per subject this is the
    normal approximation of Wilcoxon's test without correction for continuity.
    """
    count = len(differences)
    zeros = float((differences == 0).mean()) if count else float("nan")
    if len(np.unique(groups)) < FEWEST:
        return SignedRank(float("nan"), float("nan"), zeros)
    signed = np.sign(differences) * midranks(np.abs(differences))
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], signed)
    spread = float(np.sqrt((sums**2).sum()))
    z_value = float(sums.sum()) / spread if spread > 0 else 0.0
    return SignedRank(z_value, float(2 * special.ndtr(-abs(z_value))), zeros)


@dataclass(frozen=True)
class Friedman:
    """Whether any of several methods differs; a description that gates nothing.

    Attributes
    ----------
    methods, blocks
        How many there are.
    chi_square, p_value
        Friedman's statistic, corrected for ties, and its p.
    concordance
        Kendall's W: 0 where blocks order the methods at random, 1 where all agree.
    f_value, f_p_value
        Iman and Davenport's F and its p; infinity and 0 where all blocks agree.
    reason
        Why nothing was computed; empty otherwise.
    """

    methods: int
    blocks: int
    chi_square: float
    p_value: float
    concordance: float
    f_value: float
    f_p_value: float
    reason: str


def compare_all(
    values: Float[np.ndarray, "m n"], groups: Int[np.ndarray, " n"]
) -> Friedman:
    """Test whether the methods' ranks within subjects differ.

    Parameters
    ----------
    values
        Scores; images where a method is undefined are left out.
    groups
        Subject of each image. A block is a subject, with the means of its images.
    """
    complete = np.isfinite(values).all(axis=0)
    methods = len(values)
    number, member = np.unique(groups[complete], return_inverse=True)
    blocks = len(number)
    nothing = (float("nan"),) * 5
    if methods < 3:
        return Friedman(methods, blocks, *nothing, "fewer than 3 methods")
    if blocks < FEWEST:
        return Friedman(methods, blocks, *nothing, "fewer than 5 subjects")
    sizes = np.bincount(member)
    means = [np.bincount(member, row) / sizes for row in values[:, complete]]
    ranks = midranks(np.round(means, 12), axis=0)
    center = (methods + 1) / 2
    between = blocks * float(((ranks.mean(axis=1) - center) ** 2).sum())
    within = float(((ranks - center) ** 2).sum())
    if within == 0:
        return Friedman(methods, blocks, 0.0, 1.0, 0.0, 0.0, 1.0, "")
    concordance = between / within
    chi_square = blocks * (methods - 1) * concordance
    p_value = float(special.chdtrc(methods - 1, chi_square))
    freedom = (methods - 1, (methods - 1) * (blocks - 1))
    if 1 - concordance <= 1e-12:
        f_value, f_p = float("inf"), 0.0
    else:
        f_value = (blocks - 1) * concordance / (1 - concordance)
        f_p = float(special.fdtrc(*freedom, f_value))
    return Friedman(methods, blocks, chi_square, p_value, concordance, f_value, f_p, "")
