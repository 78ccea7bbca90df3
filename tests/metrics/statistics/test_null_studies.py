"""Simulated nulls: how often tests are wrong, and intervals and rank sets right.

``tox -e slow -- tests/metrics/statistics/test_null_studies.py -s`` prints the table of
``docs/statistics.md``.
"""

import numpy as np
import pytest

from metrics.statistics.bootstrap import resample_means
from metrics.statistics.comparison import contrast, subtract
from metrics.statistics.draws import Draws
from metrics.statistics.intervals import median_interval
from metrics.statistics.multiplicity import adjust_by_maximum
from metrics.statistics.permutation import flip_signs
from metrics.statistics.ranking import rank_methods

RUNS = 2000
RESAMPLES = 1000
#: Subjects, images of each, methods.
DESIGNS = {
    "400 images, 10 methods": (400, 1, 10),
    "40 subjects of 10 images, 10 methods": (40, 10, 10),
    "25 images, 7 methods": (25, 1, 7),
    "25 subjects of 4 images, 7 methods": (25, 4, 7),
}
LAWS = ("normal", "like AP")


def draw(law, design, seed):
    """Scores of exchangeable methods: images, subjects and methods by subject vary."""
    subjects, images, methods = design
    generator = np.random.default_rng([seed, LAWS.index(law)])
    groups = np.repeat(np.arange(subjects), images)
    own = generator.normal(size=(methods, subjects))[:, groups]
    shared = generator.normal(size=subjects)[groups]
    values = shared + 0.7 * own + generator.normal(size=(methods, len(groups)))
    if law == "like AP":  # bounded, skewed, and 0 where nothing was found
        values = 1 / (1 + np.exp(2 - 1.5 * values))
        values[generator.random(values.shape) < 0.15] = 0.0
    return values, groups


def study(law, design):
    """Shares of runs in which each statement is wrong, or right."""
    count = dict.fromkeys(
        ("size", "mean", "median", "family", "permutation", "ranks"), 0
    )
    subjects, _, methods = design
    for run in range(RUNS):
        values, groups = draw(law, design, run)
        found = contrast(values[0], values[1], groups)
        count["size"] += found.p_value < 0.05
        count["mean"] += found.low <= 0 <= found.high
        low, high = median_interval(subtract(values[0], values[1]), groups, 0.95)
        count["median"] += low <= 0 <= high
        draws = Draws(subjects, RESAMPLES, run, "null")
        pairs = subtract(values[:1], values[1:]).T
        p_values = np.array(
            [contrast(values[0], other, groups).p_value for other in values[1:]]
        )
        drawn = resample_means(pairs, groups, draws)
        adjusted = adjust_by_maximum(p_values, pairs.mean(axis=0), drawn)
        count["family"] += (adjusted < 0.05).any()
        flips = flip_signs(pairs[:, :1], groups, flips=999, seed=run)
        count["permutation"] += flips[0] <= 0.05
        ranks = rank_methods(values, groups, draws)
        # The true ranks of equal methods are all of 1 to m.
        count["ranks"] += bool((ranks.low == 1).all() and (ranks.high == methods).all())
    return {name: hits / RUNS for name, hits in count.items()}


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", DESIGNS)
def test_statements_are_as_often_right_as_they_claim(name, law):
    found = study(law, DESIGNS[name])
    shown = " | ".join(f"{100 * share:.1f}" for share in found.values())
    print(f"| {name} | {law} | {shown} |")  # noqa: T201  the table of the docs
    assert abs(found["size"] - 0.05) <= 0.015
    assert abs(found["mean"] - 0.95) <= 0.015
    assert found["permutation"] <= 0.065
    # These may be careful, not careless.
    assert found["median"] >= 0.935
    assert found["family"] <= 0.065
    assert found["ranks"] >= 0.935
