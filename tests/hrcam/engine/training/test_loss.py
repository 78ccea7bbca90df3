"""Two classes need no loss of their own: binary and softmax cross-entropy are one."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.engine
LOGITS = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=1)


@settings(deadline=None, max_examples=30)
@given(LOGITS, st.integers(0, 2**16 - 1))
def test_softmax_cross_entropy_is_the_binary_one_of_the_difference(logits, seed):
    """-log softmax(z)_y = log(1 + exp(-(z_y - z_other))), the paper's loss."""
    rows = np.array(logits, np.float64)
    labels = np.random.default_rng(seed).integers(0, 2, len(rows))
    both = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    one = keras.losses.BinaryCrossentropy(from_logits=True)
    expected = float(one(labels[:, None], rows[:, 1:] - rows[:, :1]))
    assert float(both(labels, rows)) == pytest.approx(expected, rel=1e-4, abs=1e-6)
    signs = np.where(labels == 1, 1.0, -1.0) * (rows[:, 1] - rows[:, 0])
    assert expected == pytest.approx(np.logaddexp(0, -signs).mean(), rel=1e-4, abs=1e-6)
