import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import binom
from threadpoolctl import threadpool_limits

from simbench.audit import audit, sampling
from simbench.budget import CHECKS
from simbench.generation import generate

COUNT = 500


@pytest.fixture(scope="module")
def clouds(make):
    return make.clouds(COUNT, (24, 32))


@pytest.fixture(scope="module")
def labels(make):
    return make.shuffled(COUNT)


def told(make, images, labels, name, **columns):
    """Return the AUROC's lower bound of one check, and those of all others."""
    result = audit(make.dataset(images, labels, **columns))
    json.dumps(result, allow_nan=False)
    lows = {row["name"]: row["low"] for row in result["checks"] if row["low"]}
    return lows.pop(name), lows


# What each check must find


def test_a_shift_of_the_mean_is_found(make, clouds, labels):
    images = np.clip(clouds + 25 * labels[:, None, None], 0, 255).astype(np.uint8)
    low, others = told(make, images, labels, "histogram")
    assert low > 0.6
    assert others["bins"] > 0.6
    assert others["boosted"] > 0.6
    assert others["order"] < 0.5


def test_a_change_of_the_variance_is_found(make, clouds, labels):
    mean = clouds.mean(axis=(1, 2), keepdims=True)
    scale = np.where(labels, 1.25, 1.0)[:, None, None]
    images = np.clip(mean + scale * (clouds - mean), 0, 255).astype(np.uint8)
    low, _ = told(make, images, labels, "histogram")
    assert low > 0.6


def test_a_naive_blend_of_textures_is_found(make, clouds, labels):
    """Averaging two textures lowers the variance; the bins see it."""
    other = make.clouds(COUNT, (24, 32), seed=5)
    mean = clouds.mean(axis=(1, 2), keepdims=True)
    second = mean + other - other.mean(axis=(1, 2), keepdims=True)
    blend = np.clip((clouds + second) / 2, 0, 255).astype(np.uint8)
    images = np.where(labels[:, None, None] == 1, blend, clouds)
    low, others = told(make, images, labels, "bins")
    assert low > 0.6
    assert others["spectrum"] > 0.6


def test_a_texture_of_the_same_marginal_is_found_by_its_spectrum(make, labels):
    """Gray values are dealt by rank, so no histogram can tell."""
    random = np.random.default_rng(0)
    values = np.sort(make.clouds(COUNT, (24, 32)).reshape(COUNT, -1), axis=1)
    fields = ndimage.gaussian_filter(
        random.normal(size=(COUNT, 24, 32)), 1.0, axes=(1, 2)
    )
    coarse = ndimage.gaussian_filter(
        random.normal(size=(COUNT, 24, 32)), 1.4, axes=(1, 2)
    )
    fields[labels == 1] = coarse[labels == 1]
    ranks = fields.reshape(COUNT, -1).argsort(axis=1).argsort(axis=1)
    images = np.take_along_axis(values, ranks, axis=1).reshape(fields.shape)
    low, others = told(make, images, labels, "spectrum")
    assert low > 0.9
    assert others["size"] > 0.55
    for name in ("histogram", "bins", "order"):
        assert others[name] < 0.55


def test_a_mark_on_the_border_is_found(make, clouds, labels):
    images = clouds.copy()
    images[labels == 1, 2, 5:9] = 255
    low, others = told(make, images, labels, "border")
    assert low > 0.9
    assert others["order"] < 0.55


def test_a_tissue_of_another_brightness_is_found(make, clouds, labels):
    """In small parts, made up for elsewhere: the whole image's mean is the same."""
    tissue = np.zeros((COUNT, 24, 32), np.uint8)
    tissue[:, 8:12, 8:16] = 1
    tissue[:, 14:18, 18:26] = 2
    step = np.where(labels == 1, 12, 0)[:, None, None]
    images = clouds + step * (tissue == 1) - step * (tissue == 2)
    images = np.clip(images, 0, 255).astype(np.uint8)
    low, others = told(make, images, labels, "tissues", tissue=tissue)
    assert low > 0.6
    assert others["histogram"] < 0.55


