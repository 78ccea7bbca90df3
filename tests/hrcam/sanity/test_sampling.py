import numpy as np
import pytest

from hrcam.pipeline.sanity.sampling import permuted, sampled


def test_only_ill_images_of_the_split_and_some_to_learn_from_are_kept(tiny):
    before = tiny.index.copy()
    some = sampled(tiny, 5, 6, 0)
    table = some.index.set_index("image_id")
    assert len(some.ids("test")) == 5
    assert (table.loc[some.ids("test"), "label"] == 1).all()
    assert set(some.ids("test")) <= set(tiny.ids("test"))
    assert sorted(table.loc[some.ids("train"), "label"]) == [0, 0, 0, 1, 1, 1]
    assert some.ids("validation") == tiny.ids("validation")
    assert before.equals(tiny.index)
    one = some.ids("test")[2]
    np.testing.assert_array_equal(some.read("image", [one]), tiny.read("image", [one]))


def test_zero_keeps_all(tiny):
    some = sampled(tiny, 0, 0, 0)
    assert some.ids("train") == tiny.ids("train")
    assert len(some.ids("test")) == 8


def test_the_seed_alone_decides(tiny):
    first, again, other = (sampled(tiny, 4, 4, seed).ids("test") for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_all_classes_are_looked_at_where_there_are_more_than_two(tiny):
    from dataclasses import replace

    index = tiny.index.assign(label=np.arange(40) % 3)
    three = replace(tiny, index=index, classes=("a", "b", "c"))
    some = sampled(three, 9, 0, 0)
    labels = some.index.set_index("image_id").loc[some.ids("test"), "label"]
    assert labels.value_counts().min() >= 2


def test_a_split_without_two_ill_images_is_refused(tiny):
    from dataclasses import replace

    healthy = replace(tiny, index=tiny.index.assign(label=0))
    with pytest.raises(ValueError, match="must have two images of the explained class"):
        sampled(healthy, 4, 0, 0)


def test_permuted_labels_keep_their_numbers_and_the_test_split(tiny):
    mixed = permuted(tiny, 0)
    for split in ("train", "validation", "test"):
        rows = (tiny.index["split"] == split).to_numpy()
        one, other = (d.index["label"].to_numpy()[rows] for d in (tiny, mixed))
        assert sorted(one) == sorted(other)
        assert (one == other).all() == (split == "test")
    assert (mixed.index["image_id"] == tiny.index["image_id"]).all()
    assert (permuted(tiny, 1).index["label"] != mixed.index["label"]).any()
