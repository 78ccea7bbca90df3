import json
import os
import pickle

import numpy as np
import pytest
import zarr

from metrics import FolderMaps
from metrics.sources.formats.limits import PIXELS

MAPS = np.random.default_rng(0).normal(size=(4, 5, 8)).astype(np.float32)
IDS = ["d", "b", "a", "c"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "all.zarr"


def read(path):
    source = FolderMaps(path, "x")
    return source.ids, source.read(source.ids)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("where", ["beside", "attribute"])
@pytest.mark.parametrize("bare", [False, True])
def test_ids_beside_an_array(version, where, bare, path):
    group = zarr.open_group(path, mode="w", zarr_format=version)
    maps = group.create_group("deep").create_array("maps", data=MAPS, chunks=(1, 5, 8))
    if where == "beside":
        numbers = group["deep"].create_array("ids", shape=(4,), dtype="int32")
        numbers[:] = [4, 2, 1, 3]
        expected = ("4", "2", "1", "3")
    else:
        maps.attrs["image_ids"] = IDS
        expected = tuple(IDS)
    ids, got = read(f"{path}::deep" if bare else f"{path}::deep/maps")
    assert ids == expected
    np.testing.assert_array_equal(got, MAPS)


@pytest.mark.filterwarnings("ignore::zarr.errors.UnstableSpecificationWarning")
def test_text_is_ids_too(path):
    group = zarr.open_group(path, mode="w")
    group.create_array("maps", data=MAPS)
    group.create_array("ids", data=np.array(IDS))
    assert read(path)[0] == tuple(IDS)


def test_a_store_of_one_array(path):
    array = zarr.create_array(path, data=MAPS, shards=(2, 5, 8), chunks=(1, 5, 8))
    ids, got = read(path)
    assert ids == ("000000", "000001", "000002", "000003")
    np.testing.assert_array_equal(got, MAPS)
    array.attrs["ids"] = IDS
    assert read(path)[0] == tuple(IDS)


def test_several_arrays_that_could_be_meant(path, message):
    group = zarr.open_group(path, mode="w")
    for name in ("cam", "grad"):
        group.create_array(name, data=MAPS).attrs["ids"] = IDS
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{path} must say which array to read, got cam, grad; add ::NAME to the path, "
        "as in ::cam"
    )


def test_links_out_of_the_store_are_refused(path, tmp_path, message):
    zarr.create_array(path, data=MAPS, chunks=(1, 5, 8))
    chunk = path / "c" / "0" / "0" / "0"
    outside = tmp_path / "outside"
    outside.write_bytes(chunk.read_bytes())
    chunk.unlink()
    chunk.symlink_to(outside)
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{chunk} must lie in its folder, got a link to {outside}; "
        "copy it or pass the folder that holds it"
    )


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("dtype", ["<f4", "|O"])
def test_pickles_are_not_loaded(dtype, path, tmp_path, message):
    path.mkdir()
    shape = {"shape": [1, 2, 3], "chunks": [1, 2, 3], "dtype": dtype, "order": "C"}
    filters = {"filters": [{"id": "pickle"}], "compressor": None, "fill_value": 0}
    (path / ".zarray").write_text(json.dumps({"zarr_format": 2, **shape, **filters}))
    (path / "0.0.0").write_bytes(pickle.dumps(Evil(tmp_path / "evil")))
    text = message(lambda: FolderMaps(path, "x").read(["000000"]))
    assert text.startswith(f"{path} must be a complete file, got ")
    assert not (tmp_path / "evil").exists()


def test_a_bomb_is_refused_by_its_header(path, message):
    zarr.create_array(path, shape=(3, 10**5, 10**6), dtype="f4", chunks=(1, 100, 100))
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{path}/all.zarr must have 1 to {PIXELS.most} pixels, got shape "
        "(100000, 1000000); "
        "set HRCAM_MAX_PIXELS to allow more"
    )


def test_what_is_not_there_or_broken(path, message):
    zarr.open_group(path, mode="w").create_array("maps", data=MAPS)
    assert message(lambda: FolderMaps(f"{path}::mops", "x")) == (
        f"{path}::mops must be there when it is read, got nothing"
    )
    (path / "maps" / "zarr.json").write_text("{")
    assert message(lambda: FolderMaps(path, "x")).startswith(
        f"{path} must be a complete file, got "
    )


def test_a_chunk_that_is_broken(path, message):
    zarr.create_array(path, data=MAPS, chunks=(1, 5, 8))
    chunk = path / "c" / "2" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:-9])
    source = FolderMaps(path, "x")
    assert source.read(["000001"]).shape == (1, 5, 8)
    assert message(lambda: source.read(["000002"])).startswith(
        f"{path} must be a complete file, got "
    )


def test_several_arrays_in_a_store_of_a_folder(path, message):
    group = zarr.open_group(path, mode="w")
    for name in ("a", "b"):
        group.create_array(name, data=MAPS[0])
    assert message(lambda: FolderMaps(path.parent, "x").read(["all"])) == (
        f"{path} must hold one array, got 2; "
        "pass a store with an array per image as the path itself"
    )
