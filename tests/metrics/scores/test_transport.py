"""Earth mover's score against linear programs and closed forms."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import linprog

from metrics.counting.truth import Truth
from metrics.scores.evaluation import compare
from metrics.scores.flows import cheapest
from metrics.scores.transport import chance, earth_mover, measure_grid, pool

levels = st.sampled_from([-1.0, 0.0, 0.0, 0.25, 1.0, 7.5])


def program(supply, demand, costs):
    """Least cost by linear programming: one variable per pair, one row per place."""
    givers, takers = len(supply), len(demand)
    rows = np.zeros((givers + takers, givers, takers))
    for giver, taker in itertools.product(range(givers), range(takers)):
        rows[giver, giver, taker] = rows[givers + taker, giver, taker] = 1
    return linprog(
        np.ravel(costs),
        A_eq=rows.reshape(givers + takers, -1),
        b_eq=np.concatenate([supply, demand]),
    ).fun


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_cheapest_plan_is_that_of_a_linear_program(data):
    """For any costs, distances or not, with ties and empty places."""
    givers, takers = (data.draw(st.integers(1, 7)) for _ in range(2))
    amounts = st.integers(0, 5).map(float)
    supply = data.draw(hnp.arrays(np.float64, givers, elements=amounts))
    demand = data.draw(hnp.arrays(np.float64, takers, elements=amounts))
    supply[0] += max(0, demand.sum() - supply.sum())
    demand[-1] += max(0, supply.sum() - demand.sum())
    costs = data.draw(
        hnp.arrays(np.float64, (givers, takers), elements=st.integers(0, 6).map(float))
    )
    before = supply.copy(), demand.copy(), costs.copy()
    np.testing.assert_allclose(
        cheapest(supply, demand, costs), program(supply, demand, costs), atol=1e-9
    )
    for array, kept in zip((supply, demand, costs), before, strict=True):
        np.testing.assert_array_equal(array, kept)


@pytest.mark.parametrize("seed", range(4))
def test_large_plans_are_that_of_a_linear_program(seed):
    generator = np.random.default_rng(seed)
    supply, demand = generator.random(40), generator.random(55)
    supply, demand = supply / supply.sum(), demand / demand.sum()
    places = generator.random((95, 3))
    costs = np.linalg.norm(places[:40, None] - places[None, 40:], axis=2)
    np.testing.assert_allclose(
        cheapest(supply, demand, costs), program(supply, demand, costs), rtol=1e-9
    )


@st.composite
def scenes(draw):
    axes = draw(st.sampled_from([2, 3]))
    shape = draw(
        st.tuples(*(st.integers(1, side) for side in (2, 5, 4, 3)[: axes + 1]))
    )
    maps = draw(hnp.arrays(np.float32, shape, elements=levels))
    masks, ignored = (draw(hnp.arrays(np.bool_, shape)) for _ in range(2))
    spacing = draw(st.tuples(*[st.sampled_from([0.5, 1.0, 3.0])] * axes))
    chosen = ignored if draw(st.booleans()) else None
    return maps, {"lesion": masks, "ignored": chosen, "spacing": spacing}


def score_by_hand(map, mask, ignored, spacing):
    """Score one image that is smaller than the grid, so that cells are pixels."""
    pixels = [p for p in np.ndindex(map.shape) if not ignored[p]]
    masses = [max(0.0, float(map[p])) for p in pixels]
    lesion = [float(mask[p]) for p in pixels]
    if not sum(masses) or not sum(lesion):
        return math.nan
    places = [tuple(np.multiply(p, spacing)) for p in pixels]
    costs = [[math.dist(p, q) for q in places] for p in places]
    work = program(
        np.array(masses) / sum(masses), np.array(lesion) / sum(lesion), costs
    )
    ends = np.subtract(map.shape, 1) * spacing
    return 1 - work / math.hypot(*ends) if any(ends) else 1.0


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_scores_equal_a_linear_program_over_pixels(scene):
    maps, truth = scene[0], Truth(**scene[1])
    ignored = np.zeros(maps.shape, bool) if truth.ignored is None else truth.ignored
    rows = zip(maps, truth.lesion, ignored, strict=True)
    expected = [score_by_hand(*row, truth.spacing) for row in rows]
    np.testing.assert_allclose(earth_mover(compare(maps, truth)), expected, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(2, 60), st.sampled_from([1.0, 0.3]))
def test_on_a_line_it_is_the_area_between_the_cumulative_sums(data, length, spacing):
    """The closed form of one dimension, on the grid of at most 16 cells."""
    map = data.draw(hnp.arrays(np.float64, (1, 1, length), elements=st.floats(0, 9)))
    mask = data.draw(hnp.arrays(np.bool_, (1, 1, length)))
    map[0, 0, 0] = 4.0
    mask[0, 0, -1] = True
    one, other = pool(map[0]).ravel(), pool(mask[0] * 1.0).ravel()
    cells = min(length, 16)
    assert one.size == cells
    apart = np.abs(np.cumsum(one / one.sum() - other / other.sum()))[:-1].sum()
    truth = Truth(mask, spacing=(2.0, spacing))
    np.testing.assert_allclose(
        earth_mover(compare(map, truth)), 1 - apart / (cells - 1), atol=1e-12
    )


def pool_by_hand(image, cells):
    """Area sums in exact arithmetic: every pixel against every cell."""
    result = np.zeros(cells, object)
    for cell in np.ndindex(cells):
        total = Fraction(0)
        for pixel in np.ndindex(image.shape):
            share = Fraction(int(image[pixel]))
            for c, p, n, length in zip(cell, pixel, cells, image.shape, strict=True):
                low, high = Fraction(c * length, n), Fraction((c + 1) * length, n)
                share *= max(Fraction(0), min(high, p + 1) - max(low, p))
            total += share
        result[cell] = total
    return result.astype(float)


@pytest.mark.parametrize(
    ("shape", "cells"),
    [((20, 7), (16, 7)), ((3, 33), (3, 16)), ((9, 2, 11), (8, 2, 8))],
)
def test_pixels_are_shared_between_cells_by_area(shape, cells):
    image = np.random.default_rng(0).integers(0, 9, shape)
    pooled = pool(image.astype(float))
    assert pooled.shape == cells
    np.testing.assert_allclose(pooled, pool_by_hand(image, cells), rtol=1e-13)
    np.testing.assert_allclose(pooled.sum(), image.sum(), rtol=1e-13)


def test_distances_are_between_centers_of_cells_in_pixels():
    distances = measure_grid((224, 112), (1.0, 1.0)).reshape(16, 16, 16, 16)
    assert distances[0, 0, 1, 0] == 14
    assert distances[0, 0, 0, 1] == 7
    assert distances[3, 2, 6, 6] == math.hypot(3 * 14, 4 * 7)
    assert measure_grid((8, 8), (1.0, 1.0)).max() == math.sqrt(98)  # not sqrt(2 * 64)


def lone(shape, place):
    image = np.zeros((1, *shape))
    image[0][place] = 1.0
    return image


@pytest.mark.parametrize(
    ("peak", "score"),
    [((0, 0), 1.0), ((3, 4), 1 - 5 / math.hypot(11, 6)), ((11, 6), 0.0)],
)
def test_mass_at_one_point_scores_by_its_distance(peak, score):
    lesion = lone((12, 7), (0, 0)) > 0
    found = earth_mover(compare(lone((12, 7), peak) * 0.3, lesion))
    np.testing.assert_allclose(found, [score], rtol=1e-14)


def blobs(count=6, shape=(50, 71)):
    generator = np.random.default_rng(1)
    y, x = np.indices(shape)
    masks, maps = [], []
    for _ in range(count):
        center, radius = generator.uniform(12, 38, 2), generator.uniform(4, 9)
        apart = np.hypot(y - center[0], x - center[1])
        masks.append(apart < radius)
        maps.append(np.exp(-apart / 9) + 0.2 * generator.random(shape))
    return np.array(maps), np.array(masks)


def test_flips_transposition_and_scale_change_nothing():
    maps, masks = blobs()
    expected = earth_mover(compare(maps, masks))
    for turn in (
        lambda a: a[:, ::-1],
        lambda a: a[:, :, ::-1],
        lambda a: a.transpose(0, 2, 1),
    ):
        same = earth_mover(compare(turn(maps), np.ascontiguousarray(turn(masks))))
        np.testing.assert_allclose(same, expected, rtol=1e-12)
    for factor in (1e-300, 1e305):
        same = earth_mover(compare(maps * factor, masks))
        np.testing.assert_allclose(same, expected, rtol=1e-12)
    same = earth_mover(compare(maps, Truth(masks, spacing=(0.4, 0.4))))
    np.testing.assert_allclose(same, expected, rtol=1e-12)


def test_moving_a_map_by_whole_cells_costs_that_distance():
    """The map is the mask itself, moved: with one shape all mass moves alike."""
    mask = np.zeros((1, 64, 32), bool)
    mask[0, 4:24, 6:14] = True
    moved = np.roll(mask, (32, 4), (1, 2)) * 1.0
    diameter = math.hypot(15 * 4, 15 * 2)
    np.testing.assert_allclose(
        earth_mover(compare(moved, mask)), [1 - math.hypot(32, 4) / diameter]
    )


def test_the_mask_itself_is_best_and_an_even_map_is_chance():
    maps, masks = blobs()
    own = earth_mover(compare(masks * 2.5, masks))
    np.testing.assert_allclose(own, 1, rtol=1e-14)
    even = earth_mover(compare(np.full(maps.shape, 0.7), masks))
    np.testing.assert_allclose(chance(Truth(masks)), even, rtol=1e-13)
    assert (earth_mover(compare(maps, masks)) > even).all()


def test_no_mass_and_no_lesion_have_no_value():
    maps, masks = blobs(4)
    maps[0] = -maps[0]
    maps[1, 3, 3] = np.inf
    masks[2] = False
    found = earth_mover(compare(maps, masks))
    np.testing.assert_array_equal(np.isnan(found), [True, True, True, False])
