"""Words are numbered as NumPy would."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from metrics.analysis.words import number

WORDS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4))


@given(WORDS)
def test_numbers_are_places_in_the_sorted_words(words):
    found = number(words)
    order = sorted(set(words))
    assert found.tolist() == [order.index(word) for word in words]
    assert np.array_equal(number(pd.Series(words, dtype=str)), found)
