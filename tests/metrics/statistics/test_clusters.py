import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.bootstrap import resample, resample_means
from metrics.statistics.clusters import gather
from metrics.statistics.draws import BOOTSTRAPS, Draws
from metrics.statistics.intervals import average
from metrics.statistics.rows import Rows


def draw(seed, images=23, columns=5, subjects=8, gaps=True):
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(images, columns)) * 10.0 ** generator.integers(
        -3, 3
    )
    if gaps:
        values[generator.random(values.shape) < 0.2] = np.nan
    return values, generator.integers(0, subjects, images)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_means_and_errors_are_those_of_single_columns(seed, gaps):
    values, groups = draw(seed, gaps=gaps)
    found = gather(values, groups, 9)
    for column, row in enumerate(values.T):
        known = np.isfinite(row)
        alone = average(row[known], groups[known])
        np.testing.assert_allclose(found.means[column], alone.estimate, rtol=1e-9)
        np.testing.assert_allclose(found.errors[column], alone.error, rtol=1e-7)
        assert found.totals[column] == alone.count
        assert found.clusters[column] == alone.clusters


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(seed, shuffler):
    values, groups = draw(seed)
    order = list(range(len(values)))
    shuffler.shuffle(order)
    for kind in BOOTSTRAPS:
        draws = Draws(9, 30, seed, "x", kind)
        one, other = (
            resample_means(v, g, draws)
            for v, g in ((values, groups), (values[order], groups[order]))
        )
        np.testing.assert_array_equal(one, other)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 6),
    st.sampled_from([1, 3 * 8 * 5, 7 * 8 * 5, 2**20]),
    st.booleans(),
    st.booleans(),
)
def test_neither_blocks_of_rows_nor_the_disk_change_a_bit(
    tmp_path_factory, seed, columns, held, gaps, on_disk
):
    values, groups = draw(seed, images=31, columns=columns, gaps=gaps)
    draws = Draws(9, 20, seed, "x")
    whole = gather(values, groups, 9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metrics.statistics.rows.BYTES", held)
        patch.setattr("metrics.storage.allocation.SMALL", 1)
        spill = tmp_path_factory.mktemp("spill") if on_disk else None
        made = Rows(values.shape, lambda rows: values[rows])
        parts = gather(made, groups, 9, spill)
        same = Draws(9, 20, seed, "x", spill=spill)
        assert isinstance(parts.sums, np.memmap) == on_disk
        for name in ("sums", "counts", "totals", "clusters", "means", "errors"):
            np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
        resampled = resample(parts, same, 7)
        pairs = np.arange(columns), np.arange(columns)[::-1]
        less = parts.subtract(*pairs, spill)
        np.testing.assert_array_equal(
            less.sums, whole.sums[:, pairs[0]] - whole.sums[:, pairs[1]]
        )
    np.testing.assert_array_equal(resampled, resample(whole, draws))


def test_neither_the_blocks_nor_the_other_columns_change_a_bit():
    values, groups = draw(4, columns=150)
    for kind in BOOTSTRAPS:
        draws = Draws(9, 30, 1, "x", kind)
        whole = resample_means(values, groups, draws)
        gathered = gather(values, groups, 9)
        np.testing.assert_array_equal(resample(gathered, draws, 7), whole)
        part = resample_means(values[:, 70:73], groups, draws)
        np.testing.assert_array_equal(part, whole[:, 70:73])


def test_random_signs_spread_as_far_as_the_cluster_robust_error():
    values, groups = draw(2, images=200, subjects=40)
    gathered = gather(values, groups, 40)
    drawn = resample(gathered, Draws(40, 20000, 0, "x", "multiplier"))
    np.testing.assert_allclose(drawn.std(axis=0), gathered.errors, rtol=0.03)
    np.testing.assert_allclose(
        drawn.mean(axis=0), gathered.means, atol=4 * gathered.errors.max() / 141
    )
