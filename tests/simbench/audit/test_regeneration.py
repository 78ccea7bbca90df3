from dataclasses import replace

import numpy as np
import pytest

from simbench.audit.regeneration import other_place, outside, touched
from simbench.audit.sampling import choose
from simbench.exams import examine
from simbench.generation import generate
from simbench.phantoms import draw


def compared(dataset):
    return outside(dataset, choose(dataset, 5), dataset.recipe)


@pytest.fixture(scope="module")
def dataset(tiny_with):
    return generate(tiny_with({"size": [64, 80]}))


def test_nothing_changes_outside_the_effect(dataset):
    found = compared(dataset)
    assert found["difference"] == 0
    assert found["images"] == 22
    assert 0.3 < found["outside"] < 0.95


def test_what_changes_outside_is_found_and_what_changes_inside_is_not(dataset):
    images = dataset.arrays["image"].copy()
    row = int(np.flatnonzero(dataset.index["lesion"] == "focal")[0])
    effect = dataset.arrays["effect"][row]
    y, x = np.unravel_index(effect.argmax(), effect.shape)
    images[row, y, x] ^= 255
    changed = replace(dataset, arrays={**dataset.arrays, "image": images})
    assert compared(changed)["difference"] == 0
    images[row, 0, 0] += 3
    assert compared(changed)["difference"] == 3
    images[row, 0, 0] -= 7
    assert compared(changed)["difference"] == 4


def test_the_point_spread_function_widens_the_inside(dataset):
    row = int(np.flatnonzero(dataset.index["lesion"] == "focal")[0])
    effect = dataset.arrays["effect"][row] > 0
    column = np.flatnonzero(effect.any(axis=0))[-1] + 1
    y = int(np.flatnonzero(effect[:, column - 1])[0])
    for beyond, difference in ((0, 0), (2, 0), (3, 5)):  # 4 sigma of 0.7 are 3 pixels
        images = dataset.arrays["image"].copy()
        images[row, y, column + beyond] ^= 5
        changed = replace(dataset, arrays={**dataset.arrays, "image": images})
        assert (compared(changed)["difference"] > 0) == (difference > 0)


def test_artifacts_are_left_out(tiny_with, example):
    gibbs = example("artifacts", "gibbs").model_dump(exclude_none=True)
    recipe = tiny_with({"acquisition.artifacts": [gibbs]})
    made = generate(recipe)
    first = int(np.flatnonzero(made.index["lesion"] != "none")[0])
    image, healthy = made.arrays["image"][first], draw(recipe, first, "none").image
    assert (image != healthy)[draw(recipe, first).effect == 0].any()
    assert compared(made)["difference"] == 0


def test_lesions_everywhere_leave_nothing_to_compare(dataset):
    few = choose(dataset, 5)
    none = few[np.flatnonzero(few.lesions == "none")]
    found = outside(dataset, none, dataset.recipe)
    assert found["note"] == "nothing lies outside"
    assert found["auroc"] is None


def test_another_class_has_its_lesion_where_it_would_be_drawn(tiny):
    normal = next(i for i in range(44) if draw(tiny, i).case.label == 0)
    for lesion in ("focal", "texture_swap"):
        place = other_place(tiny, normal, 1, lesion)
        assert place.any()
        only = tiny.model_copy(
            update={
                "classes": (
                    tiny.classes[0],
                    tiny.classes[1].model_copy(update={"lesions": {lesion: 1.0}}),
                )
            }
        )
        assert (place == (draw(only, normal, label=1).effect > 0)).all()
    assert not other_place(tiny, normal, 1, "none").any()
    assert not touched(examine(tiny, normal)).any()
