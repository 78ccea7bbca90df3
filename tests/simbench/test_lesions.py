"""What every entry of the table of lesions must do, and what each does by itself."""

from dataclasses import replace

import numpy as np
import pytest

from simbench.acquisition import blur
from simbench.anatomies import ANATOMIES
from simbench.body import Body
from simbench.lesions import LESIONS
from simbench.lesions.focal import Focal
from simbench.lesions.texture_swap import TextureSwap
from simbench.regions import Shape
from simbench.scene import Scene
from simbench.streams import stream
from simbench.texture import Spectrum, field

EXAMPLES = {
    "focal": Focal(kind="focal", amplitude=(0.2, 0.3), count=(2, 2)),
    "texture_swap": TextureSwap(
        kind="texture_swap", spectrum=Spectrum(slope=0.0, length=6.0)
    ),
}
HEALTHY = Spectrum(slope=3.0, length=6.0)
SIZE = (64, 72)


@pytest.fixture(params=LESIONS.values(), ids=list(LESIONS))
def lesion(request):
    return request.param


def scene(index=0, psf=0.7, contrast=0.1):
    anatomy = ANATOMIES["head"]
    source = stream(0, "anatomy", 0)
    body = anatomy.draw(anatomy.parameters(kind="head"), SIZE, source)
    texture = field(stream(0, "texture", index), SIZE, HEALTHY, psf)
    strength = body.texture * np.float32(contrast)
    return Scene(body, body.intensity, texture, strength, psf)


def placed(lesion, body, index=0, sign=1):
    return lesion.place(EXAMPLES[lesion.name], body, stream(0, "lesion", index), sign)


def changed(lesion, place, before, index=0):
    source = stream(0, "lesion_texture", index)
    return lesion.change(EXAMPLES[lesion.name], place, before, source)


def test_every_lesion_has_an_example():
    assert set(EXAMPLES) == set(LESIONS)


def test_places_are_flat_records_with_a_center_in_the_tissue(lesion):
    before = scene()
    found = placed(lesion, before.body)
    assert found
    for place in found:
        assert all(type(value) is float for value in place.values())
        assert before.body.home[round(place["y"]), round(place["x"])]


def test_far_away_nothing_changes_bit_for_bit(lesion):
    before = scene()
    place = placed(lesion, before.body)[0]
    change = changed(lesion, place, before)
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    distance = np.hypot(rows - place["y"], columns - place["x"])
    far = distance > 2.5 * max(place["height"], place["width"]) + 3
    assert far.any()
    after = blur(change.scene.object(), 0.7)
    assert (after[far] == blur(before.object(), 0.7)[far]).all()
    assert not change.mean[far].any()
    assert not change.variance[far].any()


def test_the_effect_is_greatest_inside(lesion):
    before = scene()
    place = placed(lesion, before.body)[0]
    change = changed(lesion, place, before)
    effect = np.sqrt(change.mean**2 + change.variance)
    y, x = round(place["y"]), round(place["x"])
    assert effect[y, x] > 0.7 * effect.max() > 0
    assert (change.variance >= 0).all()


def test_effects_are_what_monte_carlo_finds(lesion):
    place = placed(lesion, scene().body)[0]
    squares, expected = [], None
    for index in range(300):
        before = scene(index)
        change = changed(lesion, place, before, index)
        found = blur(change.scene.object(), 0.7) - blur(before.object(), 0.7)
        squares.append(found.astype(float) ** 2)
        expected = np.sqrt(change.mean**2 + change.variance)
    found = np.sqrt(np.mean(squares, axis=0))
    inside = expected > expected.max() / 2
    assert found[inside] == pytest.approx(expected[inside], rel=0.2)
    assert found[inside].mean() == pytest.approx(expected[inside].mean(), rel=0.015)
    assert found[~inside] == pytest.approx(expected[~inside], abs=0.12 * found.max())


@pytest.mark.parametrize("sign", [1, -1])
def test_focal_signs_alternate_from_the_image_s_sign(sign):
    body = scene().body
    signs = [
        np.sign(
            [place["amplitude"] for place in placed(LESIONS["focal"], body, i, sign)]
        )
        for i in range(10)
    ]
    assert all(tuple(s) in {(sign,), (sign, -sign)} for s in signs)
    assert any(len(s) == 2 for s in signs)


@pytest.mark.parametrize(
    ("rule", "expected"), [("positive", {1.0}), ("negative", {-1.0}), ("coin", {1, -1})]
)
def test_focal_signs_follow_the_recipe(rule, expected):
    parameters = EXAMPLES["focal"].model_copy(update={"sign": rule})
    body = scene().body
    places = [
        place
        for i in range(10)
        for place in LESIONS["focal"].place(parameters, body, stream(0, "lesion", i), 1)
    ]
    assert {float(np.sign(place["amplitude"])) for place in places} == expected
    assert all(0.2 <= abs(place["amplitude"]) <= 0.3 for place in places)


def test_a_texture_swap_keeps_mean_variance_and_marginal_everywhere():
    lesion, draws = LESIONS["texture_swap"], []
    place = placed(lesion, scene().body)[0]
    for index in range(400):
        change = changed(lesion, place, scene(index, psf=0.0), index)
        draws.append(change.scene.texture)
    textures = np.stack(draws).astype(float)
    variance = textures.var(0)
    weight = np.sqrt(change.variance) / change.scene.strength.max()
    for band in ((0.0, 0.0), (0.2, 0.7), (0.7, 1.2), (1.2, 1.5)):
        chosen = (weight >= band[0]) & (weight <= band[1])
        assert textures[:, chosen].mean() == pytest.approx(0, abs=0.05)
        assert variance[chosen].mean() == pytest.approx(1, abs=0.05)
        kurtosis = (textures[:, chosen] ** 4).mean() / variance[chosen].mean() ** 2
        assert kurtosis == pytest.approx(3, abs=0.25)


def test_a_texture_swap_s_effect_is_the_closed_form():
    ones = np.ones(SIZE, np.float32)
    body = Body(ones, ones, ones.astype(np.uint8), ones > 0, {})
    before = replace(scene(psf=0.0), body=body, strength=0.2 * ones)
    place = {"y": 30.0, "x": 30.0, "radius": 10.0, "height": 10.0, "width": 10.0}
    place |= {
        "angle": 0.0,
        **{f"wave{w}_{c}": 0.0 for w in (2, 3, 4, 5) for c in ("cos", "sin")},
    }
    change = changed(LESIONS["texture_swap"], place, before)
    edge = EXAMPLES["texture_swap"].shape.edge
    for x in (30, 38, 39, 40, 41, 42, 50):
        w = np.clip((1 - (x - 30) / 10) / edge + 0.5, 0, 1)
        s = np.hypot(1 - w, w)
        expected = 0.2 * np.hypot(1 - (1 - w) / s, w / s)
        assert np.sqrt(change.variance[30, x]) == pytest.approx(expected, abs=1e-6)


def test_shape_takes_what_the_recipe_says():
    parameters = Focal(
        kind="focal", amplitude=(0.1, 0.1), shape=Shape(radius=(0.2, 0.2))
    )
    place = LESIONS["focal"].place(parameters, scene().body, stream(0, "lesion", 0), 1)
    assert place[0]["radius"] == pytest.approx(0.2 * 64)
