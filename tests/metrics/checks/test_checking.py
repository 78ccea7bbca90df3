import numpy as np
import pytest

from metrics.checks.checking import check
from metrics.checks.doubt import KINDS
from metrics.sources.source import ArrayMaps, ArrayMasks


def kinds(doubts):
    return [(doubt.entry, doubt.kind) for doubt in doubts]


@pytest.fixture
def make_entries(make_masks, find):
    def make(**changed):
        masks = make_masks(40)
        maps = find(masks)
        found = {name: change(maps) for name, change in changed.items()}
        ids = [f"{index:04d}" for index in range(40)]
        sources = {
            name: ArrayMaps(array, ids, {"method": name, "kind": "external"})
            for name, array in found.items()
        }
        return sources, ArrayMasks(masks, ids)

    return make


def test_every_entry_is_looked_at_and_the_place_doubted_once(make_entries):
    sources, masks = make_entries(
        sound=lambda m: m,
        negated=np.negative,
        mirrored=lambda m: m[:, :, ::-1],
        binary=lambda m: (m[:, ::-1] > 1).astype(np.float32),
        constant=lambda m: m * 0,
    )
    assert kinds(check(sources, masks)) == [
        ("negated", "polarity"),
        ("mirrored", "orientation"),
        ("binary", "orientation"),
        ("binary", "levels"),
    ]
    assert all(doubt.kind in KINDS for doubt in check(sources, masks))


def test_baselines_and_ceilings_are_not_doubted(make_masks, as_sources):
    masks = make_masks(20)
    for kind in ("baseline", "ceiling"):
        source, truth = as_sources(-masks.astype(np.float32), masks, kind)
        assert check({"mine": source}, truth) == ()
    source, truth = as_sources(-masks.astype(np.float32), masks)
    assert kinds(check({"mine": source}, truth))[0] == ("mine", "polarity")


def test_the_same_doubts_in_any_order_of_images_and_entries(make_entries):
    sources, masks = make_entries(mirrored=lambda m: m[:, :, ::-1], negated=np.negative)
    found = check(sources, masks)
    order = np.random.default_rng(0).permutation(40)
    ids = [masks.ids[place] for place in order]
    shuffled = {
        name: ArrayMaps(source.array[order], ids, source.names)
        for name, source in reversed(sources.items())
    }
    again = check(shuffled, ArrayMasks(masks.array[order], ids))
    assert again == found[::-1]


def test_maps_of_some_images_are_enough(make_entries):
    sources, masks = make_entries(negated=np.negative)
    source = sources["negated"]
    some = ArrayMaps(source.array[10:30], source.ids[10:30], source.names)
    doubt = check({"negated": some}, masks)[0]
    assert doubt.numbers["images"] == 20
    assert check({"negated": source}, masks, images=16)[0].numbers["images"] == 16


def test_nothing_finite_and_no_lesion_raise_no_doubt(make_entries):
    sources, masks = make_entries(lost=lambda m: m * np.nan, negated=np.negative)
    assert kinds(check(sources, masks)) == [("negated", "polarity")]
    healthy = ArrayMasks(np.zeros_like(masks.array), masks.ids)
    assert check(sources, healthy) == ()


def test_maps_are_left_as_they_were(make_entries):
    sources, masks = make_entries(negated=np.negative)
    before = sources["negated"].array.copy()
    check(sources, masks)
    np.testing.assert_array_equal(sources["negated"].array, before)


def test_images_must_be_asked_for(make_entries):
    sources, masks = make_entries(sound=lambda m: m)
    with pytest.raises(ValueError, match=r"^images must be at least 1, got 0$"):
        check(sources, masks, images=0)
