from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.checks.ranks import CELLS
from metrics.checks.sample import batches, draw, spread
from metrics.counting.truth import Truth
from metrics.sources.source import ArrayMasks


@dataclass
class Counting:
    """Masks made as they are read; every ``every``-th has a lesion."""

    count: int
    every: int
    read_ids: list[str] = field(default_factory=list)

    @property
    def ids(self):
        return [f"{index:06d}" for index in range(self.count)]

    def read(self, ids):
        self.read_ids += ids
        masks = np.zeros((len(ids), 5, 7), bool)
        masks[:, 1:3, 2:4] = np.array(
            [self.every and int(key) % self.every == 0 for key in ids], bool
        ).reshape(-1, 1, 1)
        return masks


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500))
def test_spread_is_a_permutation_and_every_beginning_of_it_is_even(count):
    order = spread(count)
    assert sorted(order.tolist()) == list(range(count))
    for few in range(1, count + 1):
        gaps = np.diff(np.sort(order[:few]))
        # The golden ratio leaves gaps of at most three lengths, none far from even.
        assert few == 1 or gaps.max() <= 3 * count / few + 2


@pytest.mark.parametrize("period", [2, 3, 4, 8, 10])
def test_classes_that_alternate_are_all_met(period):
    first = spread(1000)[:64] % period
    assert np.bincount(first, minlength=period).min() >= 64 // period - 3


def test_images_with_a_lesion_are_chosen_evenly_whatever_the_order_of_ids():
    masks = Counting(4000, every=2)
    sample = draw(masks, masks.ids)
    assert len(sample.ids) == 64
    assert list(sample.ids) == sorted(sample.ids)
    assert all(int(key) % 2 == 0 for key in sample.ids)
    quarters = np.bincount([int(key) // 1000 for key in sample.ids])
    assert quarters.min() >= 14
    again = draw(Counting(4000, every=2), masks.ids[::-1])
    assert again.ids == sample.ids
    assert len(masks.read_ids) <= 4 * 64


def test_the_search_for_lesions_ends():
    masks = Counting(5000, every=0)
    assert draw(masks, masks.ids) is None
    # The first of each batch is read twice, to know its size.
    assert len(set(masks.read_ids)) == 16 * 64
    assert len(masks.read_ids) < 17 * 64


def test_nothing_comes_of_nothing():
    masks = Counting(0, every=1)
    assert draw(masks, ()) is None
    assert masks.read_ids == []


def test_images_without_lesion_or_without_healthy_pixels_are_left_out():
    masks = np.zeros((4, 5, 7), bool)
    masks[1] = True
    masks[2, 1, 1] = True
    sample = draw(ArrayMasks(masks, list("abcd")), list("abcd"))
    assert sample.ids == ("c",)


def test_ignored_pixels_neither_count_nor_make_a_lesion():
    lesion = np.zeros((3, 5, 7), bool)
    lesion[:, 1, 1:3] = True
    ignored = np.zeros_like(lesion)
    ignored[0, 1, :2] = True
    ignored[1, 1, 1:3] = True

    class Masks:
        ids = ("a", "b", "c")

        def read(self, ids):
            rows = [self.ids.index(key) for key in ids]
            return Truth(lesion[rows], ignored=ignored[rows])

    sample = draw(Masks(), Masks.ids)
    assert sample.ids == ("a", "c")
    assert sample.lesion.sum(axis=(1, 2)).tolist() == [1, 2]
    assert sample.counted.sum(axis=(1, 2)).tolist() == [33, 35]
    assert sample.healthy.tolist() == [1 - 1 / 33, 1 - 2 / 35]


def test_large_images_are_looked_at_in_blocks():
    masks = np.zeros((3, 224, 301), bool)
    masks[:, 11:51, 20:64] = True
    sample = draw(ArrayMasks(masks, list("abc")), list("abc"))
    assert sample.block == (2, 2)
    assert sample.cells == (112, 150)
    assert sample.size == (224, 301)
    assert np.prod(sample.cells) <= CELLS
    assert sample.lesion.sum(axis=(1, 2)).tolist() == [40 * 44 / 4] * 3
    places = [slice(0, 15), slice(15, 30)]
    assert list(batches(sample)) == places[:1]


def test_scatter_is_the_spread_of_the_centers():
    masks = np.zeros((2, 8, 20), bool)
    masks[0, 1:3, 2:5] = masks[1, 3:5, 12:15] = True
    sample = draw(ArrayMasks(masks, list("ab")), list("ab"))
    np.testing.assert_allclose(sample.scatter, [1 / 8, 5 / 20], rtol=1e-6)
