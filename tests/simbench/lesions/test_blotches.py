from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.geometry.regions import softness
from simbench.lesions.blotches import LESION, pattern
from simbench.psf import blur
from simbench.scene import effect
from simbench.streams import stream

SIZE = (60, 84)
WAVES = {f"wave{w}_{c}": 0.0 for w in (2, 3, 4, 5) for c in ("cos", "sin")}
EVERYWHERE = {"y": 30.0, "x": 42.0, "height": 300.0, "width": 300.0, "angle": 0.0}


def covering(share, seed):
    """Place a region that has weight 1 in the whole frame."""
    place = {"radius": 300.0, "amplitude": 1.0, "share": share, "seed": seed}
    return {**EVERYWHERE, **WAVES, **place}


def shares(parameters, share, seeds):
    """Measure the share of each of many draws."""
    return np.array(
        [
            (pattern(parameters, covering(share, float(i)), SIZE) >= 0.5).mean()
            for i in seeds
        ]
    )


@given(st.floats(0.05, 0.95), st.integers(0, 2**40), st.floats(0.1, 2.0))
@settings(deadline=None, max_examples=15)
def test_the_blotches_share_is_as_asked_for(example, share, first, soft):
    parameters = example("lesions", "blotches", soft=soft)
    found = shares(parameters, share, range(first, first + 80))
    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - share) < 4.5 * error + 1e-3


@pytest.mark.parametrize("share", [0.2, 0.35])
def test_the_share_of_a_soft_region_is_that_of_its_core(share, example, scene_of):
    parameters = example("lesions", "blotches", share=(share, share))
    body, found = scene_of("uniform", size=SIZE).body, []
    for index in range(300):
        place = LESION.place(parameters, body, stream(0, "lesion", index), 1)[0]
        core = softness(place, SIZE, parameters.shape.edge) == 1
        found.append((pattern(parameters, place, SIZE)[core] >= 0.5).mean())
    assert place["share"] == share
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(share, abs=4 * error)


def test_the_share_varies_as_a_random_field_does_and_not_by_rank(example):
    # a threshold at each draw's own quantile would make every share the same
    assert shares(example("lesions", "blotches"), 0.35, range(40)).std() > 0.02


def test_outlines_are_coarser_for_a_longer_wavelength(example):
    changes = []
    for length in (6.0, 12.0, 24.0):
        spectrum = {"slope": 6.0, "length": length}
        parameters = example("lesions", "blotches", spectrum=spectrum)
        inside = [
            pattern(parameters, covering(0.4, float(i)), SIZE) > 0.5 for i in range(30)
        ]
        changes.append(np.mean(np.diff(inside, axis=2)))
    # crossings of a level of a smooth field are as frequent as its slope is steep
    assert changes[0] > 1.5 * changes[1] > 1.5 * 1.4 * changes[2]


def test_a_region_is_never_empty(example, scene_of):
    parameters = example("lesions", "blotches", share=(1e-6, 1e-6))
    body = scene_of().body
    for index in range(20):
        place = LESION.place(parameters, body, stream(0, "lesion", index), 1)[0]
        drawn = pattern(parameters, place, (64, 72))
        assert drawn.max() >= 0.5
        assert 0 < (drawn > 0).sum() < 0.2 * (place["radius"] ** 2 * np.pi)


def test_blotches_belong_to_the_place_and_not_to_texture_or_stream(example, scene_of):
    parameters = example("lesions", "blotches")
    place = LESION.place(parameters, scene_of().body, stream(0, "lesion", 0), 1)[0]
    effects = []
    for index in range(3):
        source = stream(0, "lesion_texture", index)
        change = LESION.change(parameters, place, scene_of(index=index), source)
        effects.append(effect(change.mean, change.variance))
    assert (effects[0] == effects[1]).all()
    assert (effects[0] == effects[2]).all()
    other = pattern(parameters, place | {"seed": place["seed"] + 1}, (64, 72))
    assert (other != pattern(parameters, place, (64, 72))).any()


def test_seeds_differ_between_images_and_between_regions(example, scene_of):
    parameters = example("lesions", "blotches", count=3, shape={"radius": (0.08, 0.1)})
    seeds = [
        place["seed"]
        for index in range(20)
        for place in LESION.place(
            parameters, scene_of().body, stream(0, "lesion", index), 1
        )
    ]
    assert len(seeds) > 30
    assert len(set(seeds)) == len(seeds)


def test_blotches_are_independent_of_the_texture(example, scene_of):
    spectrum = {"slope": 3.0, "length": 6.0}  # that of the texture
    parameters = example("lesions", "blotches", spectrum=spectrum)
    products = []
    for index in range(200):
        texture = scene_of(index=index, psf=0.0, size=SIZE).texture
        body = scene_of(size=SIZE).body
        place = LESION.place(parameters, body, stream(0, "lesion", index), 1)[0]
        drawn = pattern(parameters, covering(0.5, place["seed"]), SIZE) - 0.5
        products.append((drawn * texture).mean())
    error = np.std(products) / np.sqrt(len(products))
    assert abs(np.mean(products)) < 4 * error
    assert error < 0.02


def test_blotches_fade_with_the_region(example, scene_of):
    parameters = example("lesions", "blotches", share=(0.5, 0.5))
    body, most = scene_of("uniform", size=SIZE).body, np.zeros(5)
    for index in range(30):
        place = LESION.place(parameters, body, stream(0, "lesion", index), 1)[0]
        weight = softness(place, SIZE, parameters.shape.edge)
        drawn = pattern(parameters, place, SIZE)
        assert (drawn <= weight).all()
        assert (drawn >= 0).all()
        for i, level in enumerate((0.1, 0.3, 0.5, 0.7, 0.9)):
            band = (weight > level - 0.1) & (weight <= level)
            most[i] = max(most[i], drawn[band].max(initial=0))
    assert most == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9], abs=0.01)


@given(st.integers(0, 2**32), st.sampled_from([1, -1]), st.sampled_from([0.0, 0.7, 2]))
@settings(deadline=None, max_examples=25)
def test_the_effect_is_the_blurred_difference_exactly(
    example, scene_of, index, sign, psf
):
    parameters = example("lesions", "blotches")
    before = scene_of(psf=float(psf), size=SIZE)
    before = replace(before, intensity=np.zeros_like(before.intensity))
    place = LESION.place(parameters, before.body, stream(0, "lesion", index), sign)[0]
    change = LESION.change(parameters, place, before, stream(0, "lesion_texture", 0))
    added = change.scene.intensity
    assert (added * sign >= 0).all()
    found = effect(change.mean, change.variance)
    assert found == pytest.approx(np.abs(blur(added, before.psf)[0]), abs=1e-7)
    assert np.abs(added).max() <= abs(place["amplitude"]) * (1 + 1e-6)


@pytest.mark.parametrize("share", [(0.5, 1.0), (0.9, 1.5)])
def test_a_share_is_less_than_the_whole(share, example):
    message = r"must be \[low, high\] with 0 < low <= high < 1"
    with pytest.raises(ValueError, match=message):
        example("lesions", "blotches", share=share)
