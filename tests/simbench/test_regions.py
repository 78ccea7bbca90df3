import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.regions import Shape, places, softness
from simbench.streams import stream


def disc(size=(80, 100), radius=35):
    rows, columns = np.ogrid[: size[0], : size[1]]
    return np.hypot(rows - size[0] / 2, columns - size[1] / 2) < radius


ROUND = Shape(radius=(0.1, 0.1), elongation=1.0, irregularity=0.0, edge=0.5)


def test_a_round_region_covers_its_disc_s_area():
    place = places(stream(0, "lesion", 0), disc(), 1, ROUND)[0]
    weight = softness(place, (80, 100), ROUND.edge)
    # a linear border of width e adds pi r^2 e^2 / 12 to the disc
    assert weight.sum() == pytest.approx(np.pi * 8**2 * (1 + 0.25 / 12), rel=0.01)
    assert (weight >= 0.5).sum() == pytest.approx(np.pi * 8**2, rel=0.03)


@given(st.integers(0, 2**40), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_regions_lie_inside_and_apart(index, count):
    shape = Shape(radius=(0.05, 0.1))
    home = disc()
    found = places(stream(0, "lesion", index), home, count, shape)
    assert 1 <= len(found) <= count
    for place in found:
        y, x = round(place["y"]), round(place["x"])
        rows, columns = np.ogrid[: home.shape[0], : home.shape[1]]
        near = np.hypot(rows - y, columns - x) < place["radius"] - 1.5
        assert home[near].all()
    for i, later in enumerate(found):
        for earlier in found[:i]:
            apart = np.hypot(later["y"] - earlier["y"], later["x"] - earlier["x"])
            assert apart >= shape.apart * later["radius"] - 1


@given(st.integers(0, 2**40))
@settings(max_examples=60, deadline=None)
def test_weights_are_soft_and_end_within_the_frame_they_were_drawn_in(index):
    shape = Shape(radius=(0.05, 0.2), elongation=3.0, irregularity=0.3)
    place = places(stream(0, "lesion", index), disc(), 1, shape)[0]
    small = softness(place, (80, 100), shape.edge)
    assert small.min() >= 0
    assert small.max() == 1
    moved = dict(place, y=place["y"] + 150, x=place["x"] + 150)
    whole = softness(moved, (380, 400), shape.edge)
    assert whole[150:230, 150:250] == pytest.approx(small, abs=1e-4)
    border = np.concatenate([whole[[0, -1]].ravel(), whole[:, [0, -1]].ravel()])
    assert not border.any()


def test_without_room_the_first_lies_where_tissue_is_widest():
    home = np.zeros((40, 40), bool)
    home[10:15, 20:25] = True
    found = places(stream(0, "lesion", 0), home, 3, Shape(radius=(0.3, 0.3)))
    assert len(found) == 1
    assert (found[0]["y"], found[0]["x"]) == pytest.approx((12, 22), abs=0.5)


def test_places_are_spread_over_the_tissue():
    found = [places(stream(0, "lesion", i), disc(), 1, ROUND)[0] for i in range(300)]
    centers = np.array([(place["y"], place["x"]) for place in found])
    assert centers.mean(0) == pytest.approx((40, 50), abs=3)
    assert centers.std(0) == pytest.approx((13.5, 13.5), abs=2)
