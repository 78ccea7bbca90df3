"""Letters that betray the class, on the radiographs of bone-lr."""

import numpy as np

from simbench.assignment import assign
from simbench.phantoms import draw
from simbench.recipe import load


def test_it_is_bone_lr_but_for_its_letters():
    tables = {}
    for name in ("bone-lr", "bone-letters"):
        tables[name] = load(name).model_dump()
        for key in ("name", "audit"):
            del tables[name][key]
        side = tables[name]["confounders"]["side"]
        assert side.pop("prevalence") == (0.7 if name == "bone-lr" else 0.5)
        side.pop("correlation")
    assert tables["bone-lr"] == tables["bone-letters"]


def test_letters_go_with_the_class_in_training_and_not_in_test():
    recipe = load("bone-letters")
    cases = [assign(recipe, index) for index in range(recipe.images)]
    for split, expected in (("train", 0.8), ("validation", 0.8), ("test", 0.0)):
        mine = [case for case in cases if case.split == split]
        letters = np.array(["side" in case.confounders for case in mine])
        labels = np.array([case.label for case in mine])
        assert abs(np.corrcoef(letters, labels)[0, 1] - expected) < 0.01
        assert abs(letters.mean() - 0.5) < 0.01


def test_without_its_letters_an_image_is_that_of_bone_lr():
    index = 3
    plain, marked = (
        draw(load(name), index, confounder=False)
        for name in ("bone-lr", "bone-letters")
    )
    np.testing.assert_array_equal(plain.image, marked.image)
    np.testing.assert_array_equal(plain.mask, marked.mask)
