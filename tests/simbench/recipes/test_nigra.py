from collections import defaultdict

import numpy as np
import pytest

from simbench.assignment import assign
from simbench.generation import generate
from simbench.phantoms import draw
from simbench.recipe import load


@pytest.fixture(scope="module")
def recipe():
    return load("nigra")


@pytest.fixture(scope="module")
def cases(recipe):
    return [assign(recipe, i) for i in range(recipe.images)]


def test_eighty_subjects_of_seven_images_are_never_split(cases):
    subjects = defaultdict(list)
    for case in cases:
        subjects[case.subject].append(case)
    assert len(subjects) == 80
    for own in subjects.values():
        assert len(own) == 7
        assert len({(c.split, c.label) for c in own}) == 1
    splits = [own[0].split for own in subjects.values()]
    assert [splits.count(s) for s in ("train", "validation", "test")] == [45, 10, 25]


def test_subjects_share_their_anatomy_and_nothing_else(recipe):
    first, second, other = (draw(recipe, i) for i in (0, 6, 7))
    assert first.case.subject == second.case.subject != other.case.subject
    for name in ("tegmentum", "contrast_left", "size_right", "turn"):
        assert first.factors[name] == second.factors[name] != other.factors[name]
    assert (first.tissue == second.tissue).all()
    assert first.factors["noise"] != second.factors["noise"]
    assert (first.image != second.image).any()


def test_patients_lose_signal_on_both_sides_and_controls_none(recipe, cases):
    for case in cases[::35]:
        sample = draw(recipe, case.index)
        if case.label == 0:
            assert not sample.mask.any()
            continue
        healthy = draw(recipe, case.index, "none")
        assert [row["side"] for row in sample.lesions] == [-1, 1]
        assert set(np.unique(sample.instances)) == {0, 1, 2}
        change = sample.image.astype(float) - healthy.image
        assert change[sample.mask].mean() < 0
        assert np.isin(sample.tissue[sample.mask], [8, 9]).mean() > 0.75
        assert all(0.2 <= row["area_lost"] <= 0.8 for row in sample.lesions)


def test_signal_to_noise_ratios_are_those_of_the_modality(recipe, cases):
    ratios = []
    for case in cases[::9]:
        factors = draw(recipe, case.index).factors
        ratios.append(factors["tegmentum"] / factors["noise"])
    assert 4 < min(ratios) < 6.5
    assert 14 < max(ratios) < 23


def test_only_who_knows_the_place_sees_the_loss(recipe):
    found = generate(recipe).audit
    assert found["budget"] == 0.65
    verdicts = {row["name"]: row["verdict"] for row in found["checks"]}
    assert "leaks" not in verdicts.values()
    assert found["within_budget"]
    assert verdicts["tissues"] == "intended"
    aurocs = {row["name"]: row["auroc"] for row in found["checks"]}
    assert aurocs["tissues"] > 0.8
    assert aurocs["histogram"] < 0.7
