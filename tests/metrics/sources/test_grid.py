import itertools

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.sources.grid import grid_of, reorder_grid, reorder_pixels, reorder_size

CODES = [
    "".join(letters)
    for order in itertools.permutations(("LR", "PA", "IS"))
    for letters in itertools.product(*order)
]


def turned(codes, angle):
    """Make an affine whose axes lead to sides of the patient, but for an angle."""
    affine = np.zeros((3, 4))
    for axis, code in enumerate(codes):
        row = next(i for i, pair in enumerate(("LR", "PA", "IS")) if code in pair)
        affine[row, axis] = (axis + 1) * (1 if code in "RAS" else -1)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    affine[:, :3] = turn @ affine[:, :3]
    affine[:, 3] = (5, -7, 11)
    return affine


@given(st.sampled_from(CODES), st.floats(-0.6, 0.6))
def test_codes_are_those_of_nibabel(codes, angle):
    grid = grid_of(turned(codes, angle))
    whole = np.vstack([grid.affine, [0, 0, 0, 1]])
    assert grid.codes == codes == "".join(nibabel.aff2axcodes(whole))
    np.testing.assert_allclose(grid.spacing, (1, 2, 3))


@given(st.sampled_from(CODES), st.sampled_from(CODES), st.floats(-0.6, 0.6))
def test_pixels_keep_their_places(before, after, angle):
    grid = grid_of(turned(before, angle))
    size = (2, 3, 4)
    pixels = np.arange(24).reshape(size)
    moved = reorder_pixels(pixels, grid, after)
    there = reorder_grid(grid, after, size)
    assert there.codes == after
    assert moved.shape == reorder_size(size, grid, after)
    for index in np.ndindex(size):
        (other,) = np.argwhere(moved == pixels[index])
        np.testing.assert_allclose(
            there.affine @ (*other, 1), grid.affine @ (*index, 1), atol=1e-9
        )
    np.testing.assert_allclose(
        there.spacing, np.linalg.norm(there.affine[:, :3], axis=0)
    )


def test_axes_that_lead_nowhere():
    assert grid_of(np.array([[1.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]])) is None
    assert grid_of(np.full((3, 4), np.nan)) is None


@pytest.mark.parametrize("axes", [2, 3])
def test_slices_have_two_letters(axes):
    affine = np.array([[0.0, -1, 0, 5], [0, 0, 2, 6], [3, 0, 0, 7]])
    picked = np.column_stack([affine[:, :axes], affine[:, 3]])
    assert grid_of(picked).codes == "SLA"[:axes]
