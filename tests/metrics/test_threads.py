"""Scoring leaves the threads of matrix products as they were."""

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

import metrics
from metrics.threads import one_thread


def threads():
    return {x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas"}


@one_thread()
def inside():
    return threads()


def test_products_have_one_thread_inside_and_as_many_as_before_behind():
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        assert inside() == inside() == {1}
        assert threads() == before


def test_scoring_has_one_thread():
    seen = []

    class Maps:
        ids = ("000000", "000001", "000002")

        @property
        def names(self):
            return {"method": "mine"}

        def read(self, ids):
            seen.append(threads())
            return np.random.default_rng(0).random((len(ids), 6, 7))

    masks = np.zeros((3, 6, 7), bool)
    masks[:, 2:4, 3:5] = True
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        metrics.score({"mine": Maps()}, masks)
        assert threads() == before
    assert seen
    assert all(found == {1} for found in seen)
