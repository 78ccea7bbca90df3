import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.geometry.crossings import (
    BENDS,
    DECAY,
    LEVELS,
    central_spot,
    ends,
    midpoint_displacement,
    narrow_way,
    window,
)
from simbench.streams import stream


def strip(angle, half=6.0, size=(60, 80), middle=(30.0, 40.0)):
    """Draw a band of pixels along an angle (from x towards y)."""
    y, x = np.mgrid[: size[0], : size[1]].astype(float)
    away = np.cos(angle) * (y - middle[0]) - np.sin(angle) * (x - middle[1])
    return np.abs(away) <= half


def test_one_goes_to_where_the_shape_ends():
    home = np.zeros((20, 30), bool)
    home[5:12, 8:25] = True
    assert ends(home, 7, 10, 0.0) == pytest.approx((2, 14), abs=0.5)
    assert ends(home, 7, 10, np.pi / 2) == pytest.approx((2, 4), abs=0.5)
    assert ends(home, 7, 10, np.pi) == pytest.approx((14, 2), abs=0.5)


def test_the_shape_ends_with_the_frame_unless_it_is_endless():
    home = np.zeros((20, 30), bool)
    home[5:12] = True
    assert ends(home, 7, 10, 0.0) == pytest.approx((10, 19), abs=0.5)
    assert min(ends(home, 7, 10, 0.0, endless=True)) >= 30
    across = ends(home, 7, 10, np.pi / 2, endless=True)
    assert across == pytest.approx((2, 4), abs=0.5)


@given(st.floats(0, np.pi), st.floats(4, 10))
@settings(deadline=None)
def test_the_narrow_way_is_across_a_strip(angle, half):
    way = narrow_way(strip(angle, half), 30, 40)
    between = (way - angle - np.pi / 2 + np.pi / 2) % np.pi - np.pi / 2
    assert abs(between) <= 1 / half
    assert 0 <= way <= np.pi


def test_a_short_stub_at_the_border_is_a_bone_that_goes_on():
    home = np.zeros((40, 40), bool)
    home[:8, 12:28] = True  # 16 wide, 8 long, cut off by the frame
    way = narrow_way(home, 3, 20)
    assert min(way, np.pi - way) < 0.1


@given(st.floats(0, np.pi), st.floats(0, 0.999))
@settings(deadline=None)
def test_the_spot_is_central_and_in_the_shape(angle, choice):
    home = strip(angle, 7.0)
    y, x = central_spot(home, choice)
    assert home[y, x]
    away = np.cos(angle) * (y - 30) - np.sin(angle) * (x - 40)
    assert abs(away) <= 4


def test_spots_of_large_frames_are_central_too():
    home = strip(0.0, 20.0, (200, 300), (120.0, 150.0))
    spots = [central_spot(home, (i + 0.5) / 30) for i in range(30)]
    assert all(abs(y - 120) <= 6 for y, _ in spots)
    assert min(x for _, x in spots) < 60
    assert max(x for _, x in spots) > 240


@pytest.mark.parametrize("size", [(16, 16), (200, 300)])
def test_spots_exist_in_small_and_large_frames(size):
    home = np.zeros(size, bool)
    home[size[0] // 2 + 1, 3:9] = True  # thinner than a coarse pixel
    for choice in (0.0, 0.5, 0.99):
        y, x = central_spot(home, choice)
        assert home[y, x]


def test_spots_are_all_over_the_shape():
    home = strip(0.0)
    columns = [central_spot(home, (i + 0.5) / 40)[1] for i in range(40)]
    assert min(columns) < 20
    assert max(columns) > 60


def test_midpoints_are_displaced_from_the_middle_outwards():
    normals = np.zeros(2**LEVELS - 1, np.float32)
    normals[0] = 1.0
    found = midpoint_displacement(normals)
    assert found == pytest.approx(1 - np.abs(np.arange(-7, 8)) / 8)
    normals[:] = 0
    normals[1] = 2.0  # the left quarter point
    found = midpoint_displacement(normals)
    assert found[3] == pytest.approx(2 * DECAY)
    assert not found[7:].any()
    normals[:] = 0
    normals[-1] = 1.0
    assert midpoint_displacement(normals)[-1] == pytest.approx(DECAY**3)


def line(**changes):
    normals = stream(0, "lesion", 3).normal(len(BENDS))
    bends = 1.5 * midpoint_displacement(normals)
    place = {"y": 25.0, "x": 33.0, "angle": 0.9, "tilt": 0.2, "length": 20.0}
    return place | dict(zip(BENDS, bends.tolist(), strict=True)) | changes


@given(
    st.floats(-20, 80),
    st.floats(-20, 90),
    st.floats(0, 2 * np.pi),
    st.floats(-1.2, 1.2),
    st.floats(1, 30),
    st.floats(1, 30),
)
@settings(deadline=None, max_examples=50)
def test_a_window_holds_all_that_is_within_its_bounds(y, x, angle, tilt, deep, wide):
    place, size = line(y=y, x=x, angle=angle, tilt=tilt), (50, 66)
    place |= {name: 6 * place[name] for name in BENDS}
    near = window(place, size, deep, wide)
    whole = window(place, size, 1e3, 1e3)
    within = (np.abs(whole.beyond) <= deep) & (np.abs(whole.aside) <= wide)
    held = np.zeros(size, bool)
    held[near.rows, near.columns] = True
    assert whole.along.shape == size
    assert not (within & ~held).any()
    for name in ("along", "beyond", "slope", "aside"):
        cut = getattr(whole, name)[near.rows, near.columns]
        assert (getattr(near, name) == cut).all()


def test_a_line_s_points_lie_on_it():
    place = line()
    near = window(place, (50, 66), 30.0, 30.0)
    bends = np.array([0.0, *(place[name] for name in BENDS), 0.0])
    for i, share in enumerate(np.linspace(-0.5, 0.5, bends.size)):
        along, off = share * 20, bends[i]
        y = 25 + np.sin(0.9) * along + np.cos(0.9) * off
        x = 33 + np.cos(0.9) * along - np.sin(0.9) * off
        at = round(y), round(x)
        found = near.beyond[at[0] - near.rows.start, at[1] - near.columns.start]
        assert abs(found) < 1.6
    row, column = 25 - near.rows.start, 33 - near.columns.start
    assert near.along[row, column] == 0
    assert near.aside[row, column] == 0
    assert near.beyond[row, column] == pytest.approx(-place["bend08"], abs=1e-5)


def test_the_slope_is_that_of_the_line():
    flat = {name: 0.0 for name in BENDS}
    place = line(angle=0.0, tilt=0.0, y=20.0, x=20.0, length=16.0, **flat)
    place["bend08"] = 0.5  # at x = 20; the points are a pixel apart
    near = window(place, (40, 40), 30.0, 30.0)
    slopes = near.slope[20 - near.rows.start]
    left, right = 19 - near.columns.start, 20 - near.columns.start
    assert slopes[right] == pytest.approx(0.5)
    assert slopes[right + 1] == pytest.approx(-0.5)
    assert slopes[left] == 0
    assert not slopes[: left + 1].any()
