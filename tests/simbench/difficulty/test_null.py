"""With nothing to see, nothing leaks; a ladder's rungs are as steep as they say."""

import numpy as np
import pytest

from simbench.difficulty.columns import columns
from simbench.exams import examine
from simbench.generation import generate
from simbench.phantoms import changed
from simbench.recipe import load


def test_classes_without_lesions_audit_at_one_half(tiny_with):
    recipe = tiny_with(
        {
            "splits": {"train": 400, "validation": 0, "test": 0},
            "size": [32, 40],
            "classes": [{"name": "normal"}, {"name": "null"}],
        }
    )
    for check in generate(recipe).audit["checks"]:
        if check["auroc"] is not None:
            assert check["low"] <= 0.5 <= check["high"]


def test_rungs_of_the_ladder_are_what_they_are_called():
    recipe = load("ladder")
    asked = {2.0, 3.0, 4.0, 6.0, 8.0, 12.0}
    assert {entry.d_prime for entry in recipe.lesions.values()} == {
        (d, d) for d in asked
    }
    shares = recipe.classes[1].lesions
    assert set(shares) == set(recipe.lesions)
    assert len(set(shares.values())) == 1
    seen = set()
    for index in range(40):
        exam = examine(recipe, index)
        for (name, place), row in zip(
            exam.lesions, columns(exam, changed(exam)[1]), strict=True
        ):
            assert row["d_ideal"] == pytest.approx(place["d_prime"], rel=1e-5)
            assert name == f"rung_{sorted(asked).index(place['d_prime']) + 1}"
            seen.add(name)
    assert len(seen) == 6
    assert np.prod(recipe.size) == 96 * 96
