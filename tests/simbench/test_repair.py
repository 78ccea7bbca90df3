"""Any flipped byte and any missing file is found; what is drawn again is proved."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simbench.manifest import NAME, verify
from simbench.repair import repair
from simbench.writer import write

WIDE = {"splits": {"train": 12, "validation": 6, "test": 6}, "size": [16, 16]}
FIRST, SECOND = "arrays.zarr/image/c/0/0/0", "arrays.zarr/mask/c/1/0/0"


@pytest.fixture(scope="module", autouse=True)
def short_blocks():
    """Make a block of 16 images, so that few images have two."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("blocks", "writer", "repair", "opening"):
            patch.setattr(f"simbench.{module}.LENGTH", 16)
        yield


@pytest.fixture(scope="module")
def written(tiny_with, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dataset") / "data"
    folder.mkdir()
    write(tiny_with(WIDE), folder)
    return folder


@pytest.fixture(scope="module")
def content(written):
    return {p: p.read_bytes() for p in sorted(written.rglob("*")) if p.is_file()}


@pytest.fixture
def folder(written, tmp_path):
    return Path(shutil.copytree(written, tmp_path / "copy"))


def same(folder, content, written):
    found = {p.relative_to(folder) for p in folder.rglob("*") if p.is_file()}
    assert found == {p.relative_to(written) for p in content}
    for path, data in content.items():
        assert (folder / path.relative_to(written)).read_bytes() == data


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_flipped_byte_and_any_missing_file_is_found(written, content, data):
    path = data.draw(st.sampled_from(sorted(content)))
    name, was = path.relative_to(written).as_posix(), content[path]
    try:
        if data.draw(st.booleans()):
            path.unlink()
        else:
            place = data.draw(st.integers(0, len(was) - 1))
            change = data.draw(st.integers(1, 255))
            path.write_bytes(
                was[:place] + bytes([was[place] ^ change]) + was[place + 1 :]
            )
        problems = verify(written)
        assert problems
        assert name == NAME or any(name in problem for problem in problems)
    finally:
        path.write_bytes(was)
    assert verify(written) == []


def test_every_byte_of_a_manifest_counts(written, content):
    """Line ends too: a tab or a form feed must not pass for a line feed."""
    was = content[written / NAME]
    for place in [i for i, byte in enumerate(was) if byte in b"\n# "][:60]:
        for byte in b"\r\x0b\x0c\x1c\t":
            (written / NAME).write_bytes(was[:place] + bytes([byte]) + was[place + 1 :])
            assert verify(written), (place, byte)
    (written / NAME).write_bytes(was)


def test_damaged_shards_are_drawn_again_alone(folder, content, written):
    (folder / FIRST).unlink()
    (folder / SECOND).write_bytes(b"zeros")
    (folder / "arrays.zarr" / "zarr.json").write_text("{}")
    done = []
    names = repair(folder, progress=done.append)
    assert sorted(names) == sorted(["arrays.zarr/zarr.json", FIRST, SECOND])
    assert done == [16, 8]
    same(folder, content, written)


@pytest.mark.parametrize("name", ["index.parquet", "preview.png", NAME])
def test_what_follows_from_all_images_is_made_again(folder, content, written, name):
    path = folder / name
    path.write_bytes(path.read_bytes()[:-3])
    (folder / FIRST).write_bytes(b"")
    assert repair(folder) == [FIRST, name]
    same(folder, content, written)


def test_a_whole_dataset_needs_nothing(folder):
    assert repair(folder) == []


def test_files_of_others_stay(folder):
    (folder / "notes.txt").write_text("mine")
    (folder / FIRST).unlink()
    assert repair(folder) == [FIRST]
    assert verify(folder) == ["notes.txt is not in the manifest"]


def test_a_damaged_recipe_is_refused(folder):
    path = folder / "recipe.toml"
    text = path.read_text()
    path.write_text(text.replace("seed = ", "seed = 1"))
    with pytest.raises(ValueError, match="first line") as error:
        repair(folder)
    assert str(error.value) == (
        f"{path} must be the recipe of its first line, got another one, or of another "
        "version of the generator; generate the dataset again"
    )
    path.write_text(text[: len(text) // 2])
    with pytest.raises(ValueError, match="must be whole to repair"):
        repair(folder)
    path.unlink()
    with pytest.raises(ValueError, match=r"got no recipe\.toml"):
        repair(folder)


def test_what_is_drawn_otherwise_is_not_taken(folder, monkeypatch):
    """As another version of a library might write it."""

    monkeypatch.setattr("simbench.writer.CHUNK", 8)
    (folder / FIRST).write_bytes(b"half")
    with pytest.raises(ValueError, match="drawn again") as error:
        repair(folder)
    assert str(error.value) == (
        f"{FIRST}, drawn again, must have the manifest's checksum, got another: the "
        "versions of libraries differ; generate the dataset again"
    )
    assert (folder / FIRST).read_bytes() == b"half"
    assert not (folder / ".repair").exists()
