import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.counting.truth import Truth
from metrics.sources.truths import alike, join, take


def truth(images, ignored=True, seed=0):
    generator = np.random.default_rng(seed)
    lesion = generator.random((images, 3, 4)) > 0.5
    return Truth(
        lesion,
        generator.random(lesion.shape),
        generator.random(lesion.shape) > 0.5 if ignored else None,
        lesion.astype(np.int32),
        (2.0, 3.0),
    )


@given(st.permutations(range(5)))
def test_rows_come_in_the_order_asked_and_go_together_again(rows):
    whole = truth(5)
    parts = [take(whole, [row]) for row in rows]
    again = join(parts)
    for name in ("lesion", "soft", "ignored", "numbered"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name)[rows])
    assert again.spacing == whole.spacing


def test_what_only_some_ignore():
    joined = join([truth(2), truth(1, ignored=False)])
    np.testing.assert_array_equal(joined.ignored[:2], truth(2).ignored)
    assert not joined.ignored[2].any()
    assert join([truth(1, ignored=False)] * 2).ignored is None


def test_what_may_stand_together():
    one = truth(1)
    plain = Truth(one.lesion, spacing=(2.0, 3.0))
    assert alike(one, truth(4, ignored=False))
    assert not alike(one, plain)
    assert not alike(plain, Truth(one.lesion))
    assert not alike(plain, Truth(np.zeros((1, 4, 3), bool), spacing=(2.0, 3.0)))
