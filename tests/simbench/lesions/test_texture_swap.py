from dataclasses import replace

import numpy as np
import pytest

from simbench.lesions.texture_swap import LESION
from simbench.streams import stream


def changed(parameters, place, before, index=0):
    source = stream(0, "lesion_texture", index)
    return LESION.change(parameters, place, before, source)


def test_it_keeps_mean_variance_and_marginal_everywhere(example, scene_of):
    parameters, draws = example("lesions", "texture_swap"), []
    place = LESION.place(parameters, scene_of().body, stream(0, "lesion", 0), 1)[0]
    for index in range(400):
        change = changed(parameters, place, scene_of(index=index, psf=0.0), index)
        draws.append(change.scene.texture)
    textures = np.stack(draws).astype(float)
    variance = textures.var(0)
    weight = np.sqrt(change.variance[0]) / change.scene.strength.max()
    for band in ((0.0, 0.0), (0.2, 0.7), (0.7, 1.2), (1.2, 1.5)):
        chosen = (weight >= band[0]) & (weight <= band[1])
        assert textures[:, chosen].mean() == pytest.approx(0, abs=0.05)
        assert variance[chosen].mean() == pytest.approx(1, abs=0.05)
        kurtosis = (textures[:, chosen] ** 4).mean() / variance[chosen].mean() ** 2
        assert kurtosis == pytest.approx(3, abs=0.25)


def test_its_effect_is_the_closed_form(example, scene_of):
    before = scene_of(psf=0.0)
    before = replace(before, strength=np.full((1, 64, 72), 0.2, np.float32))
    place = {"y": 30.0, "x": 30.0, "radius": 10.0, "height": 10.0, "width": 10.0}
    place |= {
        "angle": 0.0,
        **{f"wave{w}_{c}": 0.0 for w in (2, 3, 4, 5) for c in ("cos", "sin")},
    }
    parameters = example("lesions", "texture_swap")
    change = changed(parameters, place, before)
    edge = parameters.shape.edge
    for x in (30, 38, 39, 40, 41, 42, 50):
        w = np.clip((1 - (x - 30) / 10) / edge + 0.5, 0, 1)
        s = np.hypot(1 - w, w)
        expected = 0.2 * np.hypot(1 - (1 - w) / s, w / s)
        found = np.sqrt(change.variance[0, 30, x])
        assert found == pytest.approx(expected, abs=1e-6)
