"""Images and masks brought to one size keep their places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.readers.resizing import LUMA, fit_image, fit_mask

SIDES = st.integers(1, 40)
SIZES = st.tuples(SIDES, SIDES)


def nearest(pixels, size):
    """Take, by a plain loop, the pixel that the center of each new one lies in."""
    height, width = pixels.shape[:2]
    rows = [int((r + 0.5) * height / size[0]) for r in range(size[0])]
    columns = [int((c + 0.5) * width / size[1]) for c in range(size[1])]
    return np.array([[pixels[r, c] for c in columns] for r in rows])


@given(SIZES, SIZES, st.integers(0, 99))
def test_of_masks_the_nearest_pixel_is_taken(old, new, seed):
    mask = np.random.default_rng(seed).integers(0, 2, old, np.uint8) * np.uint8(255)
    found = fit_mask(mask, new)
    assert found.dtype == np.uint8
    assert set(np.unique(found)) <= {0, 1}
    np.testing.assert_array_equal(found, nearest(mask, new) != 0)


def weights(old, new):
    """Return the triangle filter's matrix, (new, old), by a plain loop."""
    scale = old / new
    reach = max(scale, 1.0)
    matrix = np.zeros((new, old))
    for r in range(new):
        center = (r + 0.5) * scale
        for c in range(old):
            matrix[r, c] = max(0.0, 1 - abs((c + 0.5 - center) / reach))
    return matrix / matrix.sum(axis=1, keepdims=True)


@given(SIZES, SIZES, st.sampled_from([np.uint8, np.float32]), st.integers(0, 99))
def test_images_are_filtered_by_a_triangle(old, new, dtype, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, old).astype(dtype)
    found = fit_image(pixels, new, 1)
    wanted = weights(old[0], new[0]) @ pixels.astype(float) @ weights(old[1], new[1]).T
    assert found.dtype == np.uint8
    assert found.shape == new
    assert np.abs(found - wanted).max() <= 1.01  # bytes are rounded between the passes


@given(SIZES, st.integers(0, 99))
def test_colors_are_resized_apart_and_joined_by_luma(new, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 14, 3), np.uint8)
    color = fit_image(pixels, new, 3)
    planes = [
        fit_image(np.ascontiguousarray(p), new, 1) for p in np.moveaxis(pixels, 2, 0)
    ]
    np.testing.assert_array_equal(color, np.stack(planes, axis=2))
    gray = fit_image(pixels, (9, 14), 1)
    assert np.abs(gray - pixels @ np.array(LUMA)).max() <= 1


def test_an_image_of_the_right_size_is_not_touched():
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    np.testing.assert_array_equal(fit_image(pixels, (4, 5), 3), pixels)
    np.testing.assert_array_equal(
        fit_image(pixels[..., 0], (4, 5), 3), np.repeat(pixels[..., :1], 3, axis=2)
    )


@pytest.mark.parametrize("value", [-3.0, 0.4, 254.6, 300.0])
def test_floats_are_rounded_and_cut(value):
    found = fit_image(np.full((2, 3), value, np.float32), (4, 6), 1)
    assert (found == np.clip(round(value), 0, 255)).all()
