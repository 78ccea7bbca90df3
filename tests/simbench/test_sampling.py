from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from simbench.assignment import assign
from simbench.exams import examine
from simbench.phantoms import draw
from simbench.sampling import grid, ranges, settled, sobol


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_a_grid_visits_every_cell_once_in_order(levels):
    cells = [grid(levels, rank) for rank in range(int(np.prod(levels)))]
    values = [[0.5] if n == 1 else list(np.arange(n) / (n - 1)) for n in levels]
    assert cells == list(product(*values))
    assert grid(levels, len(cells)) == cells[0]


@pytest.mark.parametrize("dimensions", [1, 3, 6])
def test_sobol_points_are_scipys_up_to_the_shift(dimensions):
    expected = qmc.Sobol(dimensions, scramble=False, bits=30).random(64)
    found = np.stack([sobol(dimensions, rank, 7) for rank in range(64)])
    digits = [np.floor(p * 2.0**30).astype(np.uint64) for p in (expected, found)]
    shift = digits[0] ^ digits[1]
    assert (shift == shift[0]).all()
    assert shift[0].any()


@given(st.integers(0, 2**16))
def test_sobol_points_fill_every_interval_equally(seed):
    points = np.stack([sobol(2, rank, seed) for rank in range(32)])
    assert ((points > 0) & (points < 1)).all()
    for dimension in range(2):
        counts = Counter((points[:, dimension] * 32).astype(int).tolist())
        assert set(counts.values()) == {1}
    boxes = Counter(map(tuple, (points * [8, 4]).astype(int).tolist()))
    assert set(boxes.values()) == {1}


def test_far_points_are_found_without_the_near_ones():
    source = qmc.Sobol(2, scramble=False, bits=30)
    source.fast_forward(10**6)
    difference = source.random(1)[0] - qmc.Sobol(2, scramble=False).random(1)[0]
    digits = [
        np.floor(sobol(2, rank, 3) * 2.0**30).astype(np.uint64) for rank in (0, 10**6)
    ]
    expected = np.floor(difference * 2.0**30).astype(np.uint64)
    assert (digits[0] ^ digits[1] == expected).all()


def test_a_grid_crosses_factors_with_equal_counts(tiny_with):
    changes = {
        "sampling": {
            "mode": "grid",
            "factors": ["lesions.focal.amplitude", "lesions.focal.count"],
            "levels": [2, 3],
        },
        "splits": {"train": 24, "validation": 0, "test": 24},
        "classes": [{"name": "a"}, {"name": "b", "lesions": {"focal": 1}}],
    }
    recipe = tiny_with(changes)
    cells = Counter()
    for index in range(recipe.images):
        case = assign(recipe, index)
        lesions = draw(recipe, index).lesions
        if lesions:
            strength = round(abs(lesions[0]["amplitude"]), 6)
            wanted = settled(recipe, recipe.sampling, case.rank, recipe.seed)
            count = wanted.lesions["focal"].count
            cells[case.split, strength, count] += 1
    assert set(cells.values()) == {2}
    assert len(cells) == 2 * 2 * 3
    assert {strength for _, strength, _ in cells} == {0.2, 0.3}


def test_sobol_settles_numbers_of_the_acquisition_too(tiny_with):
    factors = ["acquisition.noise.sigma", "texture.contrast"]
    recipe = tiny_with({"sampling": {"mode": "sobol", "factors": factors}})
    found = {}
    for index in range(recipe.images):
        case, factors = assign(recipe, index), examine(recipe, index).conditions.factors
        if case.split == "train" and case.label == 0:
            found[case.rank] = factors["noise"]
    values = np.array([found[rank] for rank in sorted(found)])
    assert ((values >= 0.02) & (values <= 0.04)).all()
    shares = np.sort((values[:8] - 0.02) / 0.02)
    assert (np.floor(shares * 8) == np.arange(8)).all()


def test_ranges_are_those_that_can_be_factors(tiny):
    found = ranges(tiny)
    assert "lesions.focal.amplitude" in found
    assert "acquisition.noise.sigma" in found
    assert not {"size", "acquisition.window"} & set(found)


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        (
            {"mode": "grid", "factors": ["lesions.focal.amplitud"], "levels": [3]},
            "sampling.factors must name ranges [low, high], got "
            "'lesions.focal.amplitud'; did you mean 'lesions.focal.amplitude'?",
        ),
        (
            {"mode": "grid", "factors": ["lesions.focal.amplitude"]},
            "must have one number >= 1 in levels per factor, 1 in all",
        ),
        (
            {"mode": "sobol"},
            "must name factors if mode is 'sobol' or 'grid', and none if 'random'",
        ),
    ],
)
def test_factors_that_do_not_exist_are_refused(tiny_with, sampling, message):
    with pytest.raises(ValueError, match="must") as error:
        tiny_with({"sampling": sampling})
    assert message in str(error.value)
