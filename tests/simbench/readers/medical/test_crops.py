import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from simbench.readers.medical.crops import (
    Box,
    Crop,
    crop_at,
    cut,
    cut_mask,
    middle,
)

AXIAL = np.array([[0.0, 0, -0.75, 20], [0, -0.5, 0, 30], [2, 0, 0, -10]])
SIZE = (4, 9, 8)  # 4.5 mm of rows, 6 mm of columns


def test_a_grid_worked_by_hand():
    """Rows from y = 30 mm back by 0.5, columns from x = 20 mm left by 0.75."""
    crop = crop_at(Box((2.0, 3.0), 0.5), (17.0, 28.0, 99.0), AXIAL, SIZE)
    # row of the center: (30 - 28) / 0.5 = 4; its four pixels lie 0.25 and 0.75 mm off
    np.testing.assert_allclose(crop.rows, [2.5, 3.5, 4.5, 5.5])
    # column of the center: (20 - 17) / 0.75 = 4; six pixels, 0.25 to 1.25 mm off
    np.testing.assert_allclose(
        crop.columns * 0.75, 3 + np.array([-1.25, -0.75, -0.25, 0.25, 0.75, 1.25])
    )
    ramp = 10.0 * np.arange(9)[:, None] + np.arange(8)
    np.testing.assert_allclose(cut(crop, ramp), 10 * crop.rows[:, None] + crop.columns)


def test_the_middle_is_between_the_outer_voxels():
    assert middle(AXIAL, SIZE) == (20 - 0.75 * 3.5, 30 - 0.5 * 4, -10 + 2 * 1.5)
    crop = crop_at(Box((4.5, 6.0), 1.5), middle(AXIAL, SIZE), AXIAL, SIZE)
    np.testing.assert_allclose(crop.rows, [1, 4, 7])
    np.testing.assert_allclose(crop.columns, [0.5, 2.5, 4.5, 6.5])


@given(
    st.integers(0, 99),
    st.tuples(st.floats(-0.5, 6.5), st.floats(-0.5, 8.5)),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.floats(0.05, 1.2),
)
def test_values_are_those_of_scipy(seed, start, counts, step):
    pixels = np.random.default_rng(seed).normal(size=(7, 9))
    places = [s + step * np.arange(n) for s, n in zip(start, counts, strict=True)]
    rows, columns = (p[p <= n - 0.5] for p, n in zip(places, pixels.shape, strict=True))
    got = cut(Crop(rows, columns), pixels)
    grid = np.meshgrid(rows, columns, indexing="ij")
    expected = map_coordinates(pixels, grid, order=1, mode="nearest")
    np.testing.assert_allclose(got, expected, atol=1e-12)


@given(st.tuples(*[st.floats(-20, 20)] * 3), st.integers(0, 3))
def test_a_box_in_an_oblique_slice_lies_around_the_foot_of_its_center(angles, place):
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    affine = turn @ AXIAL
    center = affine @ (1.25, 4.5, 3.0, 1)
    crop = crop_at(Box((2.0, 1.5), 0.5), tuple(center), affine, SIZE)
    foot = affine @ (place, crop.rows.mean(), crop.columns.mean(), 1)
    offset = center - foot
    np.testing.assert_allclose(offset @ affine[:, 1:3], 0, atol=1e-9)
    corner = affine @ (place, crop.rows[0], crop.columns[0], 1)
    assert np.linalg.norm(corner - foot) == pytest.approx(np.hypot(0.75, 0.5))


def test_pixels_outside_of_the_box_have_no_say():
    pixels = np.full((9, 8), np.nan)
    pixels[2:7, 2:7] = 3.0
    crop = crop_at(Box((2.0, 3.0), 0.5), (17.0, 28.0, 0.0), AXIAL, SIZE)
    np.testing.assert_array_equal(cut(crop, pixels), np.full((4, 6), 3.0))


def test_a_mask_keeps_what_is_half_in_it():
    marked = np.zeros((9, 8), bool)
    marked[4:6, 3:5] = True
    crop = crop_at(Box((2.5, 3.0), 0.5), (17.0, 28.0, 0.0), AXIAL, SIZE)
    got = cut_mask(crop, marked)
    shares = map_coordinates(
        marked.astype(float),
        np.meshgrid(crop.rows, crop.columns, indexing="ij"),
        order=1,
    )
    np.testing.assert_array_equal(got, shares >= 0.5)
    assert got.any()
    assert not got.all()


def test_a_pixel_that_is_half_in_the_mask_is_marked():
    crop = Crop(np.array([0.0, 0.5, 1.0, 1.5, 1.75]), np.array([0.0]))
    got = cut_mask(crop, np.array([[False], [True], [False]]))
    np.testing.assert_array_equal(got[:, 0], [False, True, True, True, False])


def test_a_volume_of_one_row():
    crop = Crop(np.array([-0.5, 0.0, 0.5]), np.array([1.0]))
    np.testing.assert_array_equal(cut(crop, np.array([[3.0, 7.0]])), [[7]] * 3)


def test_a_box_up_to_the_border_and_one_beyond(message):
    center = middle(AXIAL, SIZE)
    crop_at(Box((4.5, 6.0), 0.5), center, AXIAL, SIZE)
    beyond = (center[0] + 1.0, center[1] - 2.0, 0.0)
    assert message(lambda: crop_at(Box((4.5, 6.0), 0.5), beyond, AXIAL, SIZE)) == (
        "rows 2 to 6.5 mm of 0 to 4.5 mm and columns -1 to 5 mm of 0 to 6 mm"
    )


def test_a_box_is_a_whole_number_of_pixels(message):
    assert Box((20.0, 30.0), 0.1).pixels == (200, 300)
    assert message(lambda: Box((20.0, 30.2), 0.5)) == (
        "box must be a whole number of pixels, got 20 x 30.2 mm of 0.5 mm; change "
        "either"
    )
    assert message(lambda: Box((0.2, 1.0), 0.5)) == (
        "box must be a whole number of pixels, got 0.2 x 1 mm of 0.5 mm; change either"
    )
