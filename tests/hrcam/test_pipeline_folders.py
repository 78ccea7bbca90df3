"""A stage's folder appears whole or not at all."""

import contextlib
import os
import re
from pathlib import Path

import pytest

from hrcam.pipeline.folders import check_free, replace_text, staged


class StopError(Exception):
    """Stands for Ctrl-C, a full disk, a lost machine."""


def write(folder, text):
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "file.txt").write_text(text)


def stop(stage, *names):
    """Write files in a stage, then break it off."""
    with contextlib.suppress(StopError), stage as folder:
        for name in names:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("half")
        raise StopError


def test_a_folder_appears_when_the_stage_is_done(tmp_path, listed):
    out = tmp_path / "out"
    with staged(out) as folder:
        write(folder, "new")
        assert not out.exists()
    assert listed(tmp_path) == ["out", "out/sub", "out/sub/file.txt"]


def test_parents_are_made(tmp_path):
    with staged(tmp_path / "a" / "b" / "out") as folder:
        write(folder, "new")
    assert (tmp_path / "a" / "b" / "out" / "sub" / "file.txt").read_text() == "new"


def test_an_interrupted_stage_leaves_nothing_at_its_place(tmp_path):
    out = tmp_path / "out"
    stop(staged(out), "sub/file.txt")
    assert not out.exists()


def test_an_interrupted_overwrite_leaves_the_old_folder_untouched(tmp_path, listed):
    out = tmp_path / "out"
    with staged(out) as folder:
        write(folder, "old")
    before = listed(out)
    stop(staged(out, overwrite=True), "sub/file.txt", "more.txt")
    assert listed(out) == before
    assert (out / "sub" / "file.txt").read_text() == "old"


def test_overwriting_replaces_the_folder_only_at_the_end(tmp_path, listed):
    out = tmp_path / "out"
    with staged(out) as folder:
        write(folder, "old")
        (folder / "extra.txt").write_text("old")
    with staged(out, overwrite=True) as folder:
        write(folder, "new")
        assert (out / "sub" / "file.txt").read_text() == "old"
    assert listed(tmp_path) == ["out", "out/sub", "out/sub/file.txt"]
    assert (out / "sub" / "file.txt").read_text() == "new"


def test_what_an_interrupted_stage_left_is_thrown_away(tmp_path, listed):
    out = tmp_path / "out"
    stop(staged(out), "stale.txt")
    with staged(out) as folder:
        assert listed(folder) == []
    assert listed(tmp_path) == ["out"]


def test_a_stage_that_resumes_keeps_what_was_left(tmp_path, listed):
    out = tmp_path / "out"
    stop(staged(out, keep=True), "first.txt")
    with staged(out, keep=True) as folder:
        assert (folder / "first.txt").read_text() == "half"
        (folder / "second.txt").write_text("done")
    assert listed(tmp_path) == ["out", "out/first.txt", "out/second.txt"]


def test_a_killed_replacement_is_finished_by_the_next(tmp_path, listed):
    """What was moved aside just before the end does not stay for ever."""
    (tmp_path / "out.old").mkdir()
    (tmp_path / "out.old" / "file.txt").write_text("older")
    with staged(tmp_path / "out") as folder:
        (folder / "file.txt").write_text("new")
    assert listed(tmp_path) == ["out", "out/file.txt"]


def test_a_free_place_is_returned(tmp_path):
    assert check_free(tmp_path / "out", overwrite=False) == tmp_path / "out"
    assert check_free(tmp_path, overwrite=True) == tmp_path


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_an_occupied_place_is_refused(tmp_path, kind):
    out = tmp_path / "out"
    out.mkdir() if kind == "folder" else out.write_text("mine")
    message = f"{out} must not exist yet; choose another --out or pass --overwrite"
    with pytest.raises(FileExistsError, match=f"^{re.escape(message)}$"):
        check_free(out, overwrite=False)


@pytest.mark.parametrize(
    ("below", "reason"), [("", "File exists"), ("deeper", "Not a directory")]
)
def test_a_place_below_a_file_is_refused(tmp_path, below, reason):
    file = tmp_path / "file"
    file.write_text("mine")
    parent = file / below if below else file
    message = f"{parent} must be a folder that can be made, got: {reason}"
    with pytest.raises(OSError, match=f"^{re.escape(message)}$"):
        check_free(parent / "out", overwrite=False)
    assert file.read_text() == "mine"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_place_in_a_folder_that_cannot_be_written_is_refused(tmp_path):
    parent = tmp_path / "locked"
    parent.mkdir(mode=0o500)
    message = f"{parent} must be writable, got a folder that is not; choose another"
    with pytest.raises(PermissionError, match=f"^{re.escape(message)}$"):
        check_free(parent / "out", overwrite=False)


def test_a_folder_said_to_be_locked_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    message = f"{tmp_path} must be writable, got a folder that is not; choose another"
    with pytest.raises(PermissionError, match=f"^{re.escape(message)}$"):
        check_free(tmp_path / "out", overwrite=False)


def test_a_text_file_is_replaced_whole(tmp_path, listed):
    path = tmp_path / "run.json"
    replace_text(path, "one\n")
    replace_text(path, "zwei ä\n")
    assert path.read_bytes() == "zwei ä\n".encode()
    assert listed(tmp_path) == ["run.json"]


def test_only_a_stage_s_own_folder_is_replaced(tmp_path):
    out = tmp_path / "data"
    out.mkdir()
    (out / "thesis.txt").write_text("the only copy")
    with pytest.raises(FileExistsError) as caught:
        check_free(out, True, "scores")
    assert str(caught.value) == (
        f"{out} must be a scores folder to be replaced, got something else"
    )
    (out / "results.json").write_text("{}")
    assert check_free(out, True, "scores") == out


@pytest.mark.parametrize("out", [".", "..", "/"])
def test_a_place_without_a_name_is_refused(out):
    with pytest.raises(ValueError, match="must name a folder or file"):
        check_free(Path(out), overwrite=True)
