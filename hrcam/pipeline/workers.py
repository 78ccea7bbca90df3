"""Who does shards: processes or threads of this machine, or anybody alike."""

import os
from collections.abc import Callable
from concurrent.futures import (
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Protocol, runtime_checkable


class LostWorkerError(RuntimeError):
    """Workers end by themselves, or there are none."""


@runtime_checkable
class Workers(Protocol):
    """Who does the work: what a :class:`Crew` asks of them.

    ``lost`` are the errors of a worker that ended by itself, ``width`` how many shards
    are worked on at a time, ``near`` whether one shard alone is done here instead.
    """

    lost: tuple[type[BaseException], ...]
    remedy: str
    near: bool

    @property
    def width(self) -> int: ...
    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]: ...
    def wait(self, future: Future[Any]) -> Any: ...
    def renew(self) -> None: ...
    def close(self) -> None: ...


class Pool:
    """Processes or threads of this machine, started when the first shard is there."""

    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    remedy = (
        "see whether memory was short (--memory, fewer --workers); in a script, put "
        "the call under if __name__ == '__main__', or use workers=1"
    )
    near = True

    def __init__(self, workers: int, *, threads: bool = False) -> None:
        self.width = workers
        self._threads = threads
        self._executor: Executor | None = None

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        """Give out a shard; the first one starts the pool."""
        if self._executor is None:
            self._executor = self._start()
        return self._executor.submit(work, *given)

    def wait(self, future: Future[Any]) -> Any:
        """Return a shard's result."""
        return future.result()

    def renew(self) -> None:
        """Replace a broken pool."""
        self.close()

    def close(self) -> None:
        """End the workers."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        self._executor = None

    def _start(self) -> Executor:
        if self._threads:
            return ThreadPoolExecutor(self.width)
        # A forked copy of a process that has loaded TensorFlow hangs.
        spawn = get_context("spawn")
        return ProcessPoolExecutor(self.width, mp_context=spawn, initializer=_begin)


def _begin() -> None:
    """Follow the parent, on one thread: as many cores are busy as there are workers.

    TensorFlow reads the numbers at its first operation. Sums that are divided among
    more threads differ in the last digit, so what a worker trains does not depend on
    how many cores there are.
    """
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")
    _follow()


def _follow() -> None:
    """End this process when the one that started it is gone, by SIGKILL for example.

    It would wait for its next shard for ever, since it holds the queue's other end too.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()
