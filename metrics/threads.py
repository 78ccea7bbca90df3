"""Small matrix products are fastest on one thread each."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep matrix products to the thread that asks for them, for a while.

    Scoring makes thousands of small ones. Threads of their own would wait for one
    another longer than they work, above all beside other workers; what is done at the
    same time are shards.
    """
    with threadpool_limits(1, user_api="blas"):
        yield
