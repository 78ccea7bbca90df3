import numpy as np
import pytest

from metrics import FolderMaps, FolderMasks
from metrics.sources.formats import list_suffixes
from metrics.sources.source import MapReading, MaskReading


def save(folder, *keys):
    for number, key in enumerate(keys):
        np.save(folder / f"{key}.npy", np.full((2, 3), number))


def test_nothing_there(tmp_path, message):
    path = tmp_path / "none"
    for call in (lambda: FolderMaps(path, "x"), lambda: FolderMasks(path)):
        assert message(call, FileNotFoundError) == (
            f"{path} must be a folder or a file, got nothing there"
        )


def test_a_single_file_is_one_image(tmp_path):
    save(tmp_path, "a", "b")
    assert FolderMaps(tmp_path / "b.npy", "x").ids == ("b",)


def test_a_file_of_no_kind(tmp_path, message):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8")
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{path} must be a folder or a file of images, got none of {list_suffixes()}"
    )


@pytest.mark.parametrize(
    ("prefix", "suffix", "ids"),
    [
        ("", "_cam", ("a", "b")),
        ("img_", "_cam", ("b",)),
        ("img_", "", ("b_cam", "c")),
    ],
)
def test_names_around_the_ids(prefix, suffix, ids, tmp_path):
    save(tmp_path, "a_cam", "img_b_cam", "img_c", "_cam", "img_")
    if not prefix:
        (tmp_path / "img_b_cam.npy").rename(tmp_path / "b_cam.npy")
    reading = MapReading(prefix=prefix, suffix=suffix)
    source = FolderMaps(tmp_path, "x", reading)
    assert source.ids == ids
    full = {"a": "a_cam", "b": "img_b_cam" if prefix else "b_cam"}
    full |= {"b_cam": "img_b_cam", "c": "img_c"}
    expected = [np.load(tmp_path / f"{full[key]}.npy") for key in ids]
    np.testing.assert_array_equal(source.read(ids), expected)
    assert source.header(ids[0]).size == (2, 3)


def test_names_that_nothing_has(tmp_path, message):
    save(tmp_path, "a", "b")
    reading = MaskReading(suffix="_mask")
    assert message(lambda: FolderMasks(tmp_path, reading)) == (
        f"names in {tmp_path} must begin with '' and end with '_mask', got a, b"
    )


def test_sizes_of_maps_are_found_by_short_names(tmp_path):
    """Masks and maps each have an affix of their own."""
    save(tmp_path, "a_cam")
    maps = FolderMaps(tmp_path, "x", MapReading(suffix="_cam"))
    table = tmp_path / "m.csv"
    table.write_text("image_id,x,y,width,height\na_mask,0,0,1,1\n")
    masks = FolderMasks(table, MaskReading(suffix="_mask"), like=maps)
    assert masks.ids == ("a",)
    assert masks.read(["a"]).size == (2, 3)
    assert masks.header("a").size == (2, 3)
