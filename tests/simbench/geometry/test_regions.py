import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.stats import chisquare, kstest

from simbench.geometry import regions
from simbench.geometry.regions import WAVES, Shape, places, softness
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
            assert apart >= shape.apart * later["radius"]


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


def slow_softness(place, size, edge):
    """Evaluate every pixel of the frame by its angle, in float64."""
    y, x = np.indices(size) - np.array([place["y"], place["x"]])[:, None, None]
    turned = (y + 1j * x) * np.exp(-1j * place["angle"])
    point = turned.real / place["height"] + 1j * turned.imag / place["width"]
    boundary = np.ones(size)
    for wave in WAVES:
        cosine, sine = place[f"wave{wave}_cos"], place[f"wave{wave}_sin"]
        boundary += ((cosine - 1j * sine) * np.exp(1j * wave * np.angle(point))).real
    far = (np.clip(boundary, 0.4, 1.5) - np.abs(point)) / edge
    return np.clip(far + 0.5, 0, 1)


@given(
    st.integers(0, 2**40),
    st.integers(-40, 520).map(lambda eighths: eighths / 8),
    st.integers(-40, 680).map(lambda eighths: eighths / 8),
    st.floats(0.05, 3),
    st.sampled_from([0.0, 0.1, 0.8]),
)
@settings(max_examples=150, deadline=None)
def test_weights_are_those_of_the_slow_reference(index, y, x, edge, irregularity):
    shape = Shape(radius=(0.02, 0.3), elongation=4.0, irregularity=irregularity)
    place = places(stream(0, "lesion", index), disc(), 1, shape)[0] | {"y": y, "x": x}
    found = softness(place, (60, 80), edge)
    assert found == pytest.approx(slow_softness(place, (60, 80), edge), abs=1e-6)


def test_a_region_centered_on_a_pixel_is_whole_there():
    place = places(stream(0, "lesion", 3), disc(), 1, ROUND)[0] | {"y": 20.0, "x": 30.0}
    assert softness(place, (80, 100), 0.5)[20, 30] == 1


@pytest.mark.parametrize("tries", [0, 256])
def test_centers_are_uniform_over_the_feasible_pixels(tries, monkeypatch):
    """Drawn until it fits, or chosen among all: one law."""
    monkeypatch.setattr(regions, "TRIES", tries)
    home = np.zeros((24, 30), bool)
    home[4:12, 5:20] = True
    home[10:20, 16:24] = True
    shape = Shape(radius=(0.125, 0.125), elongation=1.0)
    feasible = ndimage.distance_transform_edt(home) >= 3
    counts = np.zeros(home.shape)
    offsets = []
    for index in range(4000):
        (place,) = places(stream(0, "lesion", index), home, 1, shape)
        spot = round(place["y"]), round(place["x"])
        offsets.append((place["y"] - spot[0], place["x"] - spot[1]))
        counts[spot] += 1
    assert (counts[~feasible] == 0).all()
    assert chisquare(counts[feasible]).pvalue > 1e-3
    assert np.mean(offsets, 0) == pytest.approx((0, 0), abs=0.02)
    assert np.std(offsets, 0) == pytest.approx(12**-0.5, abs=0.01)


@pytest.mark.parametrize("tries", [0, 256])
def test_centers_keep_all_distances(tries, monkeypatch):
    monkeypatch.setattr(regions, "TRIES", tries)
    shape = Shape(radius=(0.02, 0.04), apart=2.0)
    for index in range(20):
        found = places(stream(0, "lesion", index), disc(), 12, shape, distance=11.0)
        assert 4 <= len(found) <= 12
        for i, later in enumerate(found):
            for other in found[:i]:
                gap = np.hypot(later["y"] - other["y"], later["x"] - other["x"])
                assert gap >= max(11, 2 * later["radius"])


@pytest.mark.parametrize("tries", [0, 256])
@pytest.mark.parametrize("inside", [0.0, 0.5])
def test_centers_lie_in_tissue_where_they_may(tries, inside, monkeypatch):
    monkeypatch.setattr(regions, "TRIES", tries)
    shape = Shape(radius=(0.1, 0.1), inside=inside)
    home, centers = disc(), np.zeros((80, 100), bool)
    centers[:, :40] = True
    for index in range(50):
        (place,) = places(stream(0, "lesion", index), home, 1, shape, centers)
        spot = round(place["y"]), round(place["x"])
        assert home[spot]
        assert centers[spot]


def test_later_places_do_not_hang_on_the_luck_of_earlier_ones():
    """Every region takes the same count of numbers, wherever it fits."""
    shape = Shape(radius=(0.05, 0.1), apart=0.0)
    wide, narrow = disc(), disc(radius=20)
    for index in range(10):
        one, other = (
            places(stream(0, "lesion", index), home, 3, shape)
            for home in (wide, narrow)
        )
        assert [p["radius"] for p in one] == [p["radius"] for p in other]


def test_a_frame_without_tissue_still_gets_its_first_region():
    home = np.zeros((20, 30), bool)
    assert len(places(stream(0, "lesion", 0), home, 2, ROUND)) == 1


def test_sizes_and_proportions_follow_the_shape():
    shape = Shape(radius=(0.05, 0.1), elongation=3.0)
    found = [places(stream(0, "lesion", i), disc(), 1, shape)[0] for i in range(400)]
    ratios = np.array([place["height"] / place["width"] for place in found])
    radii = np.array([(place["height"] * place["width"]) ** 0.5 for place in found])
    assert radii == pytest.approx([place["radius"] for place in found])
    for values, low, high in ((ratios, 1, 3), (radii, 4, 8)):
        assert low <= values.min() < values.max() < high
        assert kstest((values - low) / (high - low), "uniform").pvalue > 1e-3
    assert {0, 1, 2, 3} == {int(place["angle"]) for place in found}