def test_a_lesion_of_fixed_place_is_found_by_the_thumbnail(make, clouds, labels):
    images = clouds.astype(np.int64)
    images[labels == 1, 12:15, 16:20] += 25
    images[labels == 1, 0:3, 0:4] -= 25
    images = np.clip(images, 0, 255).astype(np.uint8)
    low, others = told(make, images, labels, "thumbnail")
    assert low > 0.9
    assert others["histogram"] < 0.55


def test_a_size_that_tells_the_class_is_found(make, clouds, labels):
    """The lowest bit of one class is always 0, as after another conversion."""
    images = np.where(labels[:, None, None] == 1, clouds & 0xFE, clouds)
    low, others = told(make, images, labels, "size")
    assert low > 0.9
    assert others["thumbnail"] < 0.55


@pytest.mark.parametrize("sort", ["sorted", "in turn", "by split"])
def test_an_order_that_tells_the_class_is_found(make, clouds, sort):
    turns = np.arange(COUNT)
    labels = {
        "sorted": turns >= COUNT // 2,
        "in turn": turns % 2,
        "by split": (turns >= 200) & (turns < 400) | (turns >= 450),
    }[sort].astype(int)
    low, others = told(make, clouds, labels, "order")
    assert low > 0.8
    assert others["histogram"] < 0.55


def test_what_only_trees_find_is_found(make, clouds, labels):
    """Of either sign, so that no line tells it."""
    sign = np.random.default_rng(3).choice([-1, 1], COUNT)
    step = np.where(labels == 1, 45 * sign, 0)[:, None, None]
    images = np.clip(clouds.astype(np.int64) + step, 0, 255).astype(np.uint8)
    low, others = told(make, images, labels, "boosted")
    assert low > 0.6
    assert others["histogram"] < 0.6


@pytest.mark.parametrize("seam", [False, True])
def test_a_seam_around_the_lesion_is_found_when_it_is_blanked(make, clouds, seam):
    random = np.random.default_rng(0)
    labels, images = make.shuffled(COUNT), clouds.copy()
    masks = np.zeros(images.shape, bool)
    for image, mask, label in zip(images, masks, labels, strict=True):
        y, x = random.integers(4, (16, 24))
        if label:
            mask[y : y + 4, x : x + 4] = True
            image[mask] = 255
            if seam:
                image[y + 10 if y < 10 else y - 5, x : x + 4] = 0
    lesions = np.where(labels == 1, "a", "none")
    low, others = told(make, images, labels, "blanked", mask=masks, lesion=lesions)
    assert others["histogram"] > 0.9
    assert low > 0.6 if seam else low < 0.5


# What no check may find


def test_the_null_recipe_audits_at_one_half(tiny_with):
    """No lesion is drawn, or none to speak of: excursions are as rare as they say."""
    splits = {"train": 200, "validation": 40, "test": 80}
    bare = [{"name": "normal"}, {"name": "abnormal"}]
    faint = {"lesions.focal.amplitude": [1e-6, 1e-6], "classes": [
        {"name": "normal"}, {"name": "abnormal", "lesions": {"focal": 1}}]}  # fmt: skip
    rows = []
    for seed, changes in enumerate(({"classes": bare}, faint, faint, faint)):
        recipe = tiny_with(changes | {"splits": splits, "seed": seed})
        rows += generate(recipe).audit["checks"]
    tested = [row for row in rows if row["auroc"] is not None]
    assert len(tested) == 4 * 9 + 3  # lesions can be blanked only where there are some
    assert {row["name"] for row in tested} == set(CHECKS) - {"outside"}
    missed = [row for row in tested if not row["low"] <= 0.5 <= row["high"]]
    assert len(missed) <= binom.ppf(0.999, len(tested), 0.05)
    assert all(abs(row["auroc"] - 0.5) < 0.12 for row in tested)
    assert all(row["difference"] == 0 for row in rows if "difference" in row)


# What an audit is


