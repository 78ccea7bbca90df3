"""What every format must do."""

import pickle
import re

import numpy as np
import pytest

from metrics import FolderMaps, FolderMasks, score
from metrics.sources.formats import FORMATS, find_format, list_suffixes
from metrics.sources.formats.format import choose
from metrics.sources.formats.image import ImageError

IDS = ("b", "a", "c.1")
FLAT = (5, 8)
DEEP = (3, 5, 8)


def images(size, seed=0):
    generator = np.random.default_rng(seed)
    return {key: generator.integers(0, 60000, size).astype(np.uint16) for key in IDS}


@pytest.fixture(params=[FLAT, DEEP], ids=["flat", "deep"])
def size(request, kind):
    if request.param == DEEP and kind == "png":
        pytest.skip("pictures are flat")
    return request.param


def test_pixels_come_back_in_the_order_asked(kind, size, write):
    given = images(size)
    source = FolderMaps(write(kind, given), "mine")
    assert sorted(source.ids) == sorted(IDS)
    asked = ["c.1", "b"]
    got = source.read(asked)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, np.stack([given[key] for key in asked]))
    assert source.read(["a"]).shape == (1, *size)
    assert source.read(IDS).flags.c_contiguous


def test_headers_tell_the_size_without_the_pixels(kind, size, write):
    source = FolderMaps(write(kind, images(size)), "mine")
    assert [source.header(key).size for key in IDS] == [size] * 3


def test_images_may_differ_in_size(kind, write):
    if kind.endswith("stack"):
        pytest.skip("a stack has one size")
    given = images(FLAT) | {"a": np.arange(12, dtype=np.uint16).reshape(2, 6)}
    source = FolderMaps(write(kind, given), "mine")
    for key, got in zip(IDS, source.each(IDS), strict=True):
        np.testing.assert_array_equal(got, given[key])


def test_floats_keep_their_type(kind, size, write):
    if kind in ("png", "dicom"):
        pytest.skip("whole numbers only")
    for dtype in (np.float32, np.float64):
        given = {
            k: np.random.default_rng(0).normal(size=size).astype(dtype) for k in IDS
        }
        got = FolderMaps(write(kind, given, str(dtype)), "mine").read(IDS)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, np.stack([given[key] for key in IDS]))


def test_masks_are_whatever_is_not_zero(kind, size, write):
    given = {key: pixels * (pixels > 30000) for key, pixels in images(size).items()}
    truth = FolderMasks(write(kind, given)).read(IDS)
    np.testing.assert_array_equal(
        truth.lesion, np.stack([given[key] != 0 for key in IDS])
    )
    assert truth.lesion.flags.c_contiguous
    assert truth.numbered is None


def test_sources_can_be_sent_to_another_process(kind, write):
    source = FolderMaps(write(kind, images(FLAT)), "mine")
    expected = source.read(IDS)
    sent = pickle.loads(pickle.dumps(source))
    np.testing.assert_array_equal(sent.read(IDS), expected)


