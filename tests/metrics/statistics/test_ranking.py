import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics.draws import Draws
from metrics.statistics.ranking import agree, order, rank_methods
from metrics.statistics.schemes import rank_by_schemes

small = st.lists(st.integers(0, 4), min_size=2, max_size=6)


@settings(max_examples=100, deadline=None)
@given(small, st.data())
def test_agreement_is_kendall_s_tau_b(first, data):
    size = len(first)
    second = data.draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    found = agree(np.array(first), np.array([second]))[0]
    np.testing.assert_allclose(found, stats.kendalltau(first, second).statistic)


def test_equal_means_share_the_better_rank():
    ranks = order(np.array([[0.3, 0.5, 0.5 + 1e-14, 0.1]]))
    assert ranks.tolist() == [[3, 1, 1, 4]]


def rank(values, seed=0, level=0.95):
    return rank_methods(
        values,
        np.arange(values.shape[1]),
        Draws(values.shape[1], 300, seed, "r"),
        level,
    )


def test_clear_orders_are_sure_and_equals_are_not():
    generator = np.random.default_rng(2)
    shared = generator.normal(size=80)
    values = np.stack(
        [shared + shift + 0.3 * generator.normal(size=80) for shift in (0, 2, 2.001, 4)]
    )
    found = rank(values)
    assert found.low.tolist() == [4, 2, 2, 1]
    assert found.high.tolist() == [4, 3, 3, 1]
    assert (found.low <= found.rank).all()
    assert (found.rank <= found.high).all()
    np.testing.assert_allclose(found.frequency.sum(axis=1), 1)
    np.testing.assert_allclose(found.first.sum(), 1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(4)))
def test_the_order_of_methods_does_not_matter(seed, methods):
    values = np.random.default_rng(seed).random((4, 25))
    one, other = rank(values), rank(values[methods])
    for name in ("mean", "rank", "low", "high", "first"):
        np.testing.assert_array_equal(getattr(one, name)[methods], getattr(other, name))


def test_rank_sets_hold_all_true_ranks_of_equal_methods():
    """All true ranks of equal methods are 1 to m: each set must be all of them."""
    wrong = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(size=(5, 40))
        found = rank(values, seed)
        wrong += bool((found.low > 1).any() or (found.high < 5).any())
    assert wrong <= 20  # 5 % of 200, and three standard errors


def test_images_that_some_method_lacks_are_left_out():
    values = np.random.default_rng(5).random((3, 30))
    values[1, :4] = np.nan
    found = rank(values)
    assert found.count == 26
    np.testing.assert_allclose(found.mean, values[:, 4:].mean(axis=1))
    nothing = rank(np.full((3, 6), np.nan))
    assert nothing.count == 0
    assert np.isnan(nothing.mean).all()


def test_schemes_differ_where_they_should():
    # One method is far better on one image, the other slightly on all the rest.
    values = np.array([[9.0, 0.1, 0.1, 0.1, 0.1], [0.0, 0.2, 0.2, 0.2, 0.2]])
    found = rank_by_schemes(values)
    assert found["mean"].tolist() == [1, 2]
    for name in ("median", "rank_then_mean", "win_rate"):
        assert found[name].tolist() == [2, 1]
    assert rank_by_schemes(np.full((2, 3), np.nan)) == {}
