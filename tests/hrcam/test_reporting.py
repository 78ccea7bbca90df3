"""The last stage: from scores in memory, and from a folder."""

import re

import numpy as np
import pytest

import hrcam
from metrics import ScoreOptions


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    masks = np.zeros((12, 15, 22), bool)
    masks[::2, 4:9, 6:13] = True
    maps = {name: masks + rng.normal(size=masks.shape) for name in ("first", "second")}
    return hrcam.score(maps, masks, options=ScoreOptions(resamples=100))


def test_scores_in_memory_and_their_folder_give_the_same_bytes(scores, tmp_path):
    from metrics.storage.folder import write

    write(scores, tmp_path / "scores")
    memory = hrcam.report(scores, tmp_path / "memory.pdf")
    disk = hrcam.report(tmp_path / "scores", tmp_path / "disk.pdf")
    assert [p.name for p in memory] == ["memory.pdf", "memory.html", "memory.json"]
    for one, other in zip(memory, disk, strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("suffix", ["pdf", "html", "json"])
def test_nothing_of_an_older_report_is_overwritten(scores, tmp_path, suffix):
    old = tmp_path / f"report.{suffix}"
    old.write_text("old")
    message = f"{old} must not exist yet; choose another --out or pass --overwrite"
    with pytest.raises(FileExistsError, match=f"^{re.escape(message)}$"):
        hrcam.report(scores, tmp_path / "report.pdf")
    assert [p.name for p in tmp_path.iterdir()] == [old.name]
    hrcam.report(scores, tmp_path / "report.pdf", overwrite=True)
    assert old.read_bytes() != b"old"


def test_a_report_is_a_pdf(scores, tmp_path):
    out = tmp_path / "report.html"
    message = f"--out must end in .pdf, got {out}; the twins get .html and .json"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        hrcam.report(scores, out)
