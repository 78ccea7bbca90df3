from collections import Counter

import numpy as np
import pytest

from simbench.assignment import assign
from simbench.phantoms import draw
from simbench.recipe import load


@pytest.fixture(scope="module")
def recipe():
    return load("bone-lr")


def samples(recipe, count, lesion):
    indices = (i for i in range(recipe.images) if lesion in assign(recipe, i).lesion)
    return [(i, draw(recipe, i)) for i, _ in zip(indices, range(count), strict=False)]


def test_marks_and_growth_arrest_lines_do_not_tell_the_class(recipe):
    cases = [assign(recipe, i) for i in range(recipe.images)]
    for split in ("train", "validation", "test"):
        having = Counter(
            (c.label, name) for c in cases if c.split == split for name in c.confounders
        )
        assert having[0, "side"] == having[1, "side"] > 0
        assert having[0, "collimator"] == having[1, "collimator"] > 0
        lines = Counter(
            c.label for c in cases if c.split == split and "arrest" in c.lesion
        )
        assert abs(lines[0] - lines[1]) <= 1
    assert recipe.chiral


def test_fractures_are_dark_lines_in_bone(recipe):
    for index, sample in samples(recipe, 12, "fracture"):
        healthy = draw(recipe, index, "none")
        assert sample.mask.any()
        assert np.isin(healthy.tissue[sample.mask], [2, 3, 4]).mean() > 0.6
        (row,) = (r for r in sample.lesions if r["name"] == "fracture")
        assert row["amplitude"] < 0
        assert row["distinctive"]


def test_growth_arrest_lines_are_no_lesions(recipe):
    normal = [s for _, s in samples(recipe, 12, "arrest") if s.case.label == 0]
    assert normal
    for sample in normal:
        assert not sample.mask.any()
        assert [row["sham"] for row in sample.lesions] == [True]


def test_images_use_the_window_and_lose_little_of_it(recipe):
    levels = np.stack([draw(recipe, i, confounder=False).image for i in range(40)])
    assert (levels == 255).mean() < 0.005
    assert (levels == 0).mean() < 0.05
    assert np.percentile(levels, 99) > 120
