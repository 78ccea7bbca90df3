"""The record of a run: what is written is read, all else is refused by name."""

import json

import pytest

from hrcam.pipeline.ledger import INPUTS
from hrcam.pipeline.run_record import note, read_record, write_record


@pytest.fixture
def folder(tmp_path):
    for stage in ("dataset", "model"):
        (tmp_path / stage).mkdir()
        (tmp_path / stage / "file").write_text(stage)
    write_record(tmp_path, {"settings": {"epochs": 2}, "seconds": {}, "done": {}})
    return tmp_path


def test_a_folder_without_a_record_says_nothing(tmp_path):
    assert read_record(tmp_path) == {}


def test_what_is_noted_is_read(folder):
    note(folder, "dataset", 1.26)
    note(folder, "model")
    found = read_record(folder)
    assert found["settings"] == {"epochs": 2}
    assert found["seconds"] == {"dataset": 1.3}
    assert list(found["done"]) == ["dataset", "model"]
    assert (
        found["done"]["model"]["inputs"]["dataset"]
        == (found["done"]["dataset"]["output"])
    )
    assert sorted(p.name for p in folder.iterdir()) == ["dataset", "model", "run.json"]


def test_a_record_of_an_older_version_is_one(folder):
    (folder / "run.json").write_text('{"settings": {}}')
    note(folder, "dataset", 2.0)
    assert set(read_record(folder)) == {"settings", "seconds", "done"}


HASHES = dict.fromkeys(INPUTS["maps"], "a")
STAGE = "something else than a stage with its hashes in "


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([], "no table"),
        ({"seconds": []}, "no table in 'seconds'"),
        ({"done": "all"}, "no table in 'done'"),
        ({"done": {"maps": {}}}, f"{STAGE}'maps'"),
        ({"done": {"more": {"inputs": {}, "output": "a"}}}, f"{STAGE}'more'"),
        ({"done": {"maps": {"inputs": {"/": "a"}, "output": "a"}}}, f"{STAGE}'maps'"),
        ({"done": {"maps": {"inputs": HASHES, "output": None}}}, f"{STAGE}'maps'"),
        (
            {"done": {"maps": {"inputs": HASHES | {"..": "a"}, "output": "a"}}},
            f"{STAGE}'maps'",
        ),
    ],
)
def test_what_no_run_writes_is_refused(folder, record, reason):
    path = folder / "run.json"
    path.write_text(json.dumps(record))
    with pytest.raises(ValueError, match="must be the record of a run") as error:
        read_record(folder)
    assert str(error.value) == (
        f"{path} must be the record of a run, got {reason}; choose another --out, or "
        "pass --overwrite to begin anew"
    )
