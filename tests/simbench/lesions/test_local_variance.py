import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.geometry.regions import softness
from simbench.lesions.local_variance import LESION
from simbench.psf import blur
from simbench.streams import stream

SIZE = (64, 72)


def placed(parameters, body, index=0, sign=1):
    return LESION.place(parameters, body, stream(0, "lesion", index), sign)


def changed(parameters, place, before):
    return LESION.change(parameters, place, before, stream(0, "lesion_texture", 0))


@pytest.mark.parametrize(
    ("kappa", "sign", "psf"),
    [(0.5, 1, 0.0), (0.9, -1, 0.0), (3.0, 1, 0.7), (0.9, -1, 0.7)],
)
def test_the_variance_in_the_image_is_as_asked_for(kappa, sign, psf, example, scene_of):
    rule = "positive" if sign > 0 else "negative"
    parameters = example("lesions", "local_variance", kappa=(kappa, kappa), sign=rule)
    place = placed(parameters, scene_of("uniform", size=SIZE).body)[0]
    sums = np.zeros((2, *SIZE))
    for index in range(500):
        before = scene_of("uniform", index, psf, 0.2, SIZE)
        after = changed(parameters, place, before).scene
        imaged = blur(after.strength * after.texture, psf)[0].astype(float)
        sums += [imaged, imaged**2]
    mean, square = sums / 500
    weight = softness(place, SIZE, parameters.shape.edge)
    expected = 0.2**2 * (1 + sign * kappa * weight)
    for low, high in ((0.0, 0.0), (0.01, 0.4), (0.4, 0.8), (1.0, 1.0)):
        band = (weight >= low) & (weight <= high)
        assert band.sum() > 50
        assert square[band].mean() == pytest.approx(expected[band].mean(), rel=0.08)
        assert mean[band].mean() == pytest.approx(0, abs=0.01)


@given(st.integers(0, 2**32), st.floats(0.01, 0.99), st.sampled_from([1, -1]))
@settings(deadline=None, max_examples=25)
def test_the_effect_is_the_closed_form(example, scene_of, index, kappa, sign):
    parameters = example("lesions", "local_variance", kappa=(kappa, kappa))
    before = scene_of("uniform", psf=0.0, contrast=0.2, size=SIZE)
    place = placed(parameters, before.body, index, sign)[0]
    assert place["kappa"] == pytest.approx(sign * kappa)
    change = changed(parameters, place, before)
    weight = softness(place, SIZE, parameters.shape.edge)
    expected = 0.2 * np.abs(np.sqrt(1 + sign * kappa * weight) - 1)
    assert np.sqrt(change.variance[0]) == pytest.approx(expected, abs=1e-6)
    assert (change.mean == 0).all()
    assert (change.scene.intensity == before.intensity).all()
    assert (change.scene.texture == before.texture).all()


def test_the_difference_of_each_pair_is_the_texture_times_the_effect(example, scene_of):
    """Without a blur the effect holds image by image, not only on average."""
    parameters = example("lesions", "local_variance")
    before = scene_of(psf=0.0)
    place = placed(parameters, before.body, sign=-1)[0]
    change = changed(parameters, place, before)
    difference = (change.scene.object() - before.object())[0]
    expected = np.sqrt(change.variance[0]) * before.texture
    assert difference == pytest.approx(-expected, abs=1e-6)


def test_signs_alternate_from_the_image_s_sign(example, scene_of):
    body = scene_of("uniform").body
    shape = {"radius": (0.08, 0.08)}
    balanced = example("lesions", "local_variance", count=3, shape=shape)
    for rule, expected in (
        (balanced, (-1, 1, -1)),
        (balanced.model_copy(update={"sign": "positive"}), (1, 1, 1)),
        (balanced.model_copy(update={"sign": "negative"}), (-1, -1, -1)),
    ):
        found = placed(rule, body, sign=-1)
        assert tuple(np.sign([place["kappa"] for place in found])) == expected
        assert all(0.7 <= abs(place["kappa"]) <= 0.8 for place in found)


@pytest.mark.parametrize("sign", ["balanced", "negative"])
def test_the_variance_cannot_fall_below_0(sign, example):
    message = r"kappa must be below 1 where the variance can fall \(sign = "
    with pytest.raises(ValueError, match=message):
        example("lesions", "local_variance", kappa=(0.5, 1.0), sign=sign)
    example("lesions", "local_variance", kappa=(0.5, 4.0), sign="positive")
