from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.lesions.micro_lesions import LESION, _density, _poisson
from simbench.psf import blur
from simbench.streams import stream

SIZE = (56, 64)


def placed(parameters, body, index=0, sign=1):
    return LESION.place(parameters, body, stream(0, "lesion", index), sign)


def changed(parameters, place, before, index=0):
    return LESION.change(parameters, place, before, stream(0, "lesion_texture", index))


def dark(scene):
    """Take everything out of a scene but the room for lesions."""
    return replace(scene, intensity=np.zeros_like(scene.intensity))


@given(
    st.integers(0, 2**32),
    st.floats(0.5, 4.0),
    st.floats(1.0, 200.0),
    st.sampled_from(["head", "uniform"]),
)
@settings(deadline=None, max_examples=40)
def test_mixed_spots_add_nothing_to_the_mean(
    example, scene_of, index, spot, number, anatomy
):
    parameters = example("lesions", "micro_lesions", spot=spot, number=(number, number))
    before = dark(scene_of(anatomy, size=SIZE))
    place = placed(parameters, before.body, index)[0]
    assert place["spots"] >= 2
    assert place["spots"] % 2 == 0
    added = changed(parameters, place, before, index).scene.intensity
    assert np.abs(added).max() > 0
    rounding = 1e-6 * place["spots"] * place["amplitude"] * 2 * np.pi * spot**2
    assert abs(added.sum(dtype=float)) <= rounding
    if anatomy == "head" and spot < 1.5:  # far from the frame's border
        assert abs(blur(added.astype(float), 0.7).sum()) <= rounding


@given(st.integers(0, 2**32), st.floats(0.5, 4.0), st.sampled_from([1, -1]))
@settings(deadline=None, max_examples=25)
def test_spots_of_one_sign_all_add_the_same(example, scene_of, index, spot, sign):
    parameters = example("lesions", "micro_lesions", spot=spot, sign="balanced")
    before = dark(scene_of("uniform", size=SIZE))
    place = placed(parameters, before.body, index, sign)[0]
    added = changed(parameters, place, before, index).scene.intensity
    assert (sign * added >= 0).all()
    one = place["amplitude"] * 2 * np.pi * spot**2
    assert added.sum(dtype=float) == pytest.approx(place["spots"] * one, rel=1e-5)


def test_a_single_spot_is_a_gaussian_of_the_amplitude(example, scene_of):
    parameters = example("lesions", "micro_lesions", spot=2.0, sign="positive")
    before = dark(scene_of(size=SIZE))
    place = placed(parameters, before.body)[0] | {"spots": 1.0, "amplitude": 0.3}
    added = changed(parameters, place, before).scene.intensity[0].astype(float)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    total = added.sum()
    down, right = (added * y).sum() / total, (added * x).sum() / total
    squared = (y - down) ** 2 + (x - right) ** 2
    assert (added * squared).sum() / total == pytest.approx(2 * 2.0**2, rel=0.01)
    assert added == pytest.approx(0.3 * np.exp(-squared / 8), abs=0.001)
    assert 0.27 < added.max() <= 0.3001


@pytest.mark.parametrize("mean", [0.5, 5.0, 60.0])
def test_counts_follow_poisson_s_law(mean):
    counts = np.array([_poisson(mean, stream(0, "lesion", i)) for i in range(4000)])
    assert counts.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / 4000))
    assert counts.var() == pytest.approx(mean, rel=0.12)
    assert (counts == 0).mean() == pytest.approx(np.exp(-mean), abs=0.035)


def test_places_hold_as_many_spots_as_expected(example, scene_of):
    body = scene_of("uniform", size=SIZE).body
    for sign, group in (("mixed", 2), ("positive", 1)):
        parameters = example("lesions", "micro_lesions", number=(30.0, 30.0), sign=sign)
        spots = np.array([placed(parameters, body, i)[0]["spots"] for i in range(1500)])
        assert spots.mean() == pytest.approx(30, abs=4 * np.sqrt(30 * group / 1500))
        assert spots.var() == pytest.approx(30 * group, rel=0.2)


def test_a_region_has_at_least_one_spot_of_each_sign(example, scene_of):
    body = scene_of("uniform", size=SIZE).body
    for sign, fewest in (("mixed", 2.0), ("negative", 1.0)):
        parameters = example("lesions", "micro_lesions", number=(0.01, 0.01), sign=sign)
        assert {placed(parameters, body, i)[0]["spots"] for i in range(50)} == {fewest}


def test_spots_lie_in_tissue_as_densely_as_the_region_weighs(example, scene_of):
    parameters = example("lesions", "micro_lesions", spot=0.5, sign="positive")
    before = dark(scene_of(size=SIZE))
    place = placed(parameters, before.body)[0] | {"spots": 400.0, "amplitude": 1.0}
    total = np.zeros(SIZE)
    for index in range(100):
        total += changed(parameters, place, before, index).scene.intensity[0]
    density = _density(parameters, place, before)
    assert (density[~before.body.home] == 0).all()
    assert density.sum(dtype=float) == pytest.approx(1, abs=1e-5)
    expected = blur(density, np.sqrt(0.25 + 1 / 12)) * 40_000 * 2 * np.pi * 0.25
    scale = expected.max()
    assert total / scale == pytest.approx(expected / scale, abs=0.25)
    for middle in (slice(0, 28), slice(28, 56)):  # not shifted by half a pixel
        assert total[middle].sum() == pytest.approx(expected[middle].sum(), rel=0.03)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    for axis in (y, x):
        found = (total * axis).sum() / total.sum()
        wanted = (expected * axis).sum() / expected.sum()
        assert found == pytest.approx(wanted, abs=0.12)


def test_images_of_one_sign_take_turns(example, scene_of):
    body = scene_of("uniform").body
    shape = {"radius": (0.08, 0.08)}
    found = {
        rule: tuple(
            np.sign(place["amplitude"])
            for place in placed(
                example("lesions", "micro_lesions", sign=rule, count=3, shape=shape),
                body,
                sign=-1,
            )
        )
        for rule in ("mixed", "balanced", "positive", "negative")
    }
    assert found["mixed"] == found["positive"] == (1, 1, 1)
    assert found["balanced"] == (-1, 1, -1)
    assert found["negative"] == (-1, -1, -1)


def test_too_many_spots_are_refused(example):
    with pytest.raises(ValueError, match=r"must be \[low, high\] with high <= 2000"):
        example("lesions", "micro_lesions", number=(10.0, 2001.0))
