import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.division import permute, portions


@given(st.integers(1, 300), st.integers(0, 2**63 - 1))
def test_permute_is_a_bijection(count, seed):
    assert sorted(permute(i, count, seed) for i in range(count)) == list(range(count))


@pytest.mark.parametrize("index", [-1, 5, 6])
def test_permute_refuses_what_is_out_of_range(index):
    with pytest.raises(ValueError, match=rf"^index must be 0 to 4, got {index}$"):
        permute(index, 5, 0)


def test_permute_depends_on_the_seed_and_leaves_no_order():
    order = [permute(i, 1000, 1) for i in range(1000)]
    other = [permute(i, 1000, 2) for i in range(1000)]
    assert sum(a == b for a, b in zip(order, other, strict=True)) < 10
    assert 280 < sum(b > a for a, b in zip(order, order[2:], strict=False)) < 720


@given(
    st.integers(0, 10_000),
    st.lists(st.floats(0.01, 100), min_size=1, max_size=8),
)
def test_portions_sum_up_and_are_within_one_of_their_share(size, weights):
    counts = portions(size, weights)
    assert sum(counts) == size
    for count, weight in zip(counts, weights, strict=True):
        assert abs(count - size * weight / sum(weights)) < 1 + 1e-9
