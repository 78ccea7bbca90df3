from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from simbench.assignment import assign
from simbench.exams import examine
from simbench.interventions import intervene
from simbench.phantoms import draw

CELLS = ("neither", "lesion", "confounder", "both")


@pytest.fixture(scope="module")
def recipe(tiny_with):
    return tiny_with(
        {
            "size": [64, 80],
            "confounders.letter": {"kind": "letters", "correlation": {"train": 0.5}},
        }
    )


@pytest.fixture(scope="module", params=range(8))
def four(request, recipe):
    return intervene(recipe, request.param)


def test_images_of_all_kinds_are_among_the_examples(recipe):
    cases = [assign(recipe, i) for i in range(8)]
    assert len({(c.label, bool(c.confounders)) for c in cases}) == 4


def test_each_of_the_four_has_what_its_name_says(four):
    for name in CELLS:
        sample = getattr(four, name)
        assert sample.mask.any() == (name in ("lesion", "both"))
        assert sample.confounder.any() == (name in ("confounder", "both"))
        assert bool(sample.lesions) == (name in ("lesion", "both"))
        assert bool(sample.confounders) == (name in ("confounder", "both"))
        assert bool(sample.case.confounders) == (name in ("confounder", "both"))


def test_the_four_share_every_draw(four):
    first = four.neither
    for name in CELLS[1:]:
        sample = getattr(four, name)
        assert sample.factors == first.factors
        assert (sample.tissue == first.tissue).all()
        assert replace(sample.case, confounders=()) == replace(
            first.case, confounders=()
        )
    assert four.lesion.lesions == four.both.lesions
    assert four.confounder.confounders == four.both.confounders


def test_the_difference_of_one_is_that_of_the_other_where_they_do_not_overlap(four):
    pixels = {name: getattr(four, name).image.astype(int) for name in CELLS}
    lesion = pixels["lesion"] - pixels["neither"]
    letter = pixels["confounder"] - pixels["neither"]
    both = pixels["both"] - pixels["neither"]
    assert lesion.any()
    assert letter.any()
    apart = (lesion == 0) | (letter == 0)
    assert apart.mean() > 0.9
    assert (both == lesion + letter)[apart].all()
    touched = ndimage.binary_dilation(four.both.effect > 0, iterations=4)
    assert not lesion[~touched].any()
    covered = ndimage.binary_dilation(four.both.confounder > 0, iterations=2)
    assert not letter[~covered].any()


def test_an_image_s_own_state_is_one_of_the_four(recipe):
    for index in range(8):
        case = assign(recipe, index)
        four = intervene(recipe, index)
        if case.label == 1:
            own = four.both if case.confounders else four.lesion
        else:
            own = four.confounder if case.confounders else four.neither
        assert (own.image == draw(recipe, index).image).all()


def test_a_forced_confounder_is_the_one_that_the_image_would_have_had(
    recipe, tiny_with
):
    letter = {"kind": "letters", "prevalence": 1.0}
    always = tiny_with({"size": [64, 80], "confounders.letter": letter})
    for index in range(6):
        forced = examine(recipe, index, confounders=["letter"])
        assert (
            forced.layers[0][1].factors == examine(always, index).layers[0][1].factors
        )
        assert forced.case.confounders == ("letter",)
        assert examine(recipe, index, confounders=()).layers == ()


def test_other_confounders_and_shams_stay(tiny_with, tiny_table):
    focal = tiny_table({})["lesions"]["focal"]
    recipe = tiny_with(
        {
            "lesions.sham": focal | {"sham": True, "count": [1, 1]},
            "classes": [
                {"name": "normal", "lesions": {"sham": 1}},
                {"name": "ill", "lesions": {"focal+sham": 1}},
            ],
            "confounders.hair": {"kind": "hair", "prevalence": 1.0},
            "confounders.letter": {"kind": "letters", "prevalence": 0.5},
        }
    )
    for index in range(4):
        four = intervene(recipe, index, "letter")
        for name in CELLS:
            sample = getattr(four, name)
            names = [row["name"] for row in sample.confounders]
            letter = name in ("confounder", "both")
            assert names == ["hair"] + ["letter"] * letter
            assert sum(row["sham"] for row in sample.lesions) == 1
            assert sample.mask.any() == (name in ("lesion", "both"))
        other = intervene(recipe, index, "hair")
        assert other.both.confounders[0]["name"] == "hair"
        assert (
            np.array([r["name"] for r in other.neither.confounders]) != "hair"
        ).all()


def test_what_does_not_exist_is_refused(recipe, tiny, tiny_with):
    two = tiny_with({"confounders.a.kind": "hair", "confounders.b.kind": "letters"})
    nothing = tiny_with(
        {"classes": [{"name": "a"}, {"name": "b"}], "confounders.a.kind": "hair"}
    )
    for arguments, message in (
        ((tiny, 0), "confounder must be one of the recipe's (none), got none"),
        ((two, 0), "confounder must be one of the recipe's (a, b), got none"),
        (
            (recipe, 0, "hair"),
            "confounder must be one of the recipe's (letter), got 'hair'",
        ),
        ((recipe, 99), "index must be 0 to 43, got 99"),
        (
            (nothing, 0),
            "recipe must have a class whose images have lesions, got none",
        ),
    ):
        with pytest.raises(ValueError, match="must") as error:
            intervene(*arguments)
        assert str(error.value) == message
    with pytest.raises(ValueError, match="must") as error:
        examine(recipe, 0, confounders=["ink"])
    assert str(error.value) == (
        "confounders must be among the recipe's (letter), got ['ink']"
    )


def test_a_confounder_is_drawn_alike_whatever_others_there_are(tiny_with):
    recipe = tiny_with(
        {"confounders.a.kind": "letters", "confounders.b.kind": "letters"}
    )
    both = examine(recipe, 3, confounders=["b", "a"])
    assert [name for name, _ in both.layers] == ["a", "b"]
    for number, name in enumerate("ab"):
        (alone,) = examine(recipe, 3, confounders=[name]).layers
        assert alone[1].factors == both.layers[number][1].factors
    assert both.layers[0][1].factors != both.layers[1][1].factors


def test_a_class_that_may_have_no_lesion_is_not_the_ill_one(tiny_with):
    classes = [
        {"name": "some", "lesions": {"focal": 1, "none": 1}},
        {"name": "all", "lesions": {"texture_swap": 1}},
    ]
    changes = {"classes": classes, "confounders.corners": {"kind": "corners"}}
    recipe = tiny_with(changes)
    for index in range(12):
        assert intervene(recipe, index).both.case.label == 1
