import numpy as np
import pytest
from scipy.stats import ks_2samp

from simbench.audit import blanking
from simbench.audit.blanking import Blanks, blank, blanked, sample
from simbench.audit.regeneration import touched
from simbench.audit.sampling import choose, levels_of
from simbench.exams import examine
from simbench.generation import generate
from simbench.phantoms import draw

SPLITS = {"train": 60, "validation": 8, "test": 12}


def regions_of(dataset, chosen):
    return np.concatenate([part for _, part in Blanks(dataset, chosen).batches()])


@pytest.mark.parametrize("sham", [False, True])
def test_a_blanked_image_is_its_blanked_counterfactual(tiny_with, sham):
    """Nothing of the lesion is left: to the last bit."""
    shams = {"sham": {"kind": "focal", "amplitude": [0.2, 0.3], "sham": True}}
    changes = {"splits": SPLITS}
    if sham:
        shams["sham"]["shape"] = {"radius": [0.06, 0.1]}
        changes["lesions.sham"] = shams["sham"]
        changes["classes"] = [
            {"name": "normal", "lesions": {"sham": 1}},
            {"name": "abnormal", "lesions": {"focal": 1, "texture_swap": 1}},
        ]
    recipe = tiny_with(changes)
    dataset = generate(recipe)
    chosen = choose(dataset, 5)
    regions = regions_of(dataset, chosen)
    assert regions.any(axis=(1, 2)).all()
    for i in range(len(chosen.ids)):
        image, healthy = (
            dataset.arrays["image"][i].copy(),
            draw(recipe, i, "none").image,
        )
        changed = (image != healthy).any()
        assert changed == (sham or chosen.labels[i] == 1)
        healthy = healthy.copy()
        blank(image, regions[i])
        blank(healthy, regions[i])
        assert (image == healthy).all()


def test_blanks_have_one_law_in_both_classes(tiny_with):
    """Also where one lesion is much larger than the other."""
    recipe = tiny_with({"splits": {"train": 400, "validation": 0, "test": 0}})
    dataset = generate(recipe)
    chosen = choose(dataset, 5)
    areas = regions_of(dataset, chosen).mean(axis=(1, 2))
    assert ks_2samp(areas[chosen.labels == 0], areas[chosen.labels == 1]).pvalue > 0.01
    assert areas.std() > 0.2 * areas.mean()


def test_a_lesion_that_all_images_have_is_part_of_every_foreign_mix(tiny_with):
    """The index shows mixes without it; where they lie depends on the whole mix."""
    classes = [
        {"name": "one", "lesions": {"focal": 1}},
        {"name": "two", "lesions": {"focal+texture_swap": 1}},
    ]
    recipe = tiny_with({"splits": SPLITS, "classes": classes})
    dataset = generate(recipe)
    chosen = choose(dataset, 5)
    regions = regions_of(dataset, chosen)
    for row in np.flatnonzero(chosen.labels == 0):
        foreign = touched(examine(recipe, int(chosen.ids[row]), 1))
        assert (regions[row] >= foreign).all()


def test_several_classes_are_blanked_for_all_their_lesions(tiny_with):
    shape = {"radius": [0.06, 0.1]}
    small = {"kind": "focal", "amplitude": [0.2, 0.3], "shape": shape}
    recipe = tiny_with(
        {
            "splits": {"train": 30, "validation": 0, "test": 0},
            "lesions.second": small,
            "classes": [
                {"name": "a", "lesions": {"focal": 1}},
                {"name": "b", "lesions": {"texture_swap": 1}},
                {"name": "c", "lesions": {"second": 1}},
            ],
        }
    )
    dataset = generate(recipe)
    chosen = choose(dataset, 5)
    regions = regions_of(dataset, chosen)
    for i in range(30):
        for label in range(3):
            assert regions[i][draw(recipe, i, label=label).effect > 0].all()
    assert (regions.mean(axis=(1, 2)) < 0.95).all()


def test_without_a_recipe_masks_are_widened_and_lent(make):
    masks = np.zeros((6, 40, 60), bool)
    masks[1, 10:14, 10:14] = masks[3, 20:24, 30:36] = masks[5, 30:34, 50:54] = True
    dataset = make.dataset(
        make.clouds(6, (40, 60)),
        np.arange(6) % 2,
        mask=masks,
        lesion=np.array(["none", "a"] * 3),
    )
    chosen = choose(dataset, 5)
    regions = regions_of(dataset, chosen)
    for own, lent in ((1, 0), (3, 2), (5, 4)):
        assert (regions[own] == regions[lent]).all()
        assert regions[own][masks[own]].all()
        assert regions[own].sum() > 2 * masks[own].sum()


def test_a_blank_takes_the_middle_of_its_surround():
    image = np.full((12, 16, 3), 90, np.uint8)
    image[:, :, 2] = np.arange(12, dtype=np.uint8)[:, None]
    region = np.zeros((12, 16), bool)
    region[5:7, 6:9] = True
    image[region] = 255
    blank(image, region)
    assert (image[region] == [90, 90, 5]).all() or (image[region] == [90, 90, 6]).all()
    assert (image[:, :, :2] == 90).all()
    untouched = image.copy()
    blank(image, np.zeros((12, 16), bool))
    assert (image == untouched).all()
    blank(image, np.ones((12, 16), bool))
    assert not image.any()


def test_a_part_of_every_stratum_is_looked_at(make, monkeypatch):
    labels = np.arange(200) % 2
    lesions = np.where(labels == 0, "none", np.where(np.arange(200) < 100, "a", "b"))
    dataset = make.dataset(make.clouds(200, (16, 20)), labels, lesion=lesions)
    chosen = choose(dataset, 5)
    assert len(sample(dataset, chosen).ids) == 200
    monkeypatch.setattr(blanking, "limit", lambda _: 50)
    few = sample(dataset, chosen)
    counts = [(few.lesions == lesion).sum() for lesion in ("none", "a", "b")]
    assert counts == pytest.approx([25, 12, 12], abs=1)
    assert (np.diff(few.places) > 0).all()
    values = blanked(
        make.dataset(
            dataset.arrays["image"],
            labels,
            lesion=lesions,
            mask=np.zeros((200, 16, 20), bool),
        ),
        few,
        levels_of(dataset, few.ids),
    )
    assert len(values) == len(few.ids)
