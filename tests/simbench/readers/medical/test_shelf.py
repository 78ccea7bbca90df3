from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.readers.medical.shelf import Shelf


@given(st.lists(st.integers(0, 6), max_size=40), st.integers(1, 400))
def test_the_latest_are_kept_as_far_as_there_is_room(asked, limit):
    """Compare with a plain list, the oldest first."""
    shelf, plain, made = Shelf(limit), [], []
    for key in asked:
        fresh = key not in plain
        plain = [other for other in plain if other != key] + [key]
        while len(plain) > 1 and sum(10 * (k + 1) for k in plain) > limit:
            plain.pop(0)
        before = len(made)
        array = shelf.take(
            key, lambda key=key: made.append(key) or np.full(10 * (key + 1), key, "u1")
        )
        assert (array == key).all()
        assert not array.flags.writeable
        assert len(made) - before == fresh
        assert len(shelf) == len(plain)
        assert shelf.size == sum(10 * (k + 1) for k in plain)
        assert shelf.size <= limit or len(shelf) == 1


def test_many_threads_make_an_array_once():
    shelf, made = Shelf(1000), []

    def make():
        made.append(1)
        return np.zeros(10)

    with ThreadPoolExecutor(8) as pool:
        arrays = list(pool.map(lambda _: shelf.take("a", make), range(50)))
    assert len(made) == 1
    assert all(array is arrays[0] for array in arrays)


def test_what_cannot_be_made_is_not_kept():
    shelf = Shelf(1000)

    def fail():
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError, match=r"^$"):
            shelf.take("a", fail)
    assert len(shelf) == 0
    assert shelf.take("a", lambda: np.ones(2)).sum() == 2
