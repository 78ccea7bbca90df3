"""The paper's t-tests, in every reading its text allows.

It names neither pairing nor threshold nor correction. All readings stand here,
labeled as the paper's; conclusions are drawn from :mod:`metrics.statistics.comparison`.
"""

import numpy as np
from jaxtyping import Float
from scipy import special


def repeat_tests(
    first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]
) -> dict[str, int | float]:
    """Run Student's, Welch's and the paired t-test, images taken as independent.

    Parameters
    ----------
    first, second
        Scores in the same order; pairs with an undefined one are left out.

    Returns
    -------
    dict
        ``n`` (pairs) and t and p of each test; NaN without spread or with n < 2.
    """
    both = np.isfinite(first) & np.isfinite(second)
    a, b = (first, second) if both.all() else (first[both], second[both])
    n = len(a)
    tests = dict.fromkeys(("student", "welch", "paired"), (np.nan, np.nan))
    if n > 1:
        difference = float(a.mean() - b.mean())
        errors = a.var(ddof=1) / n, b.var(ddof=1) / n
        unpaired = float(sum(errors))
        less = a - b
        paired = float(np.round(less, 12, out=less).var(ddof=1) / n)
        tests = {
            "student": _test(difference, unpaired, 2 * (n - 1)),
            "welch": _test(difference, unpaired, _find_freedom(errors, n - 1)),
            "paired": _test(difference, paired, n - 1),
        }
    result: dict[str, int | float] = {"n": n}
    for name, (t_value, p_value) in tests.items():
        result[f"{name}_t"], result[f"{name}_p"] = t_value, p_value
    return result


def _find_freedom(errors: tuple[float, float], each: int) -> float:
    """Degrees of freedom of Welch's test for two squared standard errors."""
    spread = errors[0] ** 2 + errors[1] ** 2
    return sum(errors) ** 2 * each / spread if spread > 0 else np.nan


def _test(
    difference: float, squared: float, freedom: int | float
) -> tuple[float, float]:
    """Two-sided t-test of a difference with a squared standard error."""
    if not squared > 1e-24:
        return np.nan, np.nan
    t_value = difference / np.sqrt(squared)
    return float(t_value), float(2 * special.stdtr(freedom, -abs(t_value)))
