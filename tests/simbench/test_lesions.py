"""What every entry of the table of lesions must do."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from simbench.anatomies import ANATOMIES
from simbench.lesions import LESIONS
from simbench.psf import REACH, blur
from simbench.scene import effect
from simbench.streams import stream

PSF = 0.7


@pytest.fixture(params=LESIONS.values(), ids=list(LESIONS))
def lesion(request):
    return request.param


@pytest.fixture
def parameters(lesion, example):
    return example("lesions", lesion.name)


@pytest.fixture
def anatomy(lesion):
    """Name an anatomy that can have the lesion."""
    return next(
        name
        for name, entry in ANATOMIES.items()
        if entry.structures or not lesion.structures
    )


def placed(lesion, parameters, body, index=0, sign=1):
    return lesion.place(parameters, body, stream(0, "lesion", index), sign)


def changed(lesion, parameters, place, before, index=0):
    source = stream(0, "lesion_texture", index)
    return lesion.change(parameters, place, before, source)


def test_places_are_flat_records_with_a_center(lesion, parameters, anatomy, scene_of):
    body = scene_of(anatomy).body
    for index in range(20):
        found = placed(lesion, parameters, body, index)
        assert found
        for place in found:
            assert all(type(value) is float for value in place.values())
            assert body.tissue[round(place["y"]), round(place["x"])] > 0
        assert found == placed(lesion, parameters, body, index)


def test_far_away_nothing_changes_bit_for_bit(lesion, parameters, anatomy, scene_of):
    before = scene_of(anatomy)
    place = placed(lesion, parameters, before.body)[0]
    change = changed(lesion, parameters, place, before)
    reach = int(REACH * PSF + 0.5)
    touched = effect(change.mean, change.variance) > 0
    far = ~ndimage.binary_dilation(touched, np.ones((3, 3)), iterations=reach + 1)
    assert far.mean() > 0.1
    after = blur(change.scene.object(), PSF)
    assert (after[:, far] == blur(before.object(), PSF)[:, far]).all()


def test_the_effect_is_finite_and_lies_in_the_body(
    lesion, parameters, anatomy, scene_of
):
    before = scene_of(anatomy)
    for index in range(10):
        for place in placed(lesion, parameters, before.body, index):
            change = changed(lesion, parameters, place, before, index)
            assert change.mean.shape == before.intensity.shape
            assert change.variance.shape == before.intensity.shape
            assert (change.variance >= 0).all()
            found = effect(change.mean, change.variance)
            assert np.isfinite(found).all()
            assert found.max() > 0
            assert (before.body.tissue[found >= found.max() / 2] > 0).mean() > 0.9


def test_effects_are_what_monte_carlo_finds(lesion, parameters, anatomy, scene_of):
    """A slow reference: the root mean square change over 300 textures."""
    place = placed(lesion, parameters, scene_of(anatomy).body)[0]
    squares, expected = [], None
    for index in range(300):
        before = scene_of(anatomy, index)
        change = changed(lesion, parameters, place, before, index)
        found = blur(change.scene.object(), PSF) - blur(before.object(), PSF)
        squares.append((found.astype(float) ** 2).mean(axis=0))
        expected = effect(change.mean, change.variance)
    found = np.sqrt(np.mean(squares, axis=0))
    inside = expected > expected.max() / 2
    assert found[inside] == pytest.approx(expected[inside], rel=0.2)
    assert found[inside].mean() == pytest.approx(expected[inside].mean(), rel=0.015)
    assert found[~inside] == pytest.approx(expected[~inside], abs=0.12 * found.max())


def test_a_scene_of_three_channels_changes_too(lesion, parameters, anatomy, scene_of):
    gray = scene_of(anatomy)
    body = replace(
        gray.body,
        intensity=np.repeat(gray.body.intensity, 3, 0),
        texture=np.repeat(gray.body.texture, 3, 0),
        structures={k: np.repeat(v, 3, 0) for k, v in gray.body.structures.items()},
    )
    three = replace(
        gray,
        body=body,
        intensity=np.repeat(gray.intensity, 3, 0),
        strength=np.repeat(gray.strength, 3, 0),
    )
    place = placed(lesion, parameters, body)[0]
    one = changed(lesion, parameters, place, gray)
    change = changed(lesion, parameters, place, three)
    for channel in range(3):
        assert change.mean[channel] == pytest.approx(one.mean[0], abs=1e-6)
        assert change.variance[channel] == pytest.approx(one.variance[0], abs=1e-6)
