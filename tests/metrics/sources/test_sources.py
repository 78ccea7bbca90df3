import re
import struct
import zipfile

import numpy as np
import pytest
import zarr
from PIL import Image

from metrics import (
    ArrayMaps,
    ArrayMasks,
    FolderMaps,
    FolderMasks,
    MapSource,
    score,
)
from metrics.sources.files import MAX_PIXELS, read_image
from metrics.sources.source import MaskSource

IDS = ("b", "a", "c")
NAMES = {"method": "mine", "kind": "external"}


def message(call, error=ValueError):
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.fixture
def arrays():
    return np.random.default_rng(0).normal(size=(3, 5, 8)).astype(np.float32)


@pytest.fixture
def folder(tmp_path, arrays):
    for key, array in zip(IDS, arrays, strict=True):
        np.save(tmp_path / f"{key}.npy", array)
    return tmp_path


@pytest.mark.parametrize("kind", ["numpy", "zarr", "npy", "npz", "one npz"])
def test_reads_in_the_order_asked(kind, arrays, tmp_path):
    if kind == "numpy":
        source = ArrayMaps(arrays, IDS, NAMES)
    elif kind == "zarr":
        stored = zarr.create_array(
            tmp_path / "maps.zarr", data=arrays, chunks=(1, 5, 8)
        )
        source = ArrayMaps(stored, IDS, NAMES)
    elif kind == "one npz":
        np.savez_compressed(tmp_path / "m.npz", **dict(zip(IDS, arrays, strict=True)))
        source = FolderMaps(tmp_path / "m.npz", "mine")
    else:
        for key, array in zip(IDS, arrays, strict=True):
            if kind == "npy":
                np.save(tmp_path / f"{key}.npy", array)
            else:
                np.savez(tmp_path / f"{key}.npz", array)
        source = FolderMaps(tmp_path, "mine")
    assert isinstance(source, MapSource)
    assert sorted(source.ids) == ["a", "b", "c"]
    np.testing.assert_array_equal(source.read(["c", "b"]), arrays[[2, 0]])
    assert source.read(["a"]).dtype == np.float32


def test_rows_far_apart_are_read_one_by_one():
    array = np.arange(40.0).reshape(20, 1, 2)
    ids = [str(index) for index in range(20)]
    source = ArrayMaps(array, ids, NAMES)
    np.testing.assert_array_equal(source.read(["19", "0"]), array[[19, 0]])


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_pictures_keep_their_steps(dtype, top, tmp_path):
    array = np.linspace(0, top, 40).astype(dtype).reshape(5, 8)
    Image.fromarray(array).save(tmp_path / "a.PNG")
    got = FolderMaps(tmp_path, "mine").read(["a"])
    np.testing.assert_array_equal(got[0], array)


def test_masks_are_whatever_is_not_zero(tmp_path):
    expected = np.eye(3, 4, dtype=bool)
    np.save(tmp_path / "a.npy", expected)
    np.save(tmp_path / "b.npy", expected * np.uint8(255))
    np.save(tmp_path / "c.npy", expected * 1.0)
    Image.fromarray(expected).save(tmp_path / "d.png")
    Image.fromarray(expected * np.uint8(7)).save(tmp_path / "e.png")
    source = FolderMasks(tmp_path)
    assert isinstance(source, MaskSource)
    for key in "abcde":
        np.testing.assert_array_equal(source.read([key])[0], expected)


def test_soft_masks_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.full((2, 3), 0.25))
    assert message(lambda: FolderMasks(tmp_path).read(["a"])) == (
        f"masks in {tmp_path} must be 0 or 1, got 0.25; cut soft masks before scoring"
    )
    soft = ArrayMasks(np.full((1, 2, 3), np.nan), ["a"])
    assert message(lambda: soft.read(["a"])) == (
        "masks must be 0 or 1, got nan; cut soft masks before scoring"
    )


