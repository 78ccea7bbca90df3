"""Rows of compressed arrays, at any place, without reading the array."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.readers import archives, members
from simbench.readers.archives import open_arrays
from simbench.readers.root import PictureError

ARRAY = np.random.default_rng(0).integers(0, 40, (600, 20, 17), np.uint8)


@pytest.fixture(scope="module", params=[np.savez, np.savez_compressed])
def path(request, tmp_path_factory):
    found = tmp_path_factory.mktemp("npz") / f"{request.param.__name__}.npz"
    request.param(found, images=ARRAY, labels=np.arange(600)[:, None])
    return found


@given(st.lists(st.integers(0, 599), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_rows_are_those_of_the_array(path, places):
    kept = members.BLOCK, members.KEPT
    members.BLOCK, members.KEPT = 5000, 12000  # two blocks of 41 are kept
    try:
        images = open_arrays(path)["images"]
        for place in places:
            np.testing.assert_array_equal(images.row(place), ARRAY[place])
            assert len(images.member._blocks) <= 2
    finally:
        members.BLOCK, members.KEPT = kept


def test_whole_arrays_shapes_and_types(path):
    arrays = open_arrays(path)
    assert set(arrays) == {"images", "labels"}
    assert arrays["images"].shape == ARRAY.shape
    np.testing.assert_array_equal(arrays["labels"].all(), np.arange(600)[:, None])


def test_blocks_are_decompressed_once_when_rows_are_read_in_order(path, monkeypatch):
    monkeypatch.setattr(members, "BLOCK", 10000)
    images = open_arrays(path)["images"]
    states = []
    whole = members.Member._inflated
    monkeypatch.setattr(
        members.Member,
        "_inflated",
        lambda self, file, place: states.append(place) or whole(self, file, place),
    )
    for place in range(600):
        images.row(place)
    assert states == sorted(
        set(states)
    )  # none twice; none at all if it is not deflated


def test_blocks_grow_with_the_array_so_that_states_are_bounded(path, monkeypatch):
    monkeypatch.setattr(members, "BLOCK", 16)
    monkeypatch.setattr(members, "BLOCKS", 8)
    images = open_arrays(path)["images"]
    for place in (0, 599, 300):
        np.testing.assert_array_equal(images.row(place), ARRAY[place])
    assert len(images.member._states) <= 9


def test_pickles_are_never_loaded(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, images=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(PictureError) as caught:
        open_arrays(path)
    assert str(caught.value) == (
        f"{path} must be a whole .npz file, got: pickled objects in images.npy, which "
        "are never loaded"
    )


def test_columns_first_are_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, images=np.asfortranarray(np.ones((3, 4))))
    with pytest.raises(PictureError, match=r"columns first in images\.npy; save it"):
        open_arrays(path)


def test_arrays_that_would_fill_the_memory_are_refused(path, monkeypatch):
    arrays = open_arrays(path)
    monkeypatch.setattr(archives, "AT_ONCE", 100)
    with pytest.raises(PictureError, match="labels") as caught:
        arrays["labels"].all()
    assert str(caught.value) == "labels.npy must have at most 100 bytes, got 4800"
    monkeypatch.setattr(archives, "LARGEST", 1000)
    with pytest.raises(PictureError, match="images") as caught:
        open_arrays(path)
    assert str(caught.value) == (
        f"{path} must be a whole .npz file, got: {ARRAY.size + 128} bytes of "
        "images.npy, more than 1000"
    )


def test_a_shape_that_the_bytes_do_not_have_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, images=np.zeros((3, 4), np.uint8))
    with zipfile.ZipFile(path) as archive:
        content = archive.read("images.npy")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", content.replace(b"(3, 4)", b"(9999, 4)", 1)[:-4])
    with pytest.raises(PictureError, match=r"another number of bytes in images\.npy"):
        open_arrays(path)


def test_damaged_archives_are_said(path, tmp_path):
    content = path.read_bytes()
    cut = tmp_path / "cut.npz"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(PictureError, match=r"must be a whole \.npz file, got: "):
        open_arrays(cut)


@pytest.mark.parametrize("start", [3000, 90_000])
def test_damaged_rows_are_said(tmp_path, start, monkeypatch):
    monkeypatch.setattr(members, "BLOCK", 1000)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, images=ARRAY)
    bad = bytearray(path.read_bytes())
    bad[start : start + 100] = bytes(100)
    path.write_bytes(bytes(bad))
    images = open_arrays(path)["images"]
    with pytest.raises(ValueError, match="must be a whole archive, got ") as caught:
        images.all()
    assert str(caught.value).startswith(f"{path} must be a whole archive, got ")
