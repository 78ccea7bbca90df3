"""``hrcam verify --repair``, and two writers of one dataset."""

import shutil

import pytest

from hrcam.cli import main
from hrcam.pipeline.locks import LockedError, locked
from hrcam.pipeline.repairing import repair

SHARD = "arrays.zarr/mask/c/0/0/0"


@pytest.fixture
def folder(tiny_folder, tmp_path):
    return shutil.copytree(tiny_folder, tmp_path / "data")


def test_a_damaged_dataset_is_named_and_repaired(folder, tiny_folder, capsys):
    was = (tiny_folder / SHARD).read_bytes()
    (folder / SHARD).write_bytes(was[:-1] + b"?")
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(folder)])
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert told.out == f"{SHARD} has another checksum than when it was written\n"
    assert told.err == (
        f"hrcam: {folder} must agree with its manifest, got 1 problem(s)\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(folder), "--repair", "--workers", "1"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == (
        f"{SHARD} is as it was: drawn again, its checksum agrees.\n"
        f"{folder} agrees with its manifest.\n"
    )
    assert (folder / SHARD).read_bytes() == was


def test_two_do_not_repair_at_once(folder):
    with locked(folder), pytest.raises(LockedError, match="one process at a time"):
        repair(folder)
