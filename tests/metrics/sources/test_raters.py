import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrics.counting.truth import Truth
from metrics.sources.raters import combine

VOTES = st.integers(2, 5).flatmap(lambda k: arrays(bool, (k, 2, 3, 4)))


@given(VOTES)
def test_every_rule_against_a_count(votes):
    raters = [Truth(vote) for vote in votes]
    made = {
        rule: combine(raters, rule)
        for rule in ("mean", "majority", "any", "all", "agreement")
    }
    for place in np.ndindex(votes.shape[1:]):
        count = sum(int(vote[place]) for vote in votes)
        whole = len(votes)
        assert made["mean"].soft[place] == pytest.approx(count / whole)
        assert made["mean"].lesion[place] == (count / whole >= 0.5)
        assert made["majority"].lesion[place] == (count > whole / 2)
        assert made["any"].lesion[place] == (count >= 1)
        assert made["all"].lesion[place] == (count == whole)
        assert made["agreement"].lesion[place] == (count == whole)
        assert made["agreement"].ignored[place] == (0 < count < whole)


@given(VOTES)
def test_the_order_of_raters_does_not_matter(votes):
    for rule in ("mean", "majority", "any", "all", "agreement"):
        one = combine([Truth(vote) for vote in votes], rule)
        other = combine([Truth(vote) for vote in votes[::-1]], rule)
        np.testing.assert_array_equal(one.lesion, other.lesion)


def test_a_tie_is_no_majority_but_half_a_share():
    raters = [Truth(np.ones((1, 2, 3), bool)), Truth(np.zeros((1, 2, 3), bool))]
    assert not combine(raters, "majority").lesion.any()
    mean = combine(raters, "mean")
    assert mean.lesion.all()
    assert (mean.soft == 0.5).all()


def test_shares_are_averaged():
    shares = [np.full((1, 2, 3), value) for value in (0.2, 0.9)]
    raters = [Truth(share >= 0.5, share) for share in shares]
    np.testing.assert_allclose(combine(raters, "mean").soft, 0.55)


def test_what_one_ignores_does_not_count_and_numbers_are_lost():
    mask = np.eye(3, 4, dtype=bool)[None]
    ignored = ~mask
    raters = [
        Truth(mask, numbered=mask.astype(np.int32), spacing=(2.0, 3.0)),
        Truth(mask, ignored=ignored, spacing=(2.0, 3.0)),
    ]
    for rule in ("mean", "majority", "any", "all", "agreement"):
        made = combine(raters, rule)
        np.testing.assert_array_equal(made.ignored, ignored)
        assert made.numbered is None
        assert made.spacing == (2.0, 3.0)


def test_sizes_that_differ(message):
    raters = [Truth(np.zeros((1, *size), bool)) for size in ((3, 4), (4, 3))]
    assert message(lambda: combine(raters, "any")) == (
        "masks of all raters must have one shape and spacing, got (3, 4) (1.0, 1.0) "
        "and (4, 3) (1.0, 1.0)"
    )
