"""Simulated nulls: how often tests are wrong, and intervals and rank sets right.

``tox -e slow -- tests/metrics/statistics/test_null_studies.py -s`` prints the table of
``docs/statistics.md``.
"""

import numpy as np
import pytest

from metrics.statistics.bootstrap import resample_means
from metrics.statistics.comparison import contrast, subtract
from metrics.statistics.curves import trace
from metrics.statistics.draws import Draws
from metrics.statistics.intervals import median_interval
from metrics.statistics.multiplicity import adjust_by_maximum
from metrics.statistics.permutation import flip_signs
from metrics.statistics.ranking import rank_methods
from metrics.statistics.seeds import contrast_seeds

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


TRAININGS = {
    "3 trainings, 100 images": (3, 100, 1),
    "5 trainings, 100 images": (5, 100, 1),
    "5 trainings, 25 subjects of 4 images": (5, 25, 4),
}


@pytest.mark.slow
@pytest.mark.parametrize("own", [0.0, 0.05, 0.5])
@pytest.mark.parametrize("name", TRAININGS)
def test_intervals_over_trainings_hold_the_mean_of_all_trainings(name, own):
    """``own``: how much a training's mean varies, beside 1 for subjects and images."""
    seeds, subjects, images = TRAININGS[name]
    groups = np.repeat(np.arange(subjects), images)
    both = alone = 0
    for run in range(RUNS):
        generator = np.random.default_rng([run, seeds, subjects])
        values = (
            own * generator.normal(size=(seeds, 1))
            + generator.normal(size=subjects)[groups]
            + generator.normal(size=(seeds, len(groups)))
        )
        found = contrast_seeds(values, np.zeros_like(values), groups)
        both += found.low <= 0 <= found.high
        one = contrast(values[0], np.zeros(len(groups)), groups)
        alone += one.low <= 0 <= one.high
    shown = f"{100 * both / RUNS:.1f} | {100 * alone / RUNS:.1f}"
    print(f"| {name} | {own} | {shown} |")  # noqa: T201  the table of the docs
    assert both / RUNS >= 0.935  # careful, not careless


@pytest.mark.slow
@pytest.mark.parametrize(("subjects", "images"), [(400, 1), (40, 10), (25, 1), (25, 4)])
def test_bands_hold_the_whole_curve(subjects, images):
    groups = np.repeat(np.arange(subjects), images)
    inside = 0
    for run in range(RUNS):
        generator = np.random.default_rng([run, subjects, images])
        steps = generator.normal(size=(len(groups), 101)) / 3
        start = generator.normal(size=subjects)[groups, None]
        curves = start + generator.normal(size=(len(groups), 1)) + steps.cumsum(axis=1)
        draws = Draws(subjects, RESAMPLES, run, "null")
        found = trace(curves, groups, draws, bounds=(-np.inf, np.inf))
        inside += bool(((found.low <= 0) & (found.high >= 0)).all())
    print(f"| {subjects} x {images} | {100 * inside / RUNS:.1f} |")  # noqa: T201
    assert abs(inside / RUNS - 0.95) <= 0.015
