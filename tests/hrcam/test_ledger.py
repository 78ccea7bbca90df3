"""What is done is known by content: not by times, nor by names."""

import os
import shutil

import pytest

from hrcam.pipeline.ledger import INPUTS, REPORT, changed, enter, identify, is_done


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    for stage in ("dataset", "model", "maps", "scores"):
        (folder / stage / "sub").mkdir(parents=True)
        (folder / stage / "sub" / "file").write_text(f"of {stage}")
    (folder / "dataset" / "MANIFEST.sha256").write_text("sums")
    for name in REPORT:
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def entries(run):
    return {stage: enter(run, stage) for stage in INPUTS}


@pytest.mark.parametrize("stage", INPUTS)
def test_what_is_as_it_was_is_done(run, entries, stage, tmp_path):
    assert is_done(run, stage, entries[stage])
    for path in run.rglob("*"):
        os.utime(path, (0, 0))
    shutil.copytree(run, tmp_path / "copy")
    assert is_done(tmp_path / "copy", stage, entries[stage])


@pytest.mark.parametrize("stage", ["model", "maps", "scores", "report"])
def test_what_was_changed_by_someone_is_refused_by_name(run, entries, stage):
    path = run / "report.html" if stage == "report" else run / stage / "sub" / "file"
    path.write_text("other")
    place = run / ("report.pdf" if stage == "report" else stage)
    with pytest.raises(FileExistsError, match="as the run left it") as error:
        is_done(run, stage, entries[stage])
    assert str(error.value) == (
        f"{place} must be as the run left it, got other content; remove it and it is "
        "made again, or choose another --out"
    )


@pytest.mark.parametrize("change", ["rename", "add", "remove"])
def test_every_change_of_a_folder_shows(run, entries, change):
    file = run / "maps" / "sub" / "file"
    if change == "rename":
        file.rename(file.with_name("other"))
    elif change == "add":
        (run / "maps" / "more").touch()
    else:
        file.unlink()
    assert identify(run, "maps") != entries["maps"]["output"]


def test_what_followed_from_something_else_is_done_again(run, entries):
    (run / "model" / "sub" / "file").write_text("trained again")
    assert not is_done(run, "maps", entries["maps"])
    assert changed(run, entries["maps"]) == ["model"]
    assert is_done(run, "scores", entries["scores"])  # until the maps are others


def test_what_nobody_wrote_down_is_done_if_it_appears_whole(run):
    assert is_done(run, "maps", None)
    assert not is_done(run, "report", None)
    shutil.rmtree(run / "maps")
    assert not is_done(run, "maps", None)
    assert identify(run, "maps") == ""
