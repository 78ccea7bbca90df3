import numpy as np

from metrics import ScoreOptions, score
from metrics.storage import allocation
from metrics.storage.allocation import allocate
from metrics.storage.folder import read, write


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


def test_scores_on_disk_are_those_in_memory(make_scene, tmp_path, monkeypatch):
    maps, masks = make_scene()
    options = ScoreOptions(resamples=150, scores=("all",))
    memory = score(maps, masks, options=options)
    monkeypatch.setattr(allocation, "SMALL", 8)
    disk = score(maps, masks, options=options, spill=tmp_path)
    assert isinstance(disk.measured.values, np.memmap)
    assert disk.results == memory.results
    write(memory, tmp_path / "memory")
    write(disk, tmp_path / "disk")
    for name in ("results.json", "scores.parquet", "scores.csv"):
        one, two = (tmp_path / place / name for place in ("memory", "disk"))
        assert one.read_bytes() == two.read_bytes()
    np.testing.assert_array_equal(
        read(tmp_path / "disk").measured.values, memory.measured.values
    )
