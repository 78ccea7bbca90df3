import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.lesions.widespread import LESION, pattern
from simbench.psf import blur
from simbench.scene import effect
from simbench.streams import stream

SIZE = (90, 112)


def round_(place):
    """Take the waves off a place's boundary."""
    return place | {key: 0.0 for key in place if key.startswith("wave")}


@pytest.fixture(scope="module")
def region(example, scene_of):
    """Draw parameters and place of one region in a uniform frame."""
    parameters = example("lesions", "widespread")
    body = scene_of("uniform", size=SIZE).body
    return parameters, LESION.place(parameters, body, stream(0, "lesion", 3), 1)[0]


def test_its_slope_is_gentle_and_without_kinks(region, example):
    parameters, place = region
    focal = example("lesions", "focal", shape={"radius": (0.05, 0.05)})
    width = parameters.shape.edge * min(place["height"], place["width"])
    assert width > 2.5 * 0.05 * SIZE[0] * focal.shape.edge
    # 3 w**2 - 2 w**3 is nowhere steeper than 1.5, nor bent by more than 6
    soft = pattern(parameters, round_(place), SIZE)
    for axis in (0, 1):
        assert np.abs(np.diff(soft, axis=axis)).max() < 1.01 * 1.5 / width
        assert np.abs(np.diff(soft, 2, axis=axis)).max() < 1.1 * 6 / width**2


def test_the_whole_range_occurs(region):
    soft = pattern(*region, SIZE)
    assert soft.min() == 0
    assert soft.max() == 1
    assert ((soft > 0.1) & (soft < 0.9)).sum() > 0.4 * (soft > 0).sum()


def test_the_half_maximum_is_where_the_radius_is(region):
    parameters, place = region
    area = (pattern(parameters, round_(place), SIZE) >= 0.5).sum()
    assert area == pytest.approx(np.pi * place["radius"] ** 2, rel=0.02)


@given(st.integers(0, 2**32), st.sampled_from([1, -1]), st.sampled_from([0.0, 0.7, 2]))
@settings(deadline=None, max_examples=25)
def test_the_effect_is_the_blurred_difference_exactly(
    example, scene_of, index, sign, psf
):
    parameters = example("lesions", "widespread")
    before = scene_of(size=SIZE, psf=float(psf))
    place = LESION.place(parameters, before.body, stream(0, "lesion", index), sign)[0]
    assert np.sign(place["amplitude"]) == sign
    change = LESION.change(parameters, place, before, stream(0, "lesion_texture", 0))
    difference = blur(change.scene.intensity - before.intensity, before.psf)
    found = effect(change.mean, change.variance)
    assert found == pytest.approx(np.abs(difference[0]), abs=1e-6)
    assert found.max() == pytest.approx(abs(place["amplitude"]), rel=0.05)
    assert (change.scene.texture == before.texture).all()
    assert (change.scene.strength == before.strength).all()
