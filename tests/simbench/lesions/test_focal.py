from dataclasses import replace

import numpy as np
import pytest

from simbench.lesions.focal import LESION
from simbench.streams import stream


@pytest.mark.parametrize("sign", [1, -1])
def test_signs_alternate_from_the_image_s_sign(sign, example, scene_of):
    parameters, body = example("lesions", "focal"), scene_of().body
    signs = []
    for i in range(10):
        found = LESION.place(parameters, body, stream(0, "lesion", i), sign)
        signs.append(np.sign([place["amplitude"] for place in found]))
    assert all(tuple(s) in {(sign,), (sign, -sign)} for s in signs)
    assert any(len(s) == 2 for s in signs)


@pytest.mark.parametrize(
    ("rule", "expected"), [("positive", {1.0}), ("negative", {-1.0}), ("coin", {1, -1})]
)
def test_signs_follow_the_recipe(rule, expected, example, scene_of):
    parameters, body = example("lesions", "focal", sign=rule), scene_of().body
    places = [
        place
        for i in range(10)
        for place in LESION.place(parameters, body, stream(0, "lesion", i), 1)
    ]
    assert {float(np.sign(place["amplitude"])) for place in places} == expected
    assert all(0.2 <= abs(place["amplitude"]) <= 0.3 for place in places)


def test_shape_takes_what_the_recipe_says(example, scene_of):
    parameters = example("lesions", "focal", shape={"radius": (0.2, 0.2)})
    place = LESION.place(parameters, scene_of().body, stream(0, "lesion", 0), 1)
    assert place[0]["radius"] == pytest.approx(0.2 * 64)


def test_tint_shares_the_amplitude_out_among_channels(example, scene_of):
    parameters = example("lesions", "focal", tint=(1.0, 0.5, -0.25))
    gray = scene_of()
    place = LESION.place(parameters, gray.body, stream(0, "lesion", 0), 1)[0]
    three = replace(
        gray,
        intensity=np.repeat(gray.intensity, 3, 0),
        strength=np.repeat(gray.strength, 3, 0),
    )
    change = LESION.change(parameters, place, three, stream(0, "lesion_texture", 0))
    assert change.mean[1] == pytest.approx(0.5 * change.mean[0], abs=1e-7)
    assert change.mean[2] == pytest.approx(-0.25 * change.mean[0], abs=1e-7)


def test_a_lesion_has_an_amplitude_or_a_detectability(example):
    with pytest.raises(ValueError, match="must have either amplitude or d_prime"):
        example("lesions", "focal", d_prime=(3.0, 3.0))
