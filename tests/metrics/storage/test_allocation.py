import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics import ScoreOptions, score
from metrics.storage import allocation
from metrics.storage.allocation import allocate, release
from metrics.storage.folder import read, write

SCALE = Path(__file__).parents[3] / "benchmarks" / "scale.py"


def test_small_arrays_stay_in_memory(tmp_path):
    made = allocate((3, 4), np.dtype(np.float64), tmp_path)
    assert not isinstance(made, np.memmap)
    assert not made.any()


def test_large_arrays_lie_in_a_file_without_a_name(tmp_path, monkeypatch):
    monkeypatch.setattr(allocation, "SMALL", 8)
    made = allocate((3, 4), np.dtype(np.float64), tmp_path / "new")
    made[1] = 2
    assert isinstance(made, np.memmap)
    assert made.sum() == 8
    assert not list((tmp_path / "new").iterdir())


def test_what_is_handed_back_is_there_again(tmp_path, monkeypatch):
    monkeypatch.setattr(allocation, "SMALL", 8)
    made = allocate((300, 400), np.dtype(np.float64), tmp_path)
    made[:] = np.arange(400)
    release(made, made[3], np.zeros(2))
    assert (made == np.arange(400)).all()


def test_scores_on_disk_in_blocks_are_those_in_memory(
    make_scene, make_strata, tmp_path, monkeypatch
):
    maps, masks = make_scene()
    maps["cam"][5] = np.nan
    strata = make_strata(per_subject=2)
    options = ScoreOptions(resamples=100)
    memory = score(maps, masks, strata, options)
    monkeypatch.setattr(allocation, "SMALL", 8)
    monkeypatch.setattr("metrics.statistics.rows.BYTES", 30_000)
    monkeypatch.setattr("metrics.table.ROWS", 251)
    monkeypatch.setattr("metrics.storage.curves.IMAGES", 7)
    disk = score(maps, masks, strata, options, spill=tmp_path)
    assert isinstance(disk.measured.values, np.memmap)
    assert disk.results == memory.results
    write(memory, tmp_path / "memory")
    write(disk, tmp_path / "disk")
    for name in ("results.json", "scores.csv"):
        one, two = (tmp_path / place / name for place in ("memory", "disk"))
        assert one.read_bytes() == two.read_bytes()
    got = read(tmp_path / "disk")
    pd.testing.assert_frame_equal(got.table, memory.table)
    for entry, counts in memory.counts.items():
        for part in vars(counts):
            np.testing.assert_array_equal(
                getattr(got.counts[entry], part), getattr(counts, part)
            )


def test_what_was_just_written_is_not_read_again(scores, tmp_path):
    write(scores, tmp_path / "scores")
    got = read(tmp_path / "scores", scores)
    assert got.measured.values is scores.measured.values
    assert got.frame is scores.frame
    assert got.results == scores.results


@pytest.mark.slow
@pytest.mark.skipif(not SCALE.exists() or sys.platform != "linux", reason="no status")
def test_memory_hardly_grows_with_the_number_of_images():
    held = []
    for images in (2000, 20000):
        command = [sys.executable, str(SCALE), "one", "counts", str(images)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        held.append(int(re.search(r"(\d+) MB of it not", done.stdout).group(1)))
    assert held[1] - held[0] < 40  # 24 kB an image were 430
