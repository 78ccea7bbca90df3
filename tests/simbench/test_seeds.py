import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.seeds import reopened, seed
from simbench.streams import stream


@given(st.integers(0, 2**40))
def test_seeds_are_whole_numbers_that_floats_hold(index):
    drawn = seed(stream(0, "lesion", index))
    assert type(drawn) is float
    assert drawn == int(drawn)
    assert 0 <= drawn < 2**53


def test_seeds_use_all_53_bits():
    drawn = np.array([seed(stream(0, "lesion", i)) for i in range(2000)])
    assert len(set(drawn)) == 2000
    bits = (drawn.astype(np.int64)[:, None] >> np.arange(53)) & 1
    assert bits.mean(0) == pytest.approx(0.5, abs=0.06)


@given(st.integers(0, 2**53 - 1))
def test_a_seed_gives_its_numbers_again(value):
    first = reopened(float(value)).uniform(5)
    assert (first == reopened(float(value)).uniform(5)).all()
    assert (first != reopened(float(value ^ 1)).uniform(5)).any()
