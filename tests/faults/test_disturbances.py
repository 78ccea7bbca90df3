"""A full disk, a reader beside a writer, read-only inputs, other clocks and locales."""

import errno
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import hrcam
from hrcam.pipeline.folders import room
from metrics import ScoreOptions
from simbench.opening import open_dataset
from simbench.recipe import parse

OPTIONS = ScoreOptions(resamples=100, checks=False)


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "provenance.json"
    }


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder with a disk of its own of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk, left):
    """Leave so many bytes on a disk; return the file that fills it."""
    ballast = disk / "ballast"
    space = os.statvfs(disk)
    with ballast.open("wb") as file:
        file.write(bytes(space.f_bavail * space.f_frsize - left))
    return ballast


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "left", [pytest.param(0, marks=SLOW), 40_000, pytest.param(120_000, marks=SLOW)]
)
def test_a_full_disk_is_one_line_and_what_is_whole_is_kept(
    toml, maps, small_disk, tmp_path, left
):
    recipe = parse(toml(8, 4, 16))
    whole = hrcam.generate(recipe, tmp_path / "whole")
    ballast = fill(small_disk, left)
    with pytest.raises(OSError, match="room") as error:
        hrcam.generate(recipe, small_disk / "data")
    assert re.fullmatch(
        rf"{re.escape(str(small_disk))}\S+ must find room on its disk, got 'No space "
        r"left on device'; free some and run the same command again: what is whole is "
        r"kept",
        str(error.value),
    )
    ballast.unlink()
    hrcam.generate(recipe, small_disk / "data")
    assert content(small_disk / "data") == content(tmp_path / "whole")

    given = maps(whole, tmp_path / "maps")
    hrcam.score(given, tmp_path / "whole", tmp_path / "scores", options=OPTIONS)
    ballast = fill(small_disk, left)
    with pytest.raises(OSError, match="must find room on its disk"):
        hrcam.score(given, tmp_path / "whole", small_disk / "scores", options=OPTIONS)
    ballast.unlink()
    hrcam.score(given, tmp_path / "whole", small_disk / "scores", options=OPTIONS)
    assert content(small_disk / "scores") == content(tmp_path / "scores")


def test_other_errors_of_the_system_are_left_as_they_are(tmp_path):
    with pytest.raises(OSError, match="denied") as error, room(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied", "here")
    assert error.value.errno == errno.EACCES


def test_a_reader_beside_a_writer_sees_one_dataset_or_is_told(toml, tmp_path):
    recipe, out = parse(toml(8, 4, 8)), tmp_path / "data"
    known = {}
    for seed in (0, 1):
        dataset = hrcam.generate(recipe, tmp_path / str(seed), seed=seed)
        ids = dataset.ids()
        known[dataset.identity] = {n: dataset.read(n, ids) for n in ("image", "effect")}
    stop = threading.Event()

    def replace():
        """Put one dataset in the place of the other, as ``staged`` does."""
        while not stop.is_set():
            for seed in (0, 1):
                shutil.copytree(tmp_path / str(seed), tmp_path / "new")
                if out.exists():
                    out.rename(tmp_path / "old")
                (tmp_path / "new").rename(out)
                shutil.rmtree(tmp_path / "old", ignore_errors=True)

    writer = threading.Thread(target=replace)
    writer.start()
    seen, told = 0, set()
    try:
        while seen < 30 or not told:
            try:
                dataset = open_dataset(out)
                for name in ("image", "effect"):
                    values = dataset.read(name, dataset.ids())
                    assert np.array_equal(values, known[dataset.identity][name])
                seen += 1
            except (FileNotFoundError, ValueError) as error:
                told.add(str(error))
    finally:
        stop.set()
        writer.join()
    assert [text for text in told if "again" not in text] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="a read-only disk needs root")
def test_inputs_that_cannot_be_written_are_enough(toml, maps, tmp_path):
    recipe = parse(toml(8, 4, 16))
    data = tmp_path / "inputs" / "data"
    given = maps(hrcam.generate(recipe, data), tmp_path / "inputs" / "maps")
    place = str(tmp_path / "inputs")
    mount = ["mount", "--bind", place, place]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        with pytest.raises(OSError, match="Read-only"):
            (data / "new").touch()
        hrcam.score(given, data, tmp_path / "scores", options=OPTIONS)
        with pytest.raises(PermissionError, match="must be writable"):
            hrcam.generate(recipe, data.with_name("more"))
    finally:
        subprocess.run(["umount", place], check=True)


SCRIPT = """
import locale, sys, time
from pathlib import Path
locale.setlocale(locale.LC_ALL, "")
real = time.time
time.time = lambda: real() + float(sys.argv[3])
import hrcam
hrcam.generate(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize(
    ("name", "zone", "shift"),
    [
        ("C", "UTC+11", -4e8),
        pytest.param("de_DE.UTF-8", "Asia/Kathmandu", 4e8, marks=SLOW),
    ],
)
def test_neither_clock_nor_locale_show(toml, tmp_path, name, zone, shift):
    recipe = tmp_path / "small.toml"
    recipe.write_text(toml(8, 4, 8), encoding="utf-8")
    hrcam.generate(recipe, tmp_path / "here")
    known = subprocess.run(
        ["locale", "-a"], capture_output=True, text=True, check=False
    )
    if name != "C" and name.replace("UTF-8", "utf8") not in known.stdout.split():
        name = "C"
    command = [sys.executable, "-c", SCRIPT, recipe, tmp_path / "there", shift]
    subprocess.run(
        list(map(str, command)),
        check=True,
        env={**os.environ, "LC_ALL": name, "TZ": zone, "PYTHONUTF8": "0"},
        cwd=Path(hrcam.__file__).parents[1],
    )
    assert content(tmp_path / "there") == content(tmp_path / "here")
