from itertools import permutations, product

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from simbench.readers.medical.axial import (
    check_affine,
    turn_affine,
    turn_of,
    turn_pixels,
    turn_size,
)

ANGLES = st.tuples(*[st.floats(-20, 20)] * 3)
STEPS = st.tuples(*[st.floats(0.3, 4)] * 3)


@st.composite
def stored(draw):
    """Draw a volume of any orientation: pixels and affine."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    order = draw(st.permutations(range(3)))
    signs = draw(st.tuples(*[st.sampled_from((-1.0, 1.0))] * 3))
    axes = Rotation.from_euler("xyz", draw(ANGLES), degrees=True).as_matrix()
    steps = axes[:, list(order)] * signs * draw(STEPS)
    size = tuple(draw(st.integers(1, 5)) for _ in range(3))
    return rng.normal(size=size), np.column_stack([steps, rng.normal(size=3) * 40])


@given(stored())
def test_every_voxel_keeps_its_value_and_its_place(case):
    pixels, affine = case
    turn = turn_of(affine)
    turned = turn_pixels(turn, pixels)
    places = turn_affine(turn, affine, pixels.shape)
    found = []
    assert turned.shape == turn_size(turn, pixels.shape)
    for values, affines in ((pixels, affine), (turned, places)):
        indices = np.array([(*i, 1) for i in np.ndindex(values.shape)])
        found.append((indices @ affines.T)[np.argsort(values, axis=None)])
    np.testing.assert_allclose(found[1], found[0], atol=1e-9)


@settings(max_examples=40)
@given(stored())
def test_slices_are_those_that_nibabel_makes(case):
    pixels, affine = case
    start = nibabel.io_orientation(np.vstack([affine, [0, 0, 0, 1]]))
    wanted = nibabel.orientations.axcodes2ornt(("S", "P", "L"))
    change = nibabel.orientations.ornt_transform(start, wanted)
    expected = nibabel.orientations.apply_orientation(pixels, change)
    np.testing.assert_array_equal(turn_pixels(turn_of(affine), pixels), expected)


@settings(max_examples=40)
@given(stored(), st.permutations(range(3)), st.tuples(*[st.booleans()] * 3))
def test_slices_do_not_depend_on_how_the_volume_is_stored(case, order, flips):
    pixels, affine = case
    other = pixels.transpose(order)
    moved = np.column_stack([affine[:, order], affine[:, 3]])
    for axis, flip in enumerate(flips):
        if flip:
            other = np.flip(other, axis)
            moved[:, 3] += moved[:, axis] * (other.shape[axis] - 1)
            moved[:, axis] *= -1
    one, two = turn_of(affine), turn_of(moved)
    np.testing.assert_array_equal(turn_pixels(two, other), turn_pixels(one, pixels))
    np.testing.assert_allclose(
        turn_affine(two, moved, other.shape),
        turn_affine(one, affine, pixels.shape),
        atol=1e-9,
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("signs", list(product((-1, 1), repeat=3)))
def test_axes_lead_up_to_the_back_and_to_the_left(order, signs):
    affine = np.zeros((3, 4))
    for axis, (direction, sign) in enumerate(zip(order, signs, strict=True)):
        affine[direction, axis] = sign * (axis + 1)
    turned = turn_affine(turn_of(affine), affine, (2, 3, 4))
    assert np.count_nonzero(turned[:, :3]) == 3
    assert turned[2, 0] > 0
    assert turned[1, 1] < 0
    assert turned[0, 2] < 0


def test_what_is_no_grid_of_boxes():
    affine = np.array([[1.0, 0, 0, 0], [0, 1, 0.1, 0], [0, 0, 1, 0]])
    assert check_affine(affine) == (
        "must have axes at right angles, got 84.29 degrees; resample it to a grid of "
        "boxes"
    )
    flat = affine * (1, 0, 1, 1)
    lost = np.where(affine == 0.1, np.nan, affine)
    for wrong in (flat, lost):
        assert check_affine(wrong) == (
            "must say where its voxels lie, got axes that lead nowhere"
        )
    nearly = affine + [0, 0, -0.0995, 0] * np.array([[0], [1], [0]])
    assert check_affine(nearly) == ""
