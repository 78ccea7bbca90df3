"""Intervals against plain loops over refits, and with numbers worked by hand."""

import numpy as np
import pytest

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge
from hrcam.intervals import aimed, contract, interval

SIZE = (12, 20)
GEOMETRY = {"shallow": Geometry((2.0, 2.0), (0.5, 0.5)), "deep": None}


def make_parts(refits=7, images=4):
    rng = np.random.default_rng(1)
    return {
        "shallow": rng.normal(size=(images, 6, 10, refits)),
        "deep": rng.normal(size=(images, 3, 5, refits)),
    }


@pytest.mark.parametrize("alignment", ["receptive_field", "corners"])
def test_the_interval_is_that_of_the_sum_over_layers(alignment):
    parts = make_parts()
    low, high = interval(parts, GEOMETRY, SIZE, 0.8, alignment)
    for image in range(4):
        maps = []
        for refit in range(7):
            total = np.zeros(SIZE)
            for name, part in parts.items():
                small = part[image : image + 1, :, :, refit]
                total += enlarge(small, SIZE, GEOMETRY[name], alignment)[0]
            maps.append(total)
        for y, x in np.ndindex(SIZE):
            values = sorted(one[y, x] for one in maps)
            # The 0.1 quantile of seven values lies 0.6 of the way past the first.
            assert low[image, y, x] == pytest.approx(
                0.4 * values[0] + 0.6 * values[1], abs=1e-5
            )
            assert high[image, y, x] == pytest.approx(
                0.6 * values[-2] + 0.4 * values[-1], abs=1e-5
            )
    assert low.dtype == high.dtype == np.float32


def test_one_layer_has_its_own_interval():
    parts = make_parts()
    low, high = interval({"deep": parts["deep"]}, GEOMETRY, SIZE)
    both_low, both_high = interval(parts, GEOMETRY, SIZE)
    assert (low < high).all()
    assert (high - low != both_high - both_low).any()


def test_equal_refits_have_no_width_and_a_wider_level_is_wider():
    parts = make_parts()
    same = {name: np.repeat(p[..., :1], 5, axis=-1) for name, p in parts.items()}
    low, high = interval(same, GEOMETRY, SIZE)
    np.testing.assert_array_equal(low, high)
    narrow, wide = interval(parts, GEOMETRY, SIZE, 0.5), interval(parts, GEOMETRY, SIZE)
    assert (wide[0] <= narrow[0]).all()
    assert (wide[1] >= narrow[1]).all()


def test_a_refit_that_is_not_finite_leaves_the_other_images_alone():
    parts = make_parts()
    parts["deep"][2, 1, 1, 3] = np.nan
    low, high = interval(parts, GEOMETRY, SIZE)
    bad = [bool(np.isnan(x).any()) for x in low]
    assert bad == [False, False, True, False]
    assert np.isfinite(high[[0, 1, 3]]).all()


def test_channels_are_weighted_by_every_refit_of_the_image_s_target():
    rng = np.random.default_rng(3)
    features = {"deep": rng.normal(size=(4, 3, 5, 6))}
    weights = {"deep": rng.normal(size=(7, 6, 3))}
    target = rng.normal(size=(4, 3))
    maps = contract(features, aimed(weights, target))["deep"]
    assert maps.shape == (4, 3, 5, 7)
    for image, y, x, refit in np.ndindex(4, 3, 5, 7):
        expected = 0.0
        for channel in range(6):
            weight = sum(weights["deep"][refit, channel] * target[image])
            expected += features["deep"][image, y, x, channel] * weight
        assert maps[image, y, x, refit] == pytest.approx(expected)


def test_what_is_no_level_or_no_layer_is_refused():
    with pytest.raises(ValueError, match=r"^level must lie between 0 and 1, got 1\.0$"):
        interval(make_parts(), GEOMETRY, SIZE, 1.0)
    with pytest.raises(
        ValueError, match=r"^parts must hold at least one layer, got none$"
    ):
        interval({}, GEOMETRY, SIZE)
