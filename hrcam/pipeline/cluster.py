"""Workers of a Dask cluster that somebody else started; nothing of it is ours to end.

Dask itself schedules, moves shards of lost workers to others and gives a shard up that
ends worker after worker. What it waits for without end is given a limit here.
"""

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYetError
from typing import Any

from hrcam.pipeline.workers import LostWorkerError

#: Seconds for the scheduler to answer, and for the first worker to be there.
CONNECT = 60.0
#: Seconds that a cluster may be without any worker while shards wait.
PATIENCE = 300.0
#: Seconds between two looks at the cluster while a shard is waited for.
LOOK = 5.0
_AGAIN = "run the same command again to continue"


class Cluster:
    """The workers of a scheduler.

    Parameters
    ----------
    address
        Of the scheduler: ``tcp://host:8786``, ``tls://...``, or the path of its
        scheduler file.

    Raises
    ------
    ImportError
        If Dask is not installed.
    LostWorkerError
        If no scheduler answers or it has no workers.
    """

    remedy = "see the logs of the Dask workers; memory may be short"
    near = False

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            msg = (
                "a cluster must be reached through Dask, got no `distributed`; "
                "pip install 'hrcam-bench[cluster]'"
            )
            raise ImportError(msg) from error
        self.lost: tuple[type[BaseException], ...] = (KilledWorker,)
        self._address = address
        file = address.endswith(".json")
        where = {"scheduler_file": address} if file else {"address": address}
        try:
            self._client = Client(**where, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            msg = (
                f"--scheduler {address} must be a Dask scheduler that answers within "
                f"{CONNECT:.0f} s, got: {reason}; start one with `dask scheduler`"
            )
            raise LostWorkerError(msg) from error
        self._executor = self._client.get_executor(pure=False)
        self._wait_for_workers()

    @property
    def width(self) -> int:
        """Shards that are worked on at a time: threads of all workers."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        return max(1, sum(worker["nthreads"] for worker in workers.values()))

    def submit(self, work: Callable[..., Any], *given: Any) -> Future[Any]:
        """Give out a shard."""
        return self._executor.submit(work, *given)

    def wait(self, future: Future[Any]) -> Any:
        """Return a shard's result, unless scheduler or workers are gone."""
        alone_since: float | None = None
        while True:
            try:
                return future.result(timeout=LOOK)
            except CancelledError as error:
                raise LostWorkerError(self._gone()) from error
            except NotYetError:
                if future.done():  # the shard's own error, of the same kind
                    raise
            if self._client.status != "running":
                raise LostWorkerError(self._gone())
            if self._client.scheduler_info(n_workers=-1)["workers"]:
                alone_since = None
                continue
            alone_since = time.monotonic() if alone_since is None else alone_since
            if time.monotonic() - alone_since > PATIENCE:
                msg = (
                    f"--scheduler {self._address} must have workers, got none for "
                    f"{PATIENCE:.0f} s; start some with `dask worker`, and {_AGAIN}"
                )
                raise LostWorkerError(msg)

    def renew(self) -> None:
        """Do nothing: Dask starts its workers again, or others take over."""

    def close(self) -> None:
        """End the connection; scheduler and workers stay."""
        if self._client.status == "running":
            self._executor.shutdown(wait=False)
        self._client.close()

    def _wait_for_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=CONNECT)
        except TimeoutError as error:
            self.close()
            msg = (
                f"--scheduler {self._address} must have workers, got none in "
                f"{CONNECT:.0f} s; start some with `dask worker {self._address}`"
            )
            raise LostWorkerError(msg) from error

    def _gone(self) -> str:
        return (
            f"--scheduler {self._address} must answer until the work is done, got "
            f"nothing more; start the cluster, and {_AGAIN}"
        )