def test_other_files_and_hidden_files_are_left_alone(folder):
    (folder / "notes.txt").write_text("x")
    (folder / ".b.npy").write_text("x")
    (folder / "deeper").mkdir()
    assert FolderMaps(folder, "mine").ids == ("a", "b", "c")


def test_ids_are_sorted_by_stem_not_by_file_name(tmp_path):
    for key in ("a", "a-b"):  # "a-b.npy" comes before "a.npy"
        np.save(tmp_path / f"{key}.npy", np.zeros((2, 3)))
    assert FolderMasks(tmp_path).ids == ("a", "a-b")


def test_memory_and_files_score_alike(make_scene, tmp_path):
    maps, masks = make_scene()
    ids = [f"{index:06d}" for index in range(len(masks))]
    truth = tmp_path / "masks"
    truth.mkdir()
    sixteen = np.stack(
        [np.round((m - m.min()) / np.ptp(m) * 65535) for m in maps["cam"]]
    ).astype(np.uint16)
    for kind in ("npy", "npz", "png"):
        (tmp_path / kind).mkdir()
    for index, key in enumerate(ids):
        np.save(tmp_path / "npy" / f"{key}.npy", maps["cam"][index])
        np.savez_compressed(tmp_path / "npz" / f"{key}.npz", cam=maps["cam"][index])
        Image.fromarray(sixteen[index]).save(tmp_path / "png" / f"{key}.png")
        Image.fromarray(masks[index] * np.uint8(255)).save(truth / f"{key}.png")
    memory = score({"npy": maps["cam"]}, masks)
    files = {k: FolderMaps(tmp_path / k, k) for k in ("npy", "npz", "png")}
    disk = score(files, FolderMasks(truth))
    for name, threshold in (("average_precision", None), ("sensitivity", 0.5)):
        expected = memory.values_of("npy", name, threshold)
        for kind in ("npy", "npz"):
            got = disk.values_of(kind, name, threshold)
            np.testing.assert_array_equal(got, expected)
        got = disk.values_of("png", name, threshold)
        np.testing.assert_allclose(got, expected, atol=0.06)
    assert list(disk.ids) == ids


# Errors: the whole line.


def test_nothing_there(tmp_path):
    path = tmp_path / "none"
    assert message(lambda: FolderMaps(path, "x"), FileNotFoundError) == (
        f"{path} must be a folder or a .npz file, got nothing there"
    )


def test_an_empty_folder(tmp_path):
    expected = f"{tmp_path} must hold .npy, .npz, .png images, got none"
    assert message(lambda: FolderMaps(tmp_path, "x"), FileNotFoundError) == expected
    assert message(lambda: FolderMasks(tmp_path), FileNotFoundError) == expected


def test_a_single_file_of_another_kind(folder):
    path = folder / "a.npy"
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{path} must be a folder or a .npz file, got a file of kind '.npy'; "
        "put one image per file into a folder"
    )


def test_two_files_of_one_stem(folder, arrays):
    np.savez(folder / "a.npz", arrays[0])
    assert message(lambda: FolderMaps(folder, "x")) == (
        f"{folder} must hold one file per image, got a.npy and a.npz; remove one"
    )


def test_shapes_that_differ_within_a_folder(folder):
    np.save(folder / "b.npy", np.zeros((8, 5)))
    assert message(lambda: FolderMaps(folder, "x").read(["a", "b"])) == (
        f"images in {folder} must have one shape, got (5, 8) for a and (8, 5) for b; "
        "resize them"
    )


def test_an_array_of_another_rank(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((2, 3, 4)))
    assert message(lambda: read_image(path)) == (
        f"{path} must be 2-D (h, w), got shape (2, 3, 4); save one image per file"
    )


def test_an_array_of_no_numbers(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((2, 3), complex))
    assert message(lambda: read_image(path)) == (
        f"{path} must hold real numbers, got dtype complex128; save it as float32"
    )


def test_pickles_are_not_loaded(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.array([[{}]], dtype=object))
    assert message(lambda: read_image(path)) == (
        f"{path} must hold real numbers, got dtype object; save it as float32"
    )
    archive = tmp_path / "b.npz"
    np.savez(archive, x=np.array([[{}]], dtype=object))
    assert message(lambda: read_image(archive)) == (
        f"{archive}[x] must hold real numbers, got dtype object; save it as float32"
    )


