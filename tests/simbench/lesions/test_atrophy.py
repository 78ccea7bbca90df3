import numpy as np
import pytest

from simbench.geometry.displacement import displacement
from simbench.lesions.atrophy import LESION
from simbench.streams import stream

SIZE = (128, 144)


def placed(parameters, body, index=0):
    return LESION.place(parameters, body, stream(0, "lesion", index), 1)[0]


def changed(parameters, place, before):
    return LESION.change(parameters, place, before, stream(0, "lesion_texture", 1))


def test_without_strain_nothing_changes(example, scene_of):
    before = scene_of()
    parameters = example("lesions", "atrophy", strain=(0.0, 0.0))
    change = changed(parameters, placed(parameters, before.body), before)
    assert change.scene is before
    assert not change.mean.any()
    assert not change.variance.any()


def test_cavities_widen(example, scene_of):
    before = scene_of(size=SIZE)
    parameters = example("lesions", "atrophy")
    for index in range(10):
        place = placed(parameters, before.body, index)
        moved = before.body.redraw(*displacement(place, SIZE, False))
        areas = [(body.tissue == 6).sum() for body in (before.body, moved)]
        assert areas[1] > areas[0]
        assert (moved.tissue == 2).sum() == (before.body.tissue == 2).sum()  # skull


def test_borders_are_drawn_in(example, scene_of):
    before = scene_of(size=SIZE)
    parameters = example("lesions", "atrophy")
    rows, columns = np.indices(SIZE)
    for index in range(10):
        place = placed(parameters, before.body, index)
        far = np.hypot(rows - place["y"], columns - place["x"])
        after = changed(parameters, place, before).scene
        nearest = [far[s.intensity[0] < 0.6].min() for s in (before, after)]
        assert nearest[1] < nearest[0] - 0.05 * place["radius"]


def test_the_expected_effect_is_the_change_itself(example, scene_of):
    """All of the mean effect is |image - counterfactual| before texture."""
    before = scene_of(size=SIZE, psf=0.0)
    parameters = example("lesions", "atrophy")
    change = changed(parameters, placed(parameters, before.body), before)
    moved = change.scene.intensity - before.intensity
    assert (change.mean == moved).all()
    assert (moved < -0.1).any()  # fluid where tissue was
    strength = change.scene.strength - before.strength
    assert change.variance == pytest.approx(strength**2, abs=1e-9)
