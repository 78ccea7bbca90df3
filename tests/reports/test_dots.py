import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.dots import MOST, tell, thin


@given(st.integers(0, 3 * MOST), st.integers(0, 2**32 - 1))
def test_few_stay_and_many_keep_their_distribution(count, seed):
    values = np.random.default_rng(seed).normal(size=count)
    kept = thin(values)
    if count <= MOST:
        assert kept is values
        return
    assert len(kept) == MOST
    assert set(kept) <= set(values)
    assert (kept[0], kept[-1]) == (values.min(), values.max())
    levels = np.linspace(0, 1, 21)
    ranks = np.searchsorted(np.sort(values), np.quantile(kept, levels)) / count
    assert np.abs(ranks - levels).max() < 2 / MOST


def test_what_is_left_out_is_said():
    assert tell(MOST) == "Dots: all images."
    assert tell(10**6) == (
        "Dots: 4000 of 1000000 images, at evenly spaced ranks, lowest and highest "
        "included."
    )
