import hashlib
import json
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simbench import blocks, opening, writer
from simbench.generation import generate
from simbench.manifest import NAME, verify
from simbench.opening import open_dataset
from simbench.writer import write


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module", autouse=True)
def short_blocks():
    """Make blocks and shards short, so that few images are several of them."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (blocks, opening, writer):
            patch.setattr(module, "LENGTH", 32)
        yield


@pytest.fixture(scope="module")
def recipe(tiny_with):
    """Two shards, the last not full."""
    splits = {"train": 24, "validation": 8, "test": 16}
    return tiny_with({"splits": splits, "size": [16, 20]})


@pytest.fixture(scope="module")
def written(recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    write(recipe, folder)
    return folder


@pytest.fixture
def copy(written, tmp_path):
    return Path(shutil.copytree(written, tmp_path / "copy"))


def test_the_folder_is_as_designed(recipe, written):
    assert sorted(path.name for path in written.iterdir()) == [
        "MANIFEST.sha256",
        "arrays.zarr",
        "audit.json",
        "confounders.parquet",
        "croissant.json",
        "index.parquet",
        "lesions.parquet",
        "preview.png",
        "recipe.toml",
    ]
    text = (written / "recipe.toml").read_text(encoding="utf-8")
    assert text.startswith(f"# identity {recipe.identity}\n")
    assert tomllib.loads(text) == tomllib.loads(recipe.toml())
    assert verify(written) == []


def test_disk_and_memory_hold_the_same(recipe, written):
    disk, memory = open_dataset(written), generate(recipe)
    assert disk.identity == memory.identity
    assert disk.recipe == memory.recipe
    assert disk.classes == memory.classes
    assert disk.audit == memory.audit
    for name in ("index", "lesions", "confounders"):
        pd.testing.assert_frame_equal(getattr(disk, name), getattr(memory, name))
    for name in memory.arrays:
        for ids in (disk.ids(), disk.ids("test"), ["000047", "000003"]):
            found = disk.read(name, ids)
            assert found.dtype == memory.read(name, ids).dtype
            assert (found == memory.read(name, ids)).all()


def test_any_order_of_shards_writes_the_same_bytes(
    recipe, written, tmp_path, monkeypatch
):
    backwards = lambda recipe: range(0, recipe.images, blocks.LENGTH)[::-1]  # noqa: E731
    forwards = writer.starts
    monkeypatch.setattr(writer, "starts", backwards)
    monkeypatch.setattr(
        writer,
        "_finish",
        lambda *a, done=writer._finish: (
            monkeypatch.setattr(writer, "starts", forwards),
            done(*a),
        ),
    )
    write(recipe, tmp_path / "backwards")
    assert content(tmp_path / "backwards") == content(written)


class StopError(Exception):
    pass


def interrupt(recipe, folder, after):
    """Write until ``after`` shards are done."""
    done = []

    def progress(images):
        done.append(images)
        if len(done) == after:
            raise StopError

    with pytest.raises(StopError):
        write(recipe, folder, progress=progress)


@pytest.mark.parametrize("after", [1, 2])
def test_a_killed_run_resumes_and_ends_with_the_same_bytes(
    recipe, written, tmp_path, after, monkeypatch
):
    folder = tmp_path / "killed"
    interrupt(recipe, folder, after)
    assert not (folder / NAME).exists()
    with pytest.raises(FileNotFoundError):
        open_dataset(folder)
    drawn = []
    draw_block = writer.draw_block
    monkeypatch.setattr(
        writer, "draw_block", lambda r, s: (drawn.append(s), draw_block(r, s))[1]
    )
    images = []
    write(recipe, folder, progress=images.append)
    assert drawn == [32][: 2 - after]
    assert sum(images) == 48
    assert content(folder) == content(written)


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: (f / "arrays.zarr/mask/c/0/0/0").unlink(),
        lambda f: (f / "arrays.zarr/image/c/0/0/0").write_bytes(b"half"),
        lambda f: (f / ".parts/000000.json").unlink(),
        lambda f: (f / "arrays.zarr/tissue/zarr.json").unlink(),
        lambda f: (f / "arrays.zarr/image/c/0/0/0.1234.partial").write_bytes(b"x"),
        lambda f: (f / "index.parquet").write_bytes(b"half"),
    ],
)
def test_what_a_killed_run_left_damaged_is_made_again(
    recipe, written, tmp_path, damage
):
    folder = tmp_path / "killed"
    interrupt(recipe, folder, 2)
    damage(folder)
    write(recipe, folder)
    assert content(folder) == content(written)


@pytest.mark.parametrize("lost", [NAME, "arrays.zarr/image/c/1/0/0", "lesions.parquet"])
def test_a_finished_dataset_that_lost_a_file_is_repaired(recipe, written, copy, lost):
    (copy / lost).unlink()
    write(recipe, copy)
    assert content(copy) == content(written)


def test_a_damaged_manifest_is_made_again(recipe, written, copy):
    (copy / NAME).write_text("half", encoding="utf-8")
    write(recipe, copy)
    assert content(copy) == content(written)


def test_a_finished_dataset_is_left_alone(recipe, copy):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    done = []
    write(recipe, copy, progress=done.append)
    assert done == [48]
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


def test_other_files_are_never_overwritten(recipe, tiny, copy, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x", encoding="utf-8")
    interrupt(recipe, tmp_path / "begun", 1)
    for folder in (tmp_path / "mine", tmp_path / "begun", copy):
        before = content(folder)
        with pytest.raises(ValueError, match="must be empty") as error:
            write(tiny, folder)
        assert str(error.value) == (
            f"{folder} must be empty or hold the same dataset, got other files; "
            "choose another folder or remove it"
        )
        assert content(folder) == before


def test_a_missing_shard_is_never_read_as_an_image(copy):
    dataset = open_dataset(copy)
    for name in dataset.arrays:
        (copy / f"arrays.zarr/{name}/c/1/0/0").unlink()
        with pytest.raises(FileNotFoundError, match="vanished") as error:
            dataset.read(name, ["000001", "000032"])
        assert str(error.value) == (
            f"{copy}/arrays.zarr/{name} must hold image 000032, got nothing: a file of "
            "the dataset has vanished; generate it again"
        )
    assert dataset.read("image", ["000031"]).any()


def test_tables_are_read_when_they_are_asked_for(copy, written):
    dataset, other = open_dataset(copy), open_dataset(copy)
    table = copy / "lesions.parquet"
    content = table.read_bytes()
    table.write_bytes(content[:40] + bytes(len(content) - 80) + content[-40:])
    assert len(dataset.index) == 48
    with pytest.raises(ValueError, match="is damaged") as error:
        dataset.lesions  # noqa: B018  the access is what is tested
    assert str(error.value).startswith(f"{copy} is damaged: ")
    assert str(error.value).endswith("; generate the dataset again")
    shutil.copy(written / NAME, copy / "draft")
    (copy / "draft").replace(copy / NAME)
    for name in ("lesions", "index"):
        with pytest.raises(FileNotFoundError, match="got another one in its place"):
            getattr(other, name)


def test_a_dataset_without_lesions_can_be_written(tiny_with, tmp_path):
    recipe = tiny_with(
        {
            "classes": [{"name": "a"}, {"name": "b"}],
            "splits": {"train": 4, "validation": 0, "test": 0},
        }
    )
    dataset = write(recipe, tmp_path / "none")
    assert dataset.lesions.empty
    assert list(dataset.lesions)[:4] == ["image_id", "lesion_id", "name", "kind"]
    assert not dataset.read("mask", dataset.ids()).any()


def test_croissant_describes_tables_that_exist(recipe, written):
    card = json.loads((written / "croissant.json").read_text(encoding="utf-8"))
    assert card["@type"] == "sc:Dataset"
    assert card["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert card["identifier"] == recipe.identity
    files = {f["@id"]: f for f in card["distribution"] if f["@type"] == "cr:FileObject"}
    assert set(files) == {"index.parquet", "lesions.parquet", "confounders.parquet"}
    for name, file in files.items():
        found = hashlib.sha256((written / name).read_bytes()).hexdigest()
        assert file["sha256"] == found
    for records in card["recordSet"]:
        table = pd.read_parquet(written / f"{records['name']}.parquet")
        assert [field["name"] for field in records["field"]] == list(table)
        for field in records["field"]:
            assert field["source"]["fileObject"]["@id"] in files
            expected = {
                "i": "sc:Integer",
                "f": "sc:Float",
                "b": "sc:Boolean",
            }.get(table[field["name"]].dtype.kind, "sc:Text")
            assert field["dataType"] == expected


def test_checksums_in_the_index_are_those_of_the_arrays(written):
    dataset = open_dataset(written)
    row = dataset.index.iloc[17]
    image = dataset.read("image", [row["image_id"]])[0]
    assert row["image_sha256"] == hashlib.sha256(image.tobytes()).hexdigest()
    mask = dataset.read("mask", [row["image_id"]])[0]
    assert row["mask_sha256"] == hashlib.sha256(mask.tobytes()).hexdigest()
    assert np.isfinite(dataset.index.select_dtypes("number")).all(axis=None)
