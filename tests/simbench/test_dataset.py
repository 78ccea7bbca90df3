from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.blocks import layout
from simbench.generation import generate
from simbench.phantoms import draw


@pytest.fixture(scope="module")
def dataset(tiny):
    return generate(tiny)


def test_arrays_and_tables_agree_with_draw(tiny, dataset):
    assert dataset.identity == tiny.identity
    assert dataset.classes == ("normal", "abnormal")
    assert list(dataset.arrays) == list(layout(tiny))
    for i in (0, 13, 43):
        sample, row = draw(tiny, i), dataset.index.iloc[i]
        for name, entry in layout(tiny).items():
            assert dataset.arrays[name].dtype == entry.dtype
            assert (dataset.arrays[name][i] == getattr(sample, name)).all()
        assert row["image_id"] == row["subject"] == f"{i:06d}"
        assert row["area"] == sample.mask.sum()
        assert row["gain"] == sample.factors["gain"]
        assert row["lesions"] == len(sample.lesions)
        own = dataset.lesions[dataset.lesions["image_id"] == f"{i:06d}"]
        assert own["lesion_id"].tolist() == [s["lesion_id"] for s in sample.lesions]
    columns = ["image_id", "split", "label", "class", "subject", "lesion"]
    assert list(dataset.index)[:6] == columns
    assert dataset.confounders.empty


def test_counterfactuals_colors_and_depth_are_stored_when_asked_for(tiny_with):
    recipe = tiny_with(
        {
            "size": [24, 32],
            "counterfactual": True,
            "anatomy": {"kind": "skin"},
            "acquisition.bits": 12,
        }
    )
    dataset = generate(recipe)
    for i in (0, 13, 43):
        image, healthy = (
            dataset.arrays[name][i] for name in ("image", "counterfactual")
        )
        assert image.shape == (24, 32, 3)
        assert image.dtype == np.uint16
        assert 255 < image.max() <= 4095
        assert (image == draw(recipe, i).image).all()
        assert (healthy == draw(recipe, i, lesions="none").image).all()


def test_ids_follow_the_split(dataset):
    assert len(dataset.ids()) == 44
    parts = [dataset.ids(split) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [24, 8, 12]
    assert sorted(name for part in parts for name in part) == dataset.ids()


def test_an_empty_split_is_no_error(tiny_with):
    recipe = tiny_with({"splits": {"train": 4, "validation": 0, "test": 0}})
    assert generate(recipe).ids("validation") == []


def test_read_keeps_the_order_of_ids(dataset):
    images = dataset.read("image", ["000007", "000002", "000007"])
    assert (images == dataset.arrays["image"][[7, 2, 7]]).all()
    masks = dataset.read("mask", dataset.ids("test"))
    assert masks.dtype == bool
    assert masks.shape == (12, 40, 56)
    assert dataset.read("effect", []).shape == (0, 40, 56)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda d: d.read("images", ["000000"]),
            "array must be one of image, mask, distinctive, instances, effect, "
            "confounder, tissue, got 'images'",
        ),
        (
            lambda d: d.read("image", ["000000", "7", "x"]),
            "ids must be in the dataset, got 7, x",
        ),
        (
            lambda d: d.ids("testing"),
            "split must be one of train, validation, test, got 'testing'",
        ),
    ],
)
def test_what_does_not_exist_is_refused(dataset, call, message):
    with pytest.raises(ValueError, match="must be") as error:
        call(dataset)
    assert str(error.value) == message


@given(
    names=st.one_of(
        st.just([f"{i:06d}" for i in range(9)]),
        st.permutations(["000000", "1", "02", "٣", "4.0", "-5", "scan 6", "7" * 30]),
    ),
    data=st.data(),
)
def test_rows_are_found_by_number_or_by_name(dataset, names, data):
    index = pd.DataFrame({"image_id": names})
    found = replace(dataset, index=index)
    asked = data.draw(st.lists(st.sampled_from([*names, "000003"]), max_size=5))
    if set(asked) <= set(names):
        assert [names[row] for row in found.places(asked)] == asked
    else:
        with pytest.raises(ValueError, match="ids must be in the dataset, got 000003"):
            found.places(asked)


def test_progress_counts_images(tiny):
    done = []
    generate(tiny, progress=done.append)
    assert sum(done) == tiny.images


def test_signs_are_balanced_over_every_split(tiny_with):
    recipe = tiny_with({"lesions.focal.count": [1, 1]})
    dataset = generate(recipe)
    focal = dataset.lesions[dataset.lesions["kind"] == "focal"]
    table = focal.merge(dataset.index[["image_id", "split"]], on="image_id")
    signs = table.groupby("split")["amplitude"].agg(lambda a: np.sign(a).sum())
    assert signs.abs().max() <= 1
    assert isinstance(dataset.index["label"].dtype, np.dtype)
    assert pd.api.types.is_string_dtype(dataset.index["lesion"])


def test_a_dataset_says_what_it_is_in_one_line(tiny):
    counts = tiny.splits.sizes()
    told = repr(generate(tiny))
    assert told.startswith(f"Dataset({tiny.name}: {tiny.images} images of ")
    assert all(f"{count} {split}" in told for split, count in counts.items() if count)
    assert told.endswith("normal, abnormal)")
