"""Enlargement against a plain double loop, SciPy, and what theory promises."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import map_coordinates

from hrcam.capture import IDENTITY, Geometry
from hrcam.enlargement import ALIGNMENTS, coincide, enlarge, interpolation

RATIOS = ((2, 2), (3, 5), (4, 1), (8, 6))


def places(pixels, units, alignment, stride, offset):
    """Tell the unit coordinate of every pixel, as the definitions say it in words."""
    found = []
    for pixel in range(pixels):
        if alignment == "receptive_field":
            where = (pixel - offset) / stride
        elif alignment == "half_pixel":
            where = (pixel + 0.5) * units / pixels - 0.5
        else:
            where = pixel * (units - 1) / (pixels - 1) if pixels > 1 else 0.0
        found.append(min(max(where, 0.0), units - 1.0))
    return found


def by_loop(small, size, alignment, geometry):
    """Weigh the units around every pixel by one minus their distance."""
    rows = places(
        size[0], len(small), alignment, geometry.stride[0], geometry.offset[0]
    )
    columns = places(
        size[1], len(small[0]), alignment, geometry.stride[1], geometry.offset[1]
    )
    large = np.zeros(size)
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            for (r, c), value in np.ndenumerate(small):
                large[i, j] += (
                    max(0.0, 1 - abs(y - r)) * max(0.0, 1 - abs(x - c)) * value
                )
    return large


@st.composite
def problems(draw):
    batch, height, width = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 5)),
        draw(st.integers(1, 6)),
    )
    number = st.floats(-100, 100, width=32)
    maps = draw(arrays(np.float32, (batch, height, width), elements=number))
    size = draw(st.tuples(st.integers(7, 17), st.integers(7, 19)))
    stride = draw(st.tuples(*2 * [st.sampled_from((1.0, 2.0, 3.5, 8.0))]))
    offset = draw(st.tuples(*2 * [st.sampled_from((-3.0, 0.0, 0.5, 3.5))]))
    alignment = draw(st.sampled_from(ALIGNMENTS))
    return maps, size, Geometry(stride, offset), alignment


@settings(deadline=None, max_examples=60)
@given(problems())
def test_enlargement_equals_a_double_loop(problem):
    maps, size, geometry, alignment = problem
    large = enlarge(maps, size, geometry, alignment)
    assert large.shape == (len(maps), *size)
    assert large.dtype == np.float32
    for map_, found in zip(maps, large, strict=True):
        expected = by_loop(map_, size, alignment, geometry)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


@settings(deadline=None, max_examples=60)
@given(problems())
def test_values_stay_in_the_range_of_their_map(problem):
    maps, size, geometry, alignment = problem
    large = enlarge(maps, size, geometry, alignment)
    room = 1e-5 * (1 + np.abs(maps).max(axis=(1, 2)))
    assert (large.max(axis=(1, 2)) <= maps.max(axis=(1, 2)) + room).all()
    assert (large.min(axis=(1, 2)) >= maps.min(axis=(1, 2)) - room).all()


@settings(deadline=None, max_examples=40)
@given(problems(), st.floats(-50, 50, width=32))
def test_a_constant_stays_the_constant(problem, value):
    maps, size, geometry, alignment = problem
    large = enlarge(np.full_like(maps, value), size, geometry, alignment)
    np.testing.assert_allclose(large, np.float32(value), rtol=1e-6)


@settings(deadline=None, max_examples=40)
@given(problems())
def test_enlargement_equals_scipy_at_the_same_places(problem):
    maps, size, geometry, alignment = problem
    grid = [
        places(
            size[axis],
            maps.shape[1 + axis],
            alignment,
            geometry.stride[axis],
            geometry.offset[axis],
        )
        for axis in (0, 1)
    ]
    where = np.stack(np.meshgrid(*grid, indexing="ij"))
    large = enlarge(maps, size, geometry, alignment)
    for map_, found in zip(maps.astype(float), large, strict=True):
        expected = map_coordinates(map_, where, order=1, mode="nearest")
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("ratio", RATIOS)
def test_half_pixel_keeps_the_spatial_mean_at_integer_ratios(ratio):
    maps = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    size = (5 * ratio[0], 7 * ratio[1])
    large = enlarge(maps, size, alignment="half_pixel")
    np.testing.assert_allclose(
        large.mean(axis=(1, 2)), maps.mean(axis=(1, 2)), atol=1e-6
    )


def test_corners_does_not_keep_the_spatial_mean():
    maps = np.zeros((1, 5, 7), np.float32)
    maps[0, 2, 3] = 35
    large = enlarge(maps, (20, 42), alignment="corners")
    assert large[0].mean() == pytest.approx(by_weights(20, 5) * by_weights(42, 7) * 35)
    assert abs(large[0].mean() - 1) > 0.1


def by_weights(pixels, units):
    """Return the mean over pixels of an inner unit's triangle, corners on corners."""
    stride = (pixels - 1) / (units - 1)
    steps = np.arange(-np.floor(stride), np.floor(stride) + 1)
    middle = (units // 2) * stride
    distance = np.abs(np.arange(pixels) - middle) / stride
    assert len(steps) > 1
    return np.clip(1 - distance, 0, None).mean()


def test_corners_puts_the_corner_units_on_the_corner_pixels():
    maps = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
    large = enlarge(maps, (19, 23), alignment="corners")
    np.testing.assert_allclose(
        large[:, [0, 0, -1, -1], [0, -1, 0, -1]],
        maps[:, [0, 0, -1, -1], [0, -1, 0, -1]],
        rtol=1e-6,
    )


@pytest.mark.parametrize("ratio", RATIOS)
def test_receptive_field_is_half_pixel_after_two_by_two_pooling(ratio):
    maps = np.random.default_rng(2).normal(size=(2, 5, 7)).astype(np.float32)
    size = (5 * ratio[0], 7 * ratio[1])
    geometry = Geometry(
        (float(ratio[0]), float(ratio[1])), ((ratio[0] - 1) / 2, (ratio[1] - 1) / 2)
    )
    assert coincide(geometry, size, (5, 7))
    np.testing.assert_array_equal(
        enlarge(maps, size, geometry), enlarge(maps, size, alignment="half_pixel")
    )


def test_a_unit_of_a_strided_network_lands_on_its_receptive_field():
    """ResNet's units look at ``stride * i``: half a stride before half-pixel's."""
    geometry = Geometry((4.0, 4.0), (0.0, 0.0))
    maps = np.zeros((1, 6, 8), np.float32)
    maps[0, 2, 5] = 1
    aware = enlarge(maps, (24, 32), geometry)[0]
    naive = enlarge(maps, (24, 32), geometry, "half_pixel")[0]
    assert np.unravel_index(aware.argmax(), aware.shape) == (8, 20)
    assert aware[8, 20] == 1
    center = [np.average(np.arange(24), weights=m.sum(axis=1)) for m in (aware, naive)]
    assert center == pytest.approx([8.0, 9.5])
    assert not coincide(geometry, (24, 32), (6, 8))


def test_alignments_coincide_only_if_rows_and_columns_do():
    geometry = Geometry((4.0, 4.0), (1.5, 0.0))
    assert not coincide(geometry, (24, 32), (6, 8))
    assert not coincide(Geometry((4.0, 4.0), (0.0, 1.5)), (24, 32), (6, 8))
    assert coincide(Geometry((4.0, 4.0), (1.5, 1.5)), (24, 32), (6, 8))


def test_without_geometry_receptive_field_falls_back_to_half_pixel():
    maps = np.random.default_rng(3).normal(size=(2, 5, 7)).astype(np.float32)
    np.testing.assert_array_equal(
        enlarge(maps, (13, 20)), enlarge(maps, (13, 20), None, "half_pixel")
    )
    assert coincide(None, (13, 20), (5, 7))


def test_half_pixel_worked_by_hand():
    """Two units on four pixels: places -0.25, 0.25, 0.75, 1.25, cut to [0, 1]."""
    found = enlarge(
        np.array([[[0.0, 4.0]]], np.float32), (2, 4), alignment="half_pixel"
    )
    np.testing.assert_array_equal(found[0], [[0, 1, 3, 4], [0, 1, 3, 4]])


def test_the_image_s_own_grid_is_left_alone():
    maps = np.random.default_rng(4).normal(size=(2, 9, 11)).astype(np.float32)
    np.testing.assert_array_equal(enlarge(maps, (9, 11), IDENTITY), maps)


@settings(deadline=None, max_examples=30)
@given(problems(), st.integers(0, 2**32 - 1))
def test_contracting_then_enlarging_is_enlarging_then_contracting(problem, seed):
    _, size, geometry, alignment = problem
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(2, 3, 4, 5)).astype(np.float32)
    weights = rng.normal(size=5).astype(np.float32)
    first = enlarge(features @ weights, size, geometry, alignment)
    channels = [enlarge(features[..., k], size, geometry, alignment) for k in range(5)]
    np.testing.assert_allclose(first, np.stack(channels, -1) @ weights, atol=1e-5)


def test_rows_of_the_matrix_add_up_to_one():
    matrix = interpolation(23, 6, (3.7, 1.2))
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=1), 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_stays_so_and_spoils_no_other(value):
    maps = np.random.default_rng(5).normal(size=(2, 3, 4)).astype(np.float32)
    expected = enlarge(maps, (9, 20))[1]
    maps[0, 1, 2] = value
    found = enlarge(maps, (9, 20))
    assert not np.isfinite(found[0]).all()
    np.testing.assert_array_equal(found[1], expected)


def test_an_unknown_alignment_is_refused():
    message = (
        "alignment must be one of receptive_field, half_pixel, corners, got 'centre'"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        enlarge(np.zeros((1, 2, 3), np.float32), (4, 6), alignment="centre")