def test_the_result_names_what_it_measured_and_is_json(tiny):
    result = generate(tiny).audit
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["images"], result["audited"], result["folds"]) == (44, 44, 5)
    assert result["budget"] == 1.0
    assert result["within_budget"] is True
    linear = [name for name in CHECKS if name not in ("blanked", "outside")]
    assert [(row["name"], row["lesion"]) for row in result["checks"]] == [
        *((name, x) for name in linear for x in ("all", "focal", "texture_swap")),
        ("blanked", "all"),
        ("outside", "all"),
    ]
    assert sum(row["images"] for row in result["counts"]) == 44


def test_a_dataset_without_recipe_or_masks_is_audited_as_far_as_it_goes(make):
    images = make.clouds(60)
    result = audit(make.dataset(images, np.arange(60) % 2))
    notes = {row["name"]: row.get("note") for row in result["checks"]}
    assert notes["tissues"] == "no tissues"
    assert notes["blanked"] == "no masks"
    assert notes["outside"] == "no recipe"
    assert notes["boosted"] == "too few images"
    assert notes["histogram"] is None
    assert (result["budget"], result["intended"]) == (0.6, [])
    masks = np.zeros(images.shape, bool)
    whole = make.dataset(images, np.arange(60) % 2, mask=masks)
    assert make.row(audit(whole), "blanked")["note"] == "no lesions"
    single = audit(make.dataset(images, np.zeros(60, int)))
    assert {row.get("note") for row in single["checks"][:9]} == {"one class"}
    assert single["within_budget"]


@pytest.mark.parametrize(
    ("channels", "dtype"), [(3, np.uint8), (1, np.uint16), (3, np.uint16)]
)
def test_colors_and_deep_images_are_audited(make, labels, channels, dtype):
    images = make.clouds(COUNT, (16, 20), channels=channels, dtype=dtype)
    shift = np.iinfo(dtype).max // 8
    channel = images[..., 2] if channels == 3 else images
    channel[labels == 1] = np.minimum(channel[labels == 1], 5 * shift) + shift
    result = audit(make.dataset(images, labels))
    for name in ("histogram", "bins", "boosted"):
        assert make.row(result, name)["verdict"] == "leaks"
    assert not result["within_budget"]


def test_each_of_several_classes_is_told_from_the_others(make):
    labels = make.shuffled(450, 3)
    images = make.clouds(450, (16, 20))
    images[labels == 2] = np.minimum(images[labels == 2], 200) + 50
    row = make.row(audit(make.dataset(images, labels)), "histogram")
    assert (row["label"], row["classes"]) == (2, 3)
    assert row["auroc"] > 0.8
    assert row["macro"] < row["auroc"]


def test_many_images_are_sampled(make, monkeypatch):
    monkeypatch.setattr(sampling, "LIMIT", 80)
    monkeypatch.setattr(sampling, "LEAST", 1)
    result = audit(make.dataset(make.clouds(200), make.shuffled(200)))
    assert (result["images"], result["audited"]) == (200, 80)
    row = make.row(result, "size")
    assert (row["normal"], row["abnormal"]) == (40, 40)
    assert sum(row["images"] for row in result["counts"]) == 200


def test_threads_and_what_ran_before_do_not_matter(make, clouds, labels):
    dataset = make.dataset(clouds, labels)
    found = []
    for threads in (2, 1):
        with threadpool_limits(threads):
            found.append(audit(dataset))
    assert json.dumps(found[0]) == json.dumps(found[1])


def test_trees_leave_out_what_is_intended(tiny_with):
    changes = {
        "splits": {"train": 220, "validation": 20, "test": 40},
        "texture.contrast": [0.2, 0.2],
        "lesions.texture_swap.shape": {"radius": [0.3, 0.4], "inside": 0.3},
        "classes": [{"name": "a"}, {"name": "b", "lesions": {"texture_swap": 1}}],
    }
    dataset = generate(tiny_with(changes))

    def boosted(*intended):
        recipe = tiny_with(changes | {"audit.intended": list(intended)})
        result = audit(replace(dataset, recipe=recipe))
        assert result["intended"] == list(intended)
        return next(row for row in result["checks"] if row["name"] == "boosted")

    assert boosted()["auroc"] > 0.75
    assert boosted("spectrum")["auroc"] < 0.65
    row = boosted("bins", "spectrum", "thumbnail")
    assert row["note"] == "all that it sees is intended"