def test_absurd_sizes_are_refused_by_the_header(tmp_path):
    path = tmp_path / "a.npy"
    with path.open("wb") as stream:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
        np.lib.format.write_array_header_1_0(stream, header)
    assert message(lambda: read_image(path)) == (
        f"{path} must have 1 to {MAX_PIXELS} pixels, got shape (1000000, 1000000)"
    )
    bomb = tmp_path / "b.png"
    bomb.write_bytes(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 10**5, 10**6)
    )
    assert message(lambda: read_image(bomb)) == (
        f"{bomb} must have 1 to {MAX_PIXELS} pixels, got shape (1000000, 100000)"
    )
    none = tmp_path / "c.npy"
    np.save(none, np.zeros((0, 4)))
    assert message(lambda: read_image(none)) == (
        f"{none} must have 1 to {MAX_PIXELS} pixels, got shape (0, 4)"
    )


def write(path, array):
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, array)
    else:
        Image.fromarray(array).save(path)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".png"])
@pytest.mark.parametrize("share", [0.0, 0.03, 0.5, 0.9])
def test_truncated_files_are_one_line(suffix, share, tmp_path):
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (40, 60)).astype(np.uint8)
    write(path, noise)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    text = message(lambda: read_image(path))
    assert text.startswith(f"{path} must be a complete ")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".png"])
def test_damaged_files_are_one_line(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (40, 60)).astype(np.uint8)
    write(path, noise)
    content = bytearray(path.read_bytes())
    for place in range(0, len(content), 7):
        content[place] ^= 0x5A
    path.write_bytes(content)
    text = message(lambda: read_image(path))
    assert text.startswith(f"{path} must be a complete ")


def test_truncated_array_message(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 6)))
    path.write_bytes(path.read_bytes()[:-8])
    reason = r"'[^\n]*23 elements[^\n]*'"  # NumPy's own words
    line = (
        rf"{re.escape(str(path))} must be a complete file, got {reason}; write it again"
    )
    assert re.fullmatch(line, message(lambda: read_image(path)))


def test_a_picture_in_color(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.zeros((3, 4, 3), np.uint8)).save(path)
    assert message(lambda: read_image(path)) == (
        f"{path} must be gray (8 or 16 bit), got mode RGB; save it with one channel"
    )


def test_several_arrays_in_a_file_of_a_folder(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, np.zeros((2, 3)), np.ones((2, 3)))
    assert message(lambda: read_image(path)) == (
        f"{path} must hold one array, got 2; "
        "pass an archive with an array per image as the path itself"
    )


def test_an_archive_without_arrays(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "x")
    assert message(lambda: FolderMaps(path, "x"), FileNotFoundError) == (
        f"{path} must hold .npy, .npz, .png images, got none"
    )


@pytest.mark.parametrize(
    ("array", "ids", "expected"),
    [
        (np.zeros((2, 3)), ("a", "b"), "must be (n, h, w), got shape (2, 3)"),
        (
            np.zeros((2, 3, 4)),
            ("a",),
            "must have one image per id, got 2 for 1 ids",
        ),
        (np.zeros((1, 0, 4)), ("a",), "must have pixels, got shape (1, 0, 4)"),
        (
            np.zeros((1, 3, 4), complex),
            ("a",),
            "must hold real numbers, got dtype complex128",
        ),
    ],
)
def test_arrays_are_checked(array, ids, expected):
    assert message(lambda: ArrayMaps(array, ids, NAMES)) == f"maps of 'mine' {expected}"
    assert message(lambda: ArrayMasks(array, ids)) == f"masks {expected}"


def test_ids_are_unique():
    assert message(lambda: ArrayMasks(np.zeros((2, 3, 4)), ("a", "a"))) == (
        "ids of masks must be unique, got 'a' more than once"
    )
