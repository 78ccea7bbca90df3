from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from simbench.body import Body
from simbench.phantoms import draw
from simbench.scene import Change, Scene, effect
from simbench.truth import Cut, Kept, truth_of

SIZE = (7, 9)
FLAT = np.ones((1, *SIZE), np.float32)
BODY: Body = Body(FLAT, FLAT, np.ones(SIZE, np.uint8), FLAT[0] > 0, {}, lambda *_: BODY)
SCENE = Scene(BODY, FLAT, FLAT[0], FLAT, 1.0, 0.0)  # only the maps matter here
PLANES = arrays.arrays(  # no squares that underflow
    np.float32, (1, *SIZE), elements=st.integers(-16, 16).map(lambda n: n / 8)
)


def kept(mean, lesion_id=1, sham=False, distinctive=True, variance=0.0):
    mean = np.asarray(mean, np.float32)
    change = Change(SCENE, mean, np.full(mean.shape, variance, np.float32))
    return Kept(lesion_id, change, sham, distinctive)


def truth(lesions, cut=None):
    return truth_of(
        lesions, cut or Cut(), SIZE, partial(np.full, SIZE, 0.5, np.float32)
    )


@given(st.lists(PLANES, min_size=1, max_size=4), st.data())
def test_masks_are_unions_of_each_lesion_s_half_maximum(planes, data):
    flags = data.draw(st.lists(st.booleans(), min_size=8, max_size=8))
    lesions = [
        kept(plane, i + 1, sham=flags[i], distinctive=flags[i + 4])
        for i, plane in enumerate(planes)
    ]
    found = truth(lesions)
    mask, own = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    for lesion, plane in zip(lesions, planes, strict=True):
        strength = np.abs(plane[0])
        inside = (strength >= strength.max() / 2) & (strength > 0)
        assert found.areas[lesion.lesion_id] == inside.sum()
        mask |= inside & (not lesion.sham)
        own |= inside & (not lesion.sham and lesion.distinctive)
    assert (found.mask == mask).all()
    assert (found.distinctive == own).all()
    assert (found.mask == (found.instances > 0)).all()
    real = [p for p, x in zip(planes, lesions, strict=True) if not x.sham]
    expected = np.abs(sum(p[0] for p in real)) if real else np.zeros(SIZE)
    assert found.effect == pytest.approx(expected, abs=1e-6)


def test_the_last_lesion_lies_on_top():
    plane = np.ones((1, *SIZE))
    found = truth([kept(plane, 1), kept(plane, 2), kept(plane, 3, sham=True)])
    assert (found.instances == 2).all()


def test_no_lesion_has_no_truth():
    found = truth([])
    for array in (found.mask, found.distinctive, found.instances, found.effect):
        assert array.shape == SIZE
        assert not array.any()
    assert found.areas == {}


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (Cut(), [0, 0, 0, 1, 1]),
        (Cut(cut="support"), [0, 1, 1, 1, 1]),
        (Cut(cut="visible"), [0, 0, 1, 1, 1]),  # at least 0.5
        (Cut(cut="visible", visible=2.0), [0, 0, 0, 0, 1]),  # at least 1
    ],
)
def test_an_effect_is_cut_where_the_recipe_says(cut, expected):
    plane = np.zeros((1, *SIZE))
    plane[0, 0, :5] = [0.0, 0.1, 0.5, -0.6, 1.2]
    assert truth([kept(plane)], cut).mask[0, :5].tolist() == expected


def test_the_effect_is_the_root_mean_square_over_channels():
    mean = np.stack([np.full(SIZE, v, np.float32) for v in (0.0, 3.0, -4.0)])
    variance = np.stack([np.full(SIZE, v, np.float32) for v in (2.0, 0.0, 0.0)])
    assert effect(mean, variance) == pytest.approx(np.full(SIZE, 3.0))


SHARED = {
    "lesions.spot": {"kind": "focal", "amplitude": [0.2, 0.3]},
    "lesions.sham": {"kind": "focal", "amplitude": [0.2, 0.3], "sham": True},
    "classes": [
        {"name": "healthy", "lesions": {"sham": 1}},
        {"name": "one", "lesions": {"spot": 1}},
        {"name": "two", "lesions": {"spot+texture_swap": 1}},
    ],
}


def test_a_class_is_distinguished_by_what_no_other_may_have(tiny_with):
    recipe = tiny_with(SHARED)
    for index in range(12):
        healthy, one, two = (draw(recipe, index, label=label) for label in range(3))
        assert [row["sham"] for row in healthy.lesions] == [True] * len(healthy.lesions)
        assert not healthy.mask.any()
        assert not healthy.effect.any()
        assert (healthy.image != draw(recipe, index, "none", label=0).image).any()
        assert one.mask.any()
        assert not one.distinctive.any()
        assert (two.distinctive <= two.mask).all()
        (swap,) = [row for row in two.lesions if row["name"] == "texture_swap"]
        alone = draw(recipe, index, [swap["lesion_id"]], label=2)
        assert (two.distinctive == alone.mask).all()
        assert {row["name"] for row in two.lesions if row["distinctive"]} == {
            "texture_swap"
        }


def test_classes_that_share_a_lesion_share_its_place(tiny_with):
    recipe = tiny_with(SHARED)
    one, two = (draw(recipe, 3, label=label) for label in (1, 2))
    spots = [
        [row for row in sample.lesions if row["name"] == "spot"]
        for sample in (one, two)
    ]
    drop = {"distinctive", "amplitude"}  # signs follow the class
    for first, second in zip(*spots, strict=True):
        assert {k: v for k, v in first.items() if k not in drop} == {
            k: v for k, v in second.items() if k not in drop
        }
