"""Estimation plots: every image is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reports.figures.estimation import estimate_density
from reports.sections.estimation import build


def figure_of(folder):
    return next(
        block
        for block in build(folder).blocks
        if getattr(block, "name", "") == "estimation"
    )


def test_the_reference_its_rivals_and_the_best_baseline_are_drawn(loaded):
    figure = figure_of(loaded)
    svg = figure.svg.decode()
    for label in ("HR-CAM", "CAM", "Grad-CAM", "Intensity"):
        assert label in svg
    row = next(
        r
        for r in loaded.results["differences"]
        if r["other"] == "cam@stage5"
        and r["score"] == "average_precision"
        and r["stratum"] == "all"
    )
    assert f"CAM {row['difference']:+.3f};" in figure.alt
    assert f"CAM: {100 * row['win_rate']:.0f}%" in figure.reading


def test_density_is_that_of_scipy():
    values = np.random.default_rng(1).normal(size=400)
    heights, density = estimate_density(values)
    width = 1.06 * values.std() * 400**-0.2
    other = stats.gaussian_kde(values, width / values.std(ddof=1))(heights)
    np.testing.assert_allclose(density, other / other.max(), atol=0.01)


@given(st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=40))
def test_density_stays_within_the_values(numbers):
    values = np.array(numbers, dtype=np.float64)
    heights, density = estimate_density(values)
    assert heights[0] == pytest.approx(values.min())
    assert heights[-1] == pytest.approx(values.max())
    assert np.isfinite(density).all()
    assert density.max() == pytest.approx(1.0)
    assert density.min() >= 0
