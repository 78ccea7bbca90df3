import numpy as np
import pytest
from scipy.stats import chisquare, poisson

from simbench.lesions.multifocal import LESION
from simbench.streams import stream


def placed(parameters, body, index):
    return LESION.place(parameters, body, stream(0, "lesion", index), 1)


@pytest.mark.parametrize(("rate", "limits"), [(3.0, (1, 7)), (9.0, (4, 6))])
def test_counts_follow_the_truncated_poisson_law(rate, limits, example, scene_of):
    small = {"radius": (0.01, 0.01), "apart": 0.0}
    parameters = example(
        "lesions", "multifocal", rate=rate, count=limits, distance=0.0, shape=small
    )
    body = scene_of().body
    found = [len(placed(parameters, body, index)) for index in range(2000)]
    counts = np.arange(limits[0], limits[1] + 1)
    expected = poisson.pmf(counts, rate)
    seen = np.array([found.count(count) for count in counts])
    assert seen.sum() == 2000
    assert chisquare(seen, 2000 * expected / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize(("rate", "count"), [(1e-300, 2), (1e300, 8)])
def test_extreme_rates_give_the_limits(rate, count, example, scene_of):
    small = {"radius": (0.01, 0.01)}
    parameters = example("lesions", "multifocal", rate=rate, distance=0.02, shape=small)
    assert len(placed(parameters, scene_of().body, 0)) == count


def test_one_allowed_count_is_always_taken(example, scene_of):
    parameters = example("lesions", "multifocal", count=(3, 3))
    assert {len(placed(parameters, scene_of().body, i)) for i in range(20)} == {3}


def test_centers_keep_their_distance(example, scene_of):
    parameters = example("lesions", "multifocal", distance=0.15, count=(6, 8))
    body, pairs = scene_of(size=(96, 72)).body, []
    for index in range(30):
        found = placed(parameters, body, index)
        spots = np.array([(place["y"], place["x"]) for place in found])
        gaps = np.hypot(*(spots[:, None] - spots[None]).T)[
            ~np.eye(len(spots), dtype=bool)
        ]
        assert gaps.min() >= 0.15 * 72
        pairs.extend(gaps)
    assert len(pairs) > 500
    assert min(pairs) < 1.2 * 0.15 * 72


def test_where_tissue_is_full_there_are_fewer(example, scene_of):
    parameters = example("lesions", "multifocal", distance=0.6, count=(8, 8))
    assert 1 <= len(placed(parameters, scene_of().body, 0)) < 8


def test_every_lesion_is_one_spot_of_its_own_strength(example, scene_of):
    parameters = example("lesions", "multifocal", sign="positive")
    before = scene_of()
    found = placed(parameters, before.body, 0)
    for place in found:
        change = LESION.change(
            parameters, place, before, stream(0, "lesion_texture", 1)
        )
        y, x = round(place["y"]), round(place["x"])
        added = change.scene.intensity[0] - before.intensity[0]
        assert added.max() == pytest.approx(place["amplitude"], abs=1e-6)
        assert added[y, x] == added.max()
    assert len({place["amplitude"] for place in found}) == len(found) > 1


def test_the_count_s_limits_are_a_range(example):
    with pytest.raises(ValueError, match=r"must be \[fewest, most\] with 1 <= fewest"):
        example("lesions", "multifocal", count=(5, 4))
