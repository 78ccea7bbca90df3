"""The one place where workers are hired: threads, processes, or a cluster.

Stages take a ``concurrent.futures.Executor`` and map a function over shards with it;
they know nothing of what stands behind. A shard is a pure function of its inputs that
writes its file whole or not at all, so that it may be done twice.
"""

import reprlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from hrcam.pipeline.workers import LostWorkerError, Pool, Workers

__all__ = ["Crew", "Hands", "LostWorkerError", "Pool", "hire"]

#: Shards given out at a time, for each worker: one at work and one waiting.
WINDOW = 2
#: Workers that a shard may take with it before it is given up.
TRIES = 3

Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass
class _Shard:
    """A shard that was given out; without a future it waits to be given out alone."""

    given: tuple[Any, ...]
    future: Future[Any] | None
    losses: int = 0


class Crew(Executor):
    """Workers to whom shards are given a few at a time; results come in order.

    A shard whose worker ended by itself is given out again, alone, so that the shard
    which ends its workers is found.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def submit(
        self,
        fn: Callable[Given, Result],
        /,
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Future[Result]:
        """Give out one call."""
        if kwargs:
            msg = f"calls must have no keywords, got {', '.join(kwargs)}; use partial"
            raise ValueError(msg)
        return self._workers.submit(fn, *args)

    def map(
        self,
        fn: Callable[..., Result],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[Result]:
        """Apply a function to shards; at most ``WINDOW`` a worker are on the way.

        Raises
        ------
        LostWorkerError
            If a shard's workers end by themselves, again and again.
        ValueError
            If a time limit or chunks are asked for: a shard is the unit of work.
        """
        if timeout is not None or chunksize != 1:
            msg = "shards must be mapped without timeout and chunks, got one"
            raise ValueError(msg)
        return self._in_order(fn, zip(*iterables, strict=True))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002  the interface's
        """End the workers, or the connection to them."""
        self._workers.close()

    def _in_order(
        self, work: Callable[..., Result], calls: Iterator[tuple[Any, ...]]
    ) -> Iterator[Result]:
        given: deque[_Shard] = deque()
        window = max(2, WINDOW * self._workers.width)
        first = next(calls, None)
        second = next(calls, None)
        if self._workers.near and first is not None and second is None:
            yield work(*first)
            return
        ahead = [call for call in (first, second) if call is not None]
        try:
            while True:
                while len(given) < window:
                    call = ahead.pop(0) if ahead else next(calls, None)
                    if call is None:
                        break
                    given.append(self._give(work, call))
                if not given:
                    return
                yield self._result(work, given)
        finally:
            for shard in given:
                if shard.future is not None:
                    shard.future.cancel()

    def _give(self, work: Callable[..., Any], call: tuple[Any, ...]) -> _Shard:
        try:
            return _Shard(call, self._workers.submit(work, *call))
        except self._workers.lost:  # by an older shard, which will tell
            return _Shard(call, None)

    def _result(self, work: Callable[..., Result], given: deque[_Shard]) -> Result:
        """Return the result of the oldest shard, given out again if it was lost."""
        shard = given[0]
        while True:
            try:
                if shard.future is None:
                    shard.future = self._workers.submit(work, *shard.given)
                result: Result = self._workers.wait(shard.future)
            except self._workers.lost as error:
                shard.losses += 1
                if shard.losses == TRIES:
                    raise LostWorkerError(self._told(shard)) from error
                self._workers.renew()
                for other in given:
                    if other.future is not None and _is_lost(other, self._workers.lost):
                        other.future = None
            else:
                given.popleft()
                return result

    def _told(self, shard: _Shard) -> str:
        what = reprlib.repr(shard.given[0]) if shard.given else "one"
        return (
            f"workers must live until their shard is done, got {TRIES} that ended by "
            f"themselves at shard {what}; {self._workers.remedy}. Run the same command "
            "again to continue"
        )


def _is_lost(shard: _Shard, lost: tuple[type[BaseException], ...]) -> bool:
    future = shard.future
    if future is None or not future.done():
        return False
    return future.cancelled() or isinstance(future.exception(), lost)


@dataclass(frozen=True)
class Hands:
    """Who does the shards of a run; see :func:`hire`, and ``afford`` for memory."""

    workers: int = 1
    scheduler: str = ""
    memory: str = ""


@contextmanager
def hire(
    workers: int = 1, scheduler: str = "", *, threads: bool = False
) -> Iterator[Executor | None]:
    """Give an executor for shards, or None where this process is to do them.

    Parameters
    ----------
    workers
        How many, on this machine; 1 is this process itself.
    scheduler
        Address of a Dask scheduler, as in ``tcp://host:8786``; its workers then do the
        shards, however many there are.
    threads
        Whether workers of this machine share its memory.

    Raises
    ------
    ValueError
        If ``workers`` < 1.
    ImportError, LostWorkerError
        If there is no Dask, no scheduler or no worker; with the remedy.
    """
    if workers < 1:
        msg = f"workers must be >= 1, got {workers}"
        raise ValueError(msg)
    if scheduler:
        from hrcam.pipeline.cluster import Cluster

        crew = Crew(Cluster(scheduler))
    elif workers == 1:
        yield None
        return
    else:
        crew = Crew(Pool(workers, threads=threads))
    try:
        yield crew
    finally:
        crew.shutdown()
