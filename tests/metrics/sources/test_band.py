import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrics.counting.truth import Truth
from metrics.sources.band import leave_out_band

MASKS = arrays(bool, (1, 6, 9))


def near(mask, width):
    """Find the pixels within a width of the border, pair by pair."""
    found = np.zeros(mask.shape, bool)
    places = list(itertools.product(*map(range, mask.shape)))
    for one in places:
        for other in places:
            if mask[one] != mask[other]:
                apart = sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
                found[one] |= apart <= width**2
    return found


@given(MASKS, st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0]))
def test_pixels_within_the_width_do_not_count(masks, width):
    truth = leave_out_band(Truth(masks), width)
    band = near(masks[0], width)
    whole = Truth(masks)
    for number in range(1, whole.lesions.max() + 1):
        inside = whole.lesions[0] == number
        if (band | ~inside).all():  # nothing would be left of it
            band[inside] = False
    np.testing.assert_array_equal(truth.ignored[0], band)


@given(MASKS, st.floats(0, 4))
def test_no_lesion_vanishes(masks, width):
    truth = leave_out_band(Truth(masks), width)
    before, after = Truth(masks).lesions, truth.marked
    for number in range(1, before.max() + 1):
        assert after[before == number].any()


def test_volumes_have_a_border_all_round():
    mask = np.zeros((1, 7, 8, 9), bool)
    mask[0, 2:5, 2:6, 2:7] = True
    truth = leave_out_band(Truth(mask), 1.0)
    np.testing.assert_array_equal(truth.ignored[0], near(mask[0], 1.0))
    assert truth.marked.sum() == 1 * 2 * 3


def test_the_edge_of_the_image_is_no_border():
    mask = np.zeros((1, 6, 9), bool)
    mask[0, :, :5] = True
    truth = leave_out_band(Truth(mask), 1.0)
    assert truth.ignored[0, 0].tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("value", [False, True])
def test_empty_and_full_masks_have_no_band(value):
    mask = np.full((1, 5, 7), value)
    assert not leave_out_band(Truth(mask), 2.0).ignored.any()


def test_no_width_changes_nothing():
    truth = Truth(np.eye(4, 6, dtype=bool)[None])
    assert leave_out_band(truth, 0.0) is truth


def test_lesions_that_are_told_apart_are_kept_each():
    """Two numbers in one part of the mask: the thin one is kept whole."""
    mask = np.zeros((1, 9, 12), bool)
    numbered = np.zeros((1, 9, 12), np.int32)
    mask[0, 1:8, 1:7] = True
    numbered[0, 1:8, 1:7] = 1
    mask[0, 4, 7:10] = True
    numbered[0, 4, 7:10] = 2
    truth = leave_out_band(Truth(mask, numbered=numbered), 1.0)
    assert truth.marked[0, 4, 7:10].all()
    assert not truth.marked[0, 1].any()


def test_what_was_ignored_stays_ignored():
    mask = np.zeros((1, 6, 9), bool)
    mask[0, 2, 2] = True
    ignored = np.zeros((1, 6, 9), bool)
    ignored[0, 5, 8] = True
    soft = mask * 0.75
    before = Truth(mask, soft, ignored, spacing=(2.0, 3.0))
    truth = leave_out_band(before, 1.0)
    assert truth.ignored[0, 5, 8]
    assert truth.ignored.sum() == 5
    assert truth.soft is soft
    assert truth.spacing == (2.0, 3.0)