def scene(size):
    """Eight images with maps, in whole numbers, and one box of lesion in most."""
    generator = np.random.default_rng(1)
    masks = np.zeros((8, *size), bool)
    for mask in masks[:6]:
        corner = [generator.integers(0, side // 2) for side in size]
        mask[
            tuple(slice(c, c + side // 2) for c, side in zip(corner, size, strict=True))
        ] = 1
    maps = np.clip(9000 * masks + generator.normal(20000, 9000, masks.shape), 0, 65535)
    return maps.astype(np.uint16), masks


def values(scores):
    """Every value of every score, in the order of the table."""
    return scores.table["value"].to_numpy()


def by_id(arrays):
    return {f"{index:06d}": array for index, array in enumerate(arrays)}


def test_files_and_memory_have_the_same_scores(kind, size, write):
    maps, masks = scene(size)
    there = write(kind, by_id(maps), "maps")
    truth = write(kind, by_id(masks.astype(np.uint8)), "masks")
    found = score({"mine": there}, truth)
    expected = score({"mine": maps}, truth if "nifti" in kind else masks)
    assert np.isfinite(values(expected)).sum() > 20
    np.testing.assert_array_equal(values(found), values(expected))
    assert list(found.ids) == list(by_id(maps))


def test_annotations_and_memory_have_the_same_scores(mask_kind, write_masks):
    maps, masks = scene((10, 14))
    found = score({"mine": maps}, write_masks(mask_kind, by_id(masks)))
    np.testing.assert_array_equal(values(found), values(score({"mine": maps}, masks)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("share", [0.0, 0.03, 0.4, 0.9, 0.999])
@pytest.mark.parametrize(
    "kind", ["npy", "npz", "png", "tiff", "nifti", "nifti gz", "dicom", "hdf5"]
)
def test_truncated_files_are_one_line(kind, share, write, message):
    if kind == "png" and share == 0.999:
        pytest.skip("no pixel is lost")
    noise = np.random.default_rng(0).integers(0, 60000, (40, 60)).astype(np.uint16)
    folder = write(kind, {"a": noise})
    (path,) = folder.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    text = message(lambda: FolderMaps(folder, "x").read(["a"]), ImageError)
    assert re.match(rf"{re.escape(str(path))}(\[\w+\])? must ", text), text


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "kind", ["npy", "npz", "png", "tiff", "nifti", "nifti gz", "dicom", "hdf5"]
)
def test_damaged_files_are_one_line_or_read(kind, write):
    noise = np.random.default_rng(0).integers(0, 60000, (20, 30)).astype(np.uint16)
    folder = write(kind, {"a": noise})
    (path,) = folder.iterdir()
    content = path.read_bytes()
    generator = np.random.default_rng(1)
    refused = []
    for _ in range(60):
        broken = bytearray(content)
        for place in generator.integers(0, min(len(broken), 900), 4):
            broken[place] = generator.integers(0, 256)
        path.write_bytes(broken)
        try:
            FolderMaps(folder, "x").read(["a"])
        except ImageError as error:
            refused.append(str(error))
    assert refused
    assert all(str(path) in text and "\n" not in text for text in refused)


def test_every_format_says_what_it_is():
    for name, entry in FORMATS.items():
        assert entry.name == name
        assert entry.about
        assert entry.suffixes
        assert entry.gather is not None or entry.read is not None
        assert (entry.header is None) == (entry.read is None)


def test_suffixes_are_found_whatever_their_case(tmp_path):
    for name, stem, entry in (
        ("a.b.NII.GZ", "a.b", "nifti"),
        ("a.nii.nii", "a.nii", "nifti"),
        ("a.TIFF", "a", "tiff"),
        ("x.y.json", "x.y", "coco"),
        ("1.2.3.dcm", "1.2.3", "dicom"),
    ):
        (tmp_path / name).touch()
        found = find_format(tmp_path / name)
        assert found is not None
        assert (found[0].name, found[1]) == (entry, stem)
    (tmp_path / "a.txt").write_text("x" * 200)
    assert find_format(tmp_path / "a.txt") is None
    assert ".nii.gz" in list_suffixes()


def test_labels_are_chosen_by_number_or_name(message):
    names = {1: "lesion", 2: "edema", 3: "edema"}
    assert choose(names, (), "it") == {1, 2, 3}
    assert choose(names, ("edema", 1), "it") == {1, 2, 3}
    assert choose(names, ("3",), "it") == {3}
    assert message(lambda: choose(names, ("lung",), "the segments of a.dcm")) == (
        "labels must be in the segments of a.dcm, got 'lung'; it has 1 'lesion', "
        "2 'edema', 3 'edema'"
    )
    assert message(lambda: choose({}, (1,), "x")) == (
        "labels must be in x, got 1; it has none"
    )
