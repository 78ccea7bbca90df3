from collections import Counter

import numpy as np
import pytest
from scipy import ndimage

from simbench.assignment import assign
from simbench.phantoms import draw
from simbench.recipe import load

CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")  # in ISIC's order
SHARED = ("base", "mottle", "blush", "haze")


@pytest.fixture(scope="module")
def recipe():
    return load("skin8")


def shared_ids(sample):
    rows = enumerate(sample.lesions, start=1)
    return [i for i, row in rows if row["name"] in SHARED]


def test_classes_are_those_of_isic(recipe):
    assert tuple(entry.name for entry in recipe.classes) == CLASSES
    assert recipe.channels == 3
    assert recipe.splits.sizes() == {"train": 2000, "validation": 400, "test": 800}


def test_classes_share_the_base_and_differ_in_what_is_put_into_it(recipe):
    seen: Counter[str] = Counter()
    for label, entry in enumerate(recipe.classes):
        for mix in entry.lesions:
            assert tuple(mix.split("+")[: len(SHARED)]) == SHARED
        own = recipe.distinctive(label)
        assert own == {name for mix in entry.lesions for name in mix.split("+")} - set(
            SHARED
        )
        assert own
        seen.update(own)
    assert set(seen) | set(SHARED) == set(recipe.lesions)
    assert max(seen.values()) == 1
    shams = {name for name, entry in recipe.lesions.items() if entry.sham}
    assert shams == set(SHARED) - {"base"}


@pytest.mark.parametrize("label", range(8), ids=CLASSES)
def test_both_truths_are_there(recipe, label):
    for index in range(12):
        sample = draw(recipe, index, label=label)
        assert sample.distinctive.any()
        assert (sample.mask | ~sample.distinctive).all()
        alone = draw(recipe, index, [1], label=label)
        assert alone.lesions[0]["name"] == "base"
        assert not alone.distinctive.any()
        assert 0.05 < alone.mask.mean() < 0.4
        assert (sample.mask >= alone.mask).all()
        hidden = draw(recipe, index, shared_ids(sample), label=label)
        assert not hidden.distinctive.any()
        assert (hidden.mask == alone.mask).all()
        # what tells the class lies over the base, but for a little
        inside = alone.mask[sample.distinctive].mean()
        assert inside > 0.5


def test_another_class_has_the_same_skin_and_the_same_base(recipe):
    for index in range(4):
        bare, base = [], []
        for label in range(8):
            sample = draw(recipe, index, label=label)
            ids = shared_ids(sample)
            assert ids == list(range(1, len(ids) + 1))
            base.append(draw(recipe, index, ids, label=label).image)
            bare.append(draw(recipe, index, "none", label=label).image)
        for label in range(1, 8):
            assert (base[label] == base[0]).all()
            assert (bare[label] == bare[0]).all()
        assert (base[0] != bare[0]).mean() > 0.1


def test_outside_the_features_classes_are_the_same_pixel_for_pixel(recipe):
    wide = recipe.model_copy(
        update={"truth": recipe.truth.model_copy(update={"cut": "support"})}
    )
    for index in range(4):
        samples = [draw(wide, index, label=label) for label in range(8)]
        plain = draw(wide, index, shared_ids(samples[0]), label=0).image
        for sample in samples:
            near = ndimage.binary_dilation(sample.distinctive, iterations=3)
            assert (sample.image[~near] == plain[~near]).all()
            assert (sample.image[near] != plain[near]).mean() > 0.1
            assert near.mean() < 0.4


def test_confounders_are_as_frequent_in_every_class(recipe):
    found: Counter[tuple[str, int, str]] = Counter()
    sizes: Counter[tuple[str, int]] = Counter()
    for index in range(recipe.images):
        case = assign(recipe, index)
        sizes[case.split, case.label] += 1
        found.update((case.split, case.label, name) for name in case.confounders)
    assert set(recipe.confounders) == {"hair", "ruler", "ink", "patch", "corners"}
    for (split, label), size in sizes.items():
        for name, entry in recipe.confounders.items():
            assert abs(found[split, label, name] - entry.prevalence * size) < 2


def test_colors_are_seldom_cut_off(recipe):
    images = [draw(recipe, i, confounder=False).image for i in range(16)]
    assert np.mean([image == 0 for image in images]) < 0.01
    assert np.mean([image == 255 for image in images]) < 0.02
