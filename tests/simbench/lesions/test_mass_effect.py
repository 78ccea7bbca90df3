import numpy as np
import pytest

from simbench.geometry.displacement import CREST, displacement, reshaped
from simbench.lesions.mass_effect import LESION
from simbench.psf import blur
from simbench.streams import stream

SIZE = (128, 144)


def placed(parameters, body, index=0, sign=1):
    return LESION.place(parameters, body, stream(0, "lesion", index), sign)[0]


def changed(parameters, place, before):
    return LESION.change(parameters, place, before, stream(0, "lesion_texture", 1))


def test_without_strain_and_mass_nothing_changes(example, scene_of):
    before = scene_of()
    parameters = example("lesions", "mass_effect", strain=(0.0, 0.0), amplitude=None)
    change = changed(parameters, placed(parameters, before.body), before)
    assert change.scene is before
    assert not change.mean.any()
    assert not change.variance.any()


def test_without_strain_the_mass_is_added(example, scene_of):
    before = scene_of(size=SIZE)
    parameters = example("lesions", "mass_effect", strain=(0.0, 0.0), irregularity=0.0)
    place = placed(parameters, before.body)
    change = changed(parameters, place, before)
    added = change.scene.intensity - before.intensity
    assert added.max() == pytest.approx(place["amplitude"], abs=1e-6)
    covered = (added[0] > place["amplitude"] / 2).sum()
    expected = np.pi * CREST**2 * place["height"] * place["width"]
    assert covered == pytest.approx(expected, rel=0.05)
    assert change.mean == pytest.approx(blur(added, 0.7), abs=1e-6)


def test_a_mass_compresses_cavities(example, scene_of):
    before = scene_of(size=SIZE)
    parameters = example("lesions", "mass_effect", amplitude=None)
    for index in range(10):
        place = placed(parameters, before.body, index)
        moved = before.body.redraw(*displacement(place, SIZE, True))
        areas = [(body.tissue == 6).sum() for body in (before.body, moved)]
        assert areas[1] < areas[0]
        assert (moved.tissue == 2).sum() == (before.body.tissue == 2).sum()  # skull


def test_a_mass_pushes_borders_away(example, scene_of):
    """The nearest fluid lies farther from the center than before."""
    before = scene_of(size=SIZE)
    parameters = example("lesions", "mass_effect", amplitude=None)
    rows, columns = np.indices(SIZE)
    for index in range(10):
        place = placed(parameters, before.body, index)
        far = np.hypot(rows - place["y"], columns - place["x"])
        after = changed(parameters, place, before).scene
        nearest = [far[s.intensity[0] < 0.6].min() for s in (before, after)]
        assert nearest[1] > nearest[0] + 0.05 * place["radius"]


def test_the_effect_is_redrawing_and_mass_together(example, scene_of):
    before = scene_of(size=SIZE)
    parameters = example("lesions", "mass_effect")
    place = placed(parameters, before.body)
    change = changed(parameters, place, before)
    moved = reshaped(before, place, outward=True)
    mass = changed(parameters, place | {"strain": 0.0}, before).mean
    shape = blur(moved.intensity - before.intensity, 0.7)
    assert change.mean == pytest.approx(shape + mass, abs=1e-6)
    strength = blur(moved.strength - before.strength, 0.7)
    assert change.variance == pytest.approx(strength**2, abs=1e-8)
    assert change.variance.any()


def test_the_mass_has_the_image_s_sign(example, scene_of):
    parameters, body = example("lesions", "mass_effect"), scene_of().body
    for sign in (1, -1):
        amplitude = placed(parameters, body, sign=sign)["amplitude"]
        assert 0.1 <= sign * amplitude <= 0.15
