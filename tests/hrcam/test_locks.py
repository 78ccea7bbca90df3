"""Two processes and one folder: the second is refused, a dead one holds nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hrcam.pipeline.folders import staged
from hrcam.pipeline.locks import LockedError, locked

HOLD = """
import sys, time
from pathlib import Path
from hrcam.pipeline.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Return another process that holds the lock of ``tmp_path/out``."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_told_who_the_first_is(tmp_path, holder):
    out = tmp_path / "out"
    with pytest.raises(LockedError, match="one process") as error, staged(out):
        pass
    who = f"process {holder.pid} on {socket.gethostname()}"
    assert re.fullmatch(
        rf"{re.escape(str(out))} must be written by one process at a time, got "
        rf"{re.escape(who)}, since 20\d\d-\S+; wait for it, end it, or choose another "
        r"--out",
        str(error.value),
    )
    assert not (tmp_path / "out.partial").exists()


def test_a_dead_process_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / ".out.lock").exists()
    with staged(tmp_path / "out") as folder:
        (folder / "file").write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.usefixtures("holder")
def test_what_was_left_stays_as_it_is_while_another_process_writes(tmp_path):
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "half").write_text("of the other")
    with pytest.raises(LockedError), staged(tmp_path / "out", overwrite=True):
        pass
    assert (tmp_path / "out.partial" / "half").read_text() == "of the other"


def test_one_process_does_not_enter_twice(tmp_path):
    with locked(tmp_path / "out"):
        with pytest.raises(LockedError, match=f"got process {os.getpid()} on"):
            locked(tmp_path / "out").__enter__()
        with locked(tmp_path / "other"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_just_put_away_is_no_lock(tmp_path, monkeypatch):
    """Whoever opened the file before it was removed must not hold the removed one."""
    path = tmp_path / ".out.lock"
    path.touch()
    opened = []

    def open_late(self, *args, **kwargs):
        file = open(self, *args, **kwargs)  # noqa: PTH123, SIM115
        if not opened:
            path.unlink()  # its holder was done between our opening and our locking
        opened.append(self)
        return file

    monkeypatch.setattr(Path, "open", open_late)
    with locked(tmp_path / "out"):
        assert path.exists()
        assert len(opened) == 2
