import shutil
import subprocess
from pathlib import Path

import pytest

from simbench.manifest import NAME, read_manifest, verify
from simbench.opening import open_dataset
from simbench.writer import write


@pytest.fixture(scope="module")
def written(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset")
    write(tiny, folder)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    return Path(shutil.copytree(written, tmp_path / "copy"))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


SHARD = "arrays.zarr/image/c/0/0/0"


@pytest.mark.parametrize("name", [SHARD, "index.parquet", "arrays.zarr/zarr.json"])
def test_verify_finds_one_flipped_bit(folder, name):
    flip(folder / name)
    assert verify(folder) == [f"{name} has another checksum than when it was written"]


def test_verify_finds_truncated_missing_and_foreign_files(folder):
    size = (folder / SHARD).stat().st_size
    (folder / SHARD).write_bytes((folder / SHARD).read_bytes()[:-10])
    (folder / "lesions.parquet").unlink()
    (folder / "arrays.zarr" / "stray").write_text("x", encoding="utf-8")
    assert verify(folder) == [
        f"{SHARD} has {size - 10} bytes instead of {size}",
        "lesions.parquet is missing",
        "arrays.zarr/stray is not in the manifest",
    ]


def test_a_truncated_or_missing_file_cannot_be_opened(folder):
    size = (folder / SHARD).stat().st_size
    (folder / SHARD).write_bytes(b"")
    with pytest.raises(ValueError, match="damaged") as error:
        open_dataset(folder)
    assert str(error.value) == (
        f"{folder} is damaged: {SHARD} has 0 bytes instead of {size}; "
        "generate the dataset again"
    )
    (folder / "index.parquet").unlink()
    with pytest.raises(ValueError, match="damaged") as error:
        open_dataset(folder)
    assert str(error.value) == (
        f"{folder} is damaged: {SHARD} has 0 bytes instead of {size} and 1 more; "
        "generate the dataset again"
    )


def test_no_manifest_no_dataset(folder):
    (folder / NAME).unlink()
    message = (
        f"{folder} must be a complete dataset, got no {NAME}: it is another folder, "
        "or its writing was interrupted; generate it again to finish it"
    )
    with pytest.raises(FileNotFoundError) as error:
        open_dataset(folder)
    assert str(error.value) == message
    assert verify(folder) == [message]
    assert verify(folder / "nowhere") == [
        message.replace(str(folder), str(folder / "nowhere"))
    ]


@pytest.mark.parametrize(
    "text", ["", "# identity x\n", "# identity x\nabc\n", "# size 4"]
)
def test_a_damaged_manifest_is_said_to_be_so(folder, text):
    (folder / NAME).write_text(text, encoding="utf-8")
    message = (
        f"{folder / NAME} must be a dataset's manifest, and is damaged; "
        "generate the dataset again"
    )
    with pytest.raises(ValueError, match="damaged") as error:
        read_manifest(folder)
    assert str(error.value) == message
    assert verify(folder) == [message]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_the_manifest_is_one_that_sha256sum_reads(folder):
    command = ["sha256sum", "--check", "--strict", "--quiet", NAME]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
