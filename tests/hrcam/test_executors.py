"""The seam: order, errors, lost workers, and how few shards are on the way."""

import math
import os
import time
from concurrent.futures import Future

import pytest

from hrcam.pipeline.executors import Crew, LostWorkerError, Pool, hire


def slow_first(number):
    time.sleep(0.2 if number == 0 else 0)
    return number, os.getpid()


def die_once(folder, number):
    """End the worker the first time that shard 3 is done."""
    mark = folder / "died"
    if number == 3 and not mark.exists():
        mark.touch()
        os._exit(1)
    return number


def die(number):
    if number == 1:
        os._exit(1)
    return number


def threads(name):
    return os.environ.get(name)


class Inline:
    """Do a shard when it is given out, and count how many are on the way."""

    lost = (LostWorkerError,)
    remedy = "nothing helps"
    near = False
    width = 3

    def __init__(self):
        self.way = self.most = self.closed = 0

    def submit(self, work, *given):
        self.way += 1
        self.most = max(self.most, self.way)
        future = Future()
        try:
            future.set_result(work(*given))
        except Exception as error:  # noqa: BLE001  it is the future's
            future.set_exception(error)
        return future

    def wait(self, future):
        self.way -= 1
        return future.result()

    def renew(self):
        pass

    def close(self):
        self.closed += 1


def test_results_come_in_order_from_processes():
    with hire(2) as executor:
        found = list(executor.map(slow_first, range(6)))
    assert [number for number, _ in found] == list(range(6))
    assert os.getpid() not in {process for _, process in found}


def test_threads_share_memory():
    seen = []
    with hire(3, threads=True) as executor:
        assert list(executor.map(seen.append, range(50))) == [None] * 50
    assert sorted(seen) == list(range(50))


def test_few_shards_are_on_the_way():
    workers = Inline()
    crew = Crew(workers)
    assert list(crew.map(math.factorial, range(100))) == [
        math.factorial(n) for n in range(100)
    ]
    assert workers.most == 6
    crew.shutdown()
    assert workers.closed == 1


def test_one_shard_needs_no_worker():
    with hire(2) as executor:
        assert list(executor.map(os.getpid.__call__)) == []
        assert next(executor.map(slow_first, [1]))[1] == os.getpid()


def test_one_worker_is_this_process():
    with hire(1) as executor:
        assert executor is None


def test_a_shard_s_own_error_comes_through_and_the_rest_is_cancelled():
    with (
        hire(2, threads=True) as executor,
        pytest.raises(ValueError, match="not defined for negative"),
    ):
        list(executor.map(math.factorial, [3, -1, 4, 5]))


def test_a_shard_whose_worker_was_lost_is_done_again(tmp_path):
    with hire(2) as executor:
        found = list(executor.map(die_once, [tmp_path] * 8, range(8)))
    assert found == list(range(8))
    assert (tmp_path / "died").exists()


def test_a_shard_that_ends_every_worker_is_named():
    done = []
    with (
        hire(2) as executor,
        pytest.raises(LostWorkerError, match="ended by themselves") as error,
    ):
        done += executor.map(die, [0, 1, 2, 3, 4])
    assert str(error.value) == (
        "workers must live until their shard is done, got 3 that ended by themselves "
        "at shard 1; see whether memory was short (--memory, fewer --workers); in a "
        "script, put the call under if __name__ == '__main__', or use workers=1. Run "
        "the same command again to continue"
    )


def test_what_a_shard_does_not_know_is_refused():
    with pytest.raises(ValueError, match="workers") as error, hire(0):
        pass
    assert str(error.value) == "workers must be >= 1, got 0"
    with pytest.raises(ValueError, match="chunks"):
        Crew(Inline()).map(die, [1], chunksize=4)
    with pytest.raises(ValueError, match="keywords, got base"):
        Crew(Inline()).submit(int, "3", base=8)
    pool = Pool(2)
    pool.close()  # before anything was given out


@pytest.mark.parametrize("asked", [None, "3"])
def test_a_worker_has_one_thread_unless_asked_otherwise(monkeypatch, asked):
    names = ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]
    for name in names:
        monkeypatch.delenv(name, raising=False)
    if asked:
        monkeypatch.setenv(names[0], asked)
    with hire(2) as crew:
        assert list(crew.map(threads, names)) == [asked or "1", "1"]
    assert [os.environ.get(name) for name in names] == [asked, None]
