import numpy as np
import pytest
from scipy import ndimage

from simbench.confounders.hair import CONFOUNDER
from simbench.streams import stream

SIZE = (150, 200)


def grow(example, index=0, **changes):
    parameters = example("confounders", "hair", **changes)
    tissue = np.ones(SIZE, np.uint8)
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


def test_counts_take_all_values_of_their_range(example):
    found = {grow(example, i, count=[2, 5]).factors["count"] for i in range(60)}
    assert found == {2.0, 3.0, 4.0, 5.0}


def test_a_straight_hair_covers_its_length_times_its_mean_width(example):
    exact = {"count": [1, 1], "bend": 0.0, "opacity": [1.0, 1.0], "order": 1.0}
    exact |= {"length": [0.3, 0.3], "width": [0.04, 0.04], "tip": 0.5}
    whole = []
    for index in range(60):
        layer = grow(example, index, **exact)
        edges = np.concatenate(
            [layer.opacity[[0, -1]].ravel(), layer.opacity[:, [0, -1]].ravel()]
        )
        if not edges.any():
            whole.append(layer.opacity.sum())
    assert len(whole) > 10
    root, tip = 0.04 * 150 / 2, 0.02 * 150 / 2
    caps = np.pi * (root**2 + tip**2) / 2
    assert whole == pytest.approx([45 * (root + tip) + caps] * len(whole), rel=0.03)


def test_hair_is_thin_long_and_tapered(example):
    layer = grow(example, 4, count=[1, 1], width=[0.03, 0.03])
    thickness = ndimage.distance_transform_edt(layer.mask)
    assert thickness.max() <= 0.03 * 150 / 2 + 1
    assert layer.mask.sum() > 5 * thickness.max() ** 2


def test_bent_hair_leaves_the_straight_line_as_far_as_asked(example):
    """The curve's middle lies half of the control point's distance off the chord."""
    from simbench.confounders.hair import _hair

    parameters = example("confounders", "hair", bend=0.3)
    rng = np.random.default_rng(0)
    off = []
    for _ in range(2000):
        strokes = _hair(parameters, rng.random(7), 0.7, SIZE)
        (root, tip), middle = strokes[[0, -1]][:, [0, 1]], strokes[6, :2]
        tip = strokes[-1, 2:4]
        way = tip - root
        away = middle - root
        off.append((way[0] * away[1] - way[1] * away[0]) / (way @ way))
    assert np.std(off) == pytest.approx(0.15, rel=0.05)
    assert np.mean(off) == pytest.approx(0, abs=0.01)


def test_order_decides_how_parallel_hairs_are(example):
    from simbench.confounders.hair import _hair

    rng = np.random.default_rng(0)
    draws = rng.random((500, 7))
    for order, expected in ((1.0, 1.0), (0.0, 0.0)):
        parameters = example("confounders", "hair", order=order, bend=0.0)
        ways = np.array(
            [
                np.subtract(s[-1, 2:4], s[0, :2])
                for s in (_hair(parameters, d, 2.0, SIZE) for d in draws)
            ]
        )
        angles = np.arctan2(ways[:, 0], ways[:, 1])
        assert abs(np.exp(1j * angles).mean()) == pytest.approx(expected, abs=0.1)


def test_counts_are_checked(tiny_with):
    with pytest.raises(ValueError, match="count") as error:
        tiny_with({"confounders.a": {"kind": "hair", "count": [5, 2]}})
    assert str(error.value) == (
        "tiny.toml: confounders.a.count must be [fewest, most] with "
        "1 <= fewest <= most <= 500, got [5, 2]"
    )
