from dataclasses import replace

import numpy as np
import pytest

from simbench.lesions.micro_lesions import LESION, _density
from simbench.psf import blur
from simbench.scene import effect
from simbench.streams import stream

SIZE = (56, 64)


def placed(parameters, body, index=0, sign=1):
    return LESION.place(parameters, body, stream(0, "lesion", index), sign)


def changed(parameters, place, before, index=0):
    return LESION.change(parameters, place, before, stream(0, "lesion_texture", index))


def dark(scene):
    """Take everything out of a scene but the room for lesions."""
    return replace(scene, intensity=np.zeros_like(scene.intensity))


@pytest.mark.parametrize(
    ("sign", "psf", "spot", "spots"),
    [
        ("mixed", 0.0, 0.7, 40.0),
        ("mixed", 0.7, 1.0, 4.0),
        ("mixed", 1.5, 0.5, 40.0),
        ("positive", 0.0, 0.7, 4.0),
        ("positive", 0.7, 1.0, 40.0),
        ("positive", 1.5, 0.5, 4.0),
    ],
)
def test_the_effect_is_that_of_many_draws(sign, psf, spot, spots, example, scene_of):
    shape = {"radius": (0.15, 0.15), "edge": 0.6}
    parameters = example("lesions", "micro_lesions", sign=sign, spot=spot, shape=shape)
    before = dark(scene_of(psf=psf, size=SIZE))
    place = placed(parameters, before.body)[0] | {"spots": spots}
    change = changed(parameters, place, before)
    drawn = np.stack(
        [
            blur(changed(parameters, place, before, i).scene.intensity[0], psf)
            for i in range(1200)
        ]
    ).astype(float)
    square = np.sqrt((drawn**2).mean(0))
    expected = effect(change.mean, change.variance)
    peak = expected.max()
    for low, high in ((0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        band = (expected >= low * peak) & (expected <= high * peak)
        assert square[band].mean() == pytest.approx(expected[band].mean(), rel=0.03)
    assert square / peak == pytest.approx(expected / peak, abs=0.25)
    assert drawn.mean(0) / peak == pytest.approx(change.mean[0] / peak, abs=0.15)


@pytest.mark.parametrize("sign", ["mixed", "positive"])
def test_averaged_over_counts_it_is_campbell_s_theorem(sign, example, scene_of):
    """E[S**2] = intensity * b**2 + (intensity * b)**2, the mean being 0 if mixed."""
    parameters = example(
        "lesions", "micro_lesions", sign=sign, number=(24.0, 24.0), amplitude=(0.1, 0.1)
    )
    before = dark(scene_of("uniform", size=SIZE))
    place = placed(parameters, before.body)[0]
    squares = []
    for index in range(600):
        count = placed(parameters, before.body, index)[0]["spots"]
        change = changed(parameters, place | {"spots": count}, before)
        squares.append(change.mean**2 + change.variance)
    intensity = 24 * _density(parameters, place, before)
    width = np.hypot(1.0, 0.7)
    peak = 0.1 / width**2
    expected = (
        np.pi * (width * peak) ** 2 * blur(intensity, np.sqrt(width**2 / 2 + 1 / 12))
    )
    mean = 2 * np.pi * 0.1 * blur(intensity, np.sqrt(width**2 + 1 / 12))
    # balance makes it a little smaller than signs drawn one by one
    expected += mean**2 * (1 if sign == "positive" else -1 / 24)
    inside = expected > expected.max() / 4
    assert np.mean(squares, 0)[0][inside] == pytest.approx(expected[inside], rel=0.05)


def test_the_truth_may_be_the_spots_that_were_drawn(example, scene_of):
    before = dark(scene_of())
    region, spots = (
        example("lesions", "micro_lesions", truth=truth)
        for truth in ("region", "spots")
    )
    place = placed(region, before.body)[0]
    assert place == placed(spots, before.body)[0]
    one, other = changed(region, place, before), changed(spots, place, before)
    assert (one.scene.intensity == other.scene.intensity).all()
    found = effect(other.mean, other.variance)
    assert found == pytest.approx(np.abs(blur(other.scene.intensity[0], 0.7)), abs=1e-7)
    expected = effect(one.mean, one.variance)
    half = expected >= expected.max() / 2
    assert (found >= found.max() / 2)[half].mean() < 0.4  # spots, not all the region
    assert 0.5 < np.sqrt((found[half] ** 2).mean() / (expected[half] ** 2).mean()) < 1.5


def test_tint_shares_the_amplitude_out_among_channels(example, scene_of):
    parameters = example("lesions", "micro_lesions", tint=(1.0, 0.5, -0.25))
    gray = dark(scene_of())
    place = placed(parameters, gray.body)[0]
    three = replace(
        gray,
        intensity=np.repeat(gray.intensity, 3, 0),
        strength=np.repeat(gray.strength, 3, 0),
    )
    change = changed(parameters, place, three)
    for channel, share in enumerate((1.0, 0.5, -0.25)):
        for field in (change.scene.intensity, change.variance**0.5):
            expected = share if field is change.scene.intensity else abs(share)
            assert field[channel] == pytest.approx(expected * field[0], abs=1e-7)


def test_a_region_smaller_than_a_pixel_has_its_spots_at_its_center(example, scene_of):
    shape = {"radius": (1e-4, 1e-4)}
    parameters = example("lesions", "micro_lesions", shape=shape, sign="positive")
    before = dark(scene_of())
    place = placed(parameters, before.body)[0]
    change = changed(parameters, place, before)
    for found in (change.mean[0], change.scene.intensity[0]):
        peak = np.unravel_index(found.argmax(), found.shape)
        assert peak == (round(place["y"]), round(place["x"]))
    # a spot lies anywhere in that pixel: variance of spot, blur and a square's side
    y, x = np.mgrid[:64, :72] - np.reshape(peak, (2, 1, 1))
    share = change.mean[0] / change.mean[0].sum()
    assert (share * y**2).sum() == pytest.approx(1.0 + 0.49 + 1 / 12, rel=0.01)
    assert (share * x**2).sum() == pytest.approx(1.0 + 0.49 + 1 / 12, rel=0.01)
