from collections import Counter

import numpy as np
import pytest

from simbench.assignment import assign
from simbench.audit import audit
from simbench.generation import generate
from simbench.phantoms import draw
from simbench.recipe import load, parse


@pytest.fixture(scope="module")
def recipe():
    return load("confounded")


def test_letters_go_with_the_class_in_training_and_not_in_test(recipe):
    cases = [assign(recipe, i) for i in range(recipe.images)]
    having = Counter((c.split, c.label) for c in cases if c.confounders)
    assert having == {
        ("train", 0): 200,
        ("train", 1): 1800,
        ("validation", 0): 20,
        ("validation", 1): 180,
        ("test", 0): 150,
        ("test", 1): 150,
    }
    kinds = Counter(
        (c.lesion, c.sign) for c in cases if c.confounders and c.split == "train"
    )
    assert {kinds[k, s] for k in ("focal", "texture_swap") for s in (1, -1)} == {450}


def test_without_its_letters_it_is_quickstart(recipe):
    plain = load("quickstart")
    for index in range(12):
        own, other = draw(recipe, index, confounder=False), draw(plain, index)
        assert own.case.label == other.case.label
        assert (own.image == other.image).all()
        assert (own.mask == other.mask).all()


def test_images_of_letters_are_not_to_be_mirrored(recipe):
    assert recipe.chiral


def test_the_other_way_round_can_be_asked_for_in_test(recipe):
    flipped = parse(recipe.toml().replace("test = 0.0", "test = -0.8"))
    cases = [assign(flipped, i) for i in range(flipped.images)]
    having = Counter(c.label for c in cases if c.confounders and c.split == "test")
    assert having == {0: 270, 1: 30}


def test_the_audit_finds_the_letters_and_says_that_they_are_intended(recipe):
    text = recipe.toml()
    for large, small in (("n = 4000", "n = 400"), ("n = 400\ntest", "n = 40\ntest")):
        assert large in text
        text = text.replace(large, small)
    found = audit(generate(parse(text.replace("test = 600", "test = 60"))))
    assert found["within_budget"]
    verdicts = {(row["name"], row["lesion"]): row["verdict"] for row in found["checks"]}
    assert verdicts["bins", "all"] == "intended"
    assert verdicts["tissues", "all"] == "kept"
    assert not any(verdict == "leaks" for verdict in verdicts.values())
    phi = {row["split"]: row["phi"] for row in found["confounders"]}
    assert phi == pytest.approx({"train": 0.8, "validation": 0.8, "test": 0.0})


def test_letters_are_seen_against_the_background(recipe):
    gaps = []
    for index in range(60):
        if assign(recipe, index).confounders:
            sample, bare = draw(recipe, index), draw(recipe, index, confounder=False)
            letter = sample.confounder > 0
            below = bare.image[letter].astype(float)
            gaps.append(np.median(sample.image[letter]) - np.median(below))
    assert min(gaps) > 60
