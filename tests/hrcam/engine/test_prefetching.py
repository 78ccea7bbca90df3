"""One item is made ahead, in order, and no more than one."""

import threading

import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")

from hrcam.engine.prefetching import ahead

pytestmark = pytest.mark.engine


def test_the_next_item_is_made_while_the_last_is_used():
    made, asked = [], threading.Semaphore(0)

    def items():
        for n in range(5):
            made.append(n)
            asked.release()
            yield n

    found = ahead(items())
    for n in range(4):
        assert next(found) == n
        for _ in range(2 if n == 0 else 1):
            assert asked.acquire(timeout=10)  # the one ahead, without asking for it
        assert made == list(range(n + 2))
    assert list(found) == [4]


def test_what_an_item_raises_is_raised_in_its_place():
    def items():
        yield 1
        msg = "no second"
        raise ValueError(msg)

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="no second"):
        next(found)


def test_nothing_is_left_running_when_it_is_not_used_to_the_end():
    before = threading.active_count()
    found = ahead(range(100))
    assert next(found) == 0
    found.close()
    assert threading.active_count() == before
    assert list(ahead([])) == []
