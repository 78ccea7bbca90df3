"""Further tests of the primary score, for who asks for them."""

from typing import Any

import numpy as np

from metrics.analysis.families import add_holm
from metrics.analysis.options import ScoreOptions
from metrics.analysis.primary import Primary, list_primary
from metrics.analysis.strata import Strata
from metrics.measured import Measured
from metrics.statistics.comparison import subtract
from metrics.statistics.permutation import flip_signs
from metrics.statistics.ranked import compare_all, sign_ranks


def run_tests(
    measured: Measured, strata: Strata, options: ScoreOptions, reference: str
) -> list[dict[str, Any]]:
    """Run the tests that ``options.tests`` names, in each stratum.

    Returns
    -------
    list of dict
        Rows of ``tests`` in ``results.json``; ``other`` is None for Friedman's test of
        all entries at once. p is adjusted by Holm over a test's rows in a stratum.
    """
    return [
        row
        for part in list_primary(measured, strata, options)
        for test in options.tests
        for row in _RUN[test](part, options, reference)
    ]


def _run_wilcoxon(
    part: Primary, options: ScoreOptions, reference: str
) -> list[dict[str, Any]]:
    rows = []
    for name, differences in _subtract(part, reference).items():
        known = np.isfinite(differences)
        found = sign_ranks(differences[known], part.groups[known])
        numbers = {"statistic": found.z_value, "zeros": found.zeros}
        row = _describe("wilcoxon", part, options, reference) | numbers
        rows.append(row | {"other": name, "n": int(known.sum()), "p": found.p_value})
    return add_holm(rows)


def _run_permutation(
    part: Primary, options: ScoreOptions, reference: str
) -> list[dict[str, Any]]:
    rows = []
    for name, differences in _subtract(part, reference).items():
        known = np.isfinite(differences)
        groups = np.unique(part.groups[known], return_inverse=True)[1]
        column = differences[known][:, None]
        p_value = flip_signs(column, groups, seed=options.seed, name=part.stratum)
        row = _describe("permutation", part, options, reference)
        rows.append(row | {"other": name, "n": int(known.sum()), "p": p_value[0]})
    return add_holm(rows)


def _run_friedman(
    part: Primary, options: ScoreOptions, reference: str
) -> list[dict[str, Any]]:
    found = compare_all(part.values, part.groups)
    row = _describe("friedman", part, options, reference)
    row |= {"statistic": found.chi_square, "concordance": found.concordance}
    row |= {"n": found.blocks, "reason": found.reason, "p": found.p_value}
    return add_holm([row])


_RUN = {
    "wilcoxon": _run_wilcoxon,
    "permutation": _run_permutation,
    "friedman": _run_friedman,
}


def _describe(
    test: str, part: Primary, options: ScoreOptions, reference: str
) -> dict[str, Any]:
    """Return what all rows have, with what some leave undefined."""
    return {
        "test": test,
        "reference": reference,
        "other": None,
        "score": options.primary,
        "stratum": part.stratum,
        "statistic": np.nan,
        "zeros": np.nan,
        "concordance": np.nan,
        "reason": "",
    }


def _subtract(part: Primary, reference: str) -> dict[str, np.ndarray]:
    """Return the reference's differences to every other entry."""
    own = part.values[part.names.index(reference)]
    return {
        name: subtract(own, values)
        for name, values in zip(part.names, part.values, strict=True)
        if name != reference
    }
