from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.additive import Additive
from simbench.anatomies import ANATOMIES
from simbench.difficulty.amplitude import amplitude_for
from simbench.difficulty.columns import columns
from simbench.exams import examine
from simbench.lesions import LESIONS
from simbench.phantoms import changed, take

ADDITIVE = [k for k, v in LESIONS.items() if issubclass(v.parameters, Additive)]


def graded(exam):
    return columns(exam, changed(exam)[1])


def having(example, tiny_with, kind, d_prime=None):
    """Make a recipe whose lesions are of one kind, and perhaps ask for a d'."""
    table = example("lesions", kind).model_dump(exclude_none=True)
    if d_prime:
        table.pop("amplitude", None)
        table |= {"d_prime": list(d_prime)}
        table |= {"step": [0.0, 0.0]} if "step" in table else {}
    anatomy = next(
        name
        for name, entry in ANATOMIES.items()
        if entry.structures or not LESIONS[kind].structures
    )
    return tiny_with(
        {
            "size": [64, 72],
            "lesions": {"asked": table},
            "classes": [{"name": "a"}, {"name": "b", "lesions": {"asked": 1.0}}],
            "anatomy": {"kind": anatomy},
        }
    )


@pytest.mark.parametrize("kind", ADDITIVE)
def test_every_additive_kind_gets_the_d_that_it_asks_for(kind, example, tiny_with):
    recipe = having(example, tiny_with, kind, (12.0, 20.0))
    seen = set()
    for index in range(6):
        exam = examine(recipe, index, label=1)
        for (_, place), row in zip(exam.lesions, graded(exam), strict=True):
            assert 12 <= place["d_prime"] <= 20
            assert row["d_ideal"] == pytest.approx(place["d_prime"], rel=1e-5)
            seen.add(abs(place["amplitude"]))
        assert take(exam).lesions[0]["amplitude"] == exam.lesions[0][1]["amplitude"]
    assert 1.0 not in seen


@given(st.floats(0.1, 30), st.integers(0, 43), st.sampled_from([1, -1]))
@settings(deadline=None, max_examples=15)
def test_an_amplitude_is_proportional_to_the_d_that_it_is_for(
    tiny, d_prime, index, sign
):
    one = amplitude_for(tiny, "focal", 1.0, index, sign)
    found = amplitude_for(tiny, "focal", d_prime, index, sign)
    assert found == pytest.approx(d_prime * one, rel=1e-5)


def test_an_amplitude_belongs_to_the_lesion_that_the_image_has(tiny):
    index = next(i for i in range(44) if examine(tiny, i).case.lesion == "focal")
    exam = examine(tiny, index)
    name, place = exam.lesions[0]
    size = amplitude_for(tiny, "focal", 5.0, index, int(np.sign(place["amplitude"])))
    place = {**place, "amplitude": float(np.sign(place["amplitude"])) * size}
    asked = replace(exam, lesions=((name, place),))
    assert graded(asked)[0]["d_ideal"] == pytest.approx(5, rel=1e-5)


def test_of_two_lesions_the_right_one_is_asked_for(tiny_with):
    both = {"texture_swap+focal": 1.0}
    recipe = tiny_with({"classes": [{"name": "a"}, {"name": "b", "lesions": both}]})
    index = next(i for i in range(44) if examine(recipe, i).lesions)
    exam = examine(recipe, index)
    assert exam.lesions[0][0] == "texture_swap"
    number = [name for name, _ in exam.lesions].index("focal")
    size = amplitude_for(recipe, "focal", 5.0, index)
    lesions = list(exam.lesions)
    lesions[number] = ("focal", {**lesions[number][1], "amplitude": size})
    row = graded(replace(exam, lesions=tuple(lesions)))[number]
    assert row["d_ideal"] == pytest.approx(5, rel=1e-5)


def test_images_and_counterfactuals_share_everything_but_the_lesion(uniform_with):
    faint = uniform_with({})
    strong = uniform_with({"lesions.spot.d_prime": [9.0, 9.0]})
    for index in range(3):
        few, many = (examine(recipe, index, label=1) for recipe in (faint, strong))
        assert (take(few, "none").image == take(many, "none").image).all()
        ratio = many.lesions[0][1]["amplitude"] / few.lesions[0][1]["amplitude"]
        assert ratio == pytest.approx(3, rel=1e-5)


def test_dark_lesions_stay_dark(uniform_with):
    recipe = uniform_with({"lesions.spot.sign": "negative"})
    exam = examine(recipe, 0, label=1)
    assert exam.lesions[0][1]["amplitude"] < 0
    assert graded(exam)[0]["d_ideal"] == pytest.approx(3, rel=1e-5)


def test_where_d_is_not_proportional_an_amplitude_is_looked_for(example, tiny_with):
    """A fracture moves its sides too, which no amplitude changes."""
    recipe = having(example, tiny_with, "fracture")
    exam = examine(recipe, 1, label=1)
    name, place = exam.lesions[0]
    sizes = [amplitude_for(recipe, name, d, 1, sign=-1) for d in (40.0, 80.0)]
    for d_prime, size in zip((40.0, 80.0), sizes, strict=True):
        asked = replace(exam, lesions=((name, {**place, "amplitude": -size}),))
        assert graded(asked)[0]["d_ideal"] == pytest.approx(d_prime, rel=1e-5)
    assert abs(sizes[1] / sizes[0] - 2) > 1e-3


def test_what_no_amplitude_can_do_is_said(tiny, tiny_with, example):
    known = "must be one of the recipe's \\(focal, texture_swap\\), got 'spot'"
    with pytest.raises(ValueError, match=known):
        amplitude_for(tiny, "spot", 3.0)
    with pytest.raises(ValueError, match=r"^d_prime must be > 0, got 0\.0$"):
        amplitude_for(tiny, "focal", 0.0)
    with pytest.raises(ValueError, match="must be of a kind with an amplitude") as bad:
        amplitude_for(tiny, "texture_swap", 3.0)
    assert str(bad.value).endswith("got 'texture_swap' of kind 'texture_swap'")
    assert "(blotches, focal, " in str(bad.value)
    silent = tiny_with({"acquisition.noise": {"kind": "rician", "sigma": [0.0, 0.0]}})
    with pytest.raises(
        ValueError, match=r"^lesion 'focal' must have a d' .* no noise$"
    ):
        amplitude_for(silent, "focal", 3.0)
    broken = having(example, tiny_with, "fracture")
    with pytest.raises(ValueError, match=r"^lesion 'asked' has d' = 0\.001 at no ampl"):
        amplitude_for(broken, "asked", 0.001)
