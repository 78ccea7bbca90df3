import h5py
import numpy as np
import pytest

from metrics import FolderMaps, FolderMasks
from metrics.sources.formats import arrays
from metrics.sources.formats.limits import PIXELS

MAPS = np.random.default_rng(0).normal(size=(4, 5, 8))
IDS = ["d", "b", "a", "c"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "all.h5"


def read(path):
    source = FolderMaps(path, "x")
    return source.ids, source.read(source.ids)


@pytest.mark.parametrize("where", ["beside", "named", "attribute", "own attribute"])
@pytest.mark.parametrize("bare", [False, True])
def test_ids_beside_a_dataset(where, bare, path):
    with h5py.File(path, "w") as file:
        maps = file.create_dataset("maps", data=MAPS, chunks=(1, 5, 8))
        if where == "beside":
            file["image_id"] = np.array(IDS, dtype="S")
        elif where == "named":
            file["maps_ids"] = IDS
        else:
            maps.attrs["ids" if where == "attribute" else "maps_ids"] = IDS
    ids, got = read(path if bare else f"{path}::maps")
    assert ids == tuple(IDS)
    np.testing.assert_array_equal(got, MAPS)


def test_numbers_are_ids_too(path):
    with h5py.File(path, "w") as file:
        file["maps"], file["ids"] = MAPS, [7, 3, 1, 20]
    assert read(path)[0] == ("7", "3", "1", "20")


def test_images_without_ids_are_numbered(path):
    with h5py.File(path, "w") as file:
        file["maps"] = MAPS
    assert read(path)[0] == ("000000", "000001", "000002", "000003")


def test_several_stacks_must_be_chosen_from(path, message):
    with h5py.File(path, "w") as file:
        file["cam"], file["grad"], file["ids"] = MAPS, -MAPS, IDS
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{path} must say which array to read, got cam, grad; add ::NAME to the path, "
        "as in ::cam"
    )
    np.testing.assert_array_equal(read(f"{path}::grad")[1], -MAPS)


def test_a_dataset_per_image_in_a_group(path):
    with h5py.File(path, "w") as file:
        for key, pixels in zip(IDS, MAPS, strict=True):
            file[f"deep/maps/{key}"] = pixels
        file["deep/maps"].create_group("more")
        file["deep/maps/note"] = "text"
    ids, got = read(f"{path}::/deep/maps/")
    assert ids == ("a", "b", "c", "d")
    np.testing.assert_array_equal(got, MAPS[[2, 1, 3, 0]])


def test_rows_are_read_by_slices(path, monkeypatch):
    """Neighbors at once, at most a block of them; never the whole."""
    with h5py.File(path, "w") as file:
        file["maps"] = np.arange(60.0 * 12).reshape(60, 3, 4)
    read_ = []
    real = h5py.Dataset.__getitem__

    def spy(self, item, **more):
        read_.append(item)
        return real(self, item, **more)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", spy)
    monkeypatch.setattr(arrays, "BLOCK_PIXELS", 5 * 12)
    source = FolderMaps(path, "x")
    rows = np.array([9, 3, 4, 5, 6, 50, 0, 30])
    got = source.read([f"{row:06d}" for row in rows])
    assert read_ == [slice(3, 10), 50, 0, 30]
    np.testing.assert_array_equal(got[:, 0, 0], 12.0 * rows)


def test_links_to_other_files_are_refused(path, tmp_path, message):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["maps"] = MAPS
    with h5py.File(path, "w") as file:
        file["maps"] = h5py.ExternalLink("secret.h5", "/maps")
    for where in (path, f"{path}::maps"):
        assert message(lambda where=where: FolderMaps(where, "x")) == (
            f"{path} must hold its arrays itself, got a link 'maps'; copy the array"
        )
    with h5py.File(path, "w") as file:
        file["group"] = h5py.ExternalLink("secret.h5", "/")
    assert message(lambda: FolderMaps(f"{path}::group/maps", "x")) == (
        f"{path} must hold its arrays itself, got a link 'group'; copy the array"
    )


def test_arrays_in_other_files_are_refused(path, tmp_path, message):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["maps"] = MAPS
    layout = h5py.VirtualLayout(MAPS.shape, MAPS.dtype)
    layout[:] = h5py.VirtualSource("secret.h5", "maps", MAPS.shape)
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("maps", layout)
    expected = f"{path} must hold its arrays itself, got 'maps' from other files"
    assert message(lambda: FolderMaps(path, "x")) == expected
    (tmp_path / "raw").write_bytes(MAPS.tobytes())
    with h5py.File(path, "w") as file:
        outside = [(str(tmp_path / "raw"), 0, MAPS.nbytes)]
        file.create_dataset("maps", MAPS.shape, MAPS.dtype, external=outside)
    assert message(lambda: FolderMaps(path, "x")) == expected


def test_a_bomb_is_refused_by_its_header(path, message):
    with h5py.File(path, "w") as file:
        file.create_dataset("maps", (3, 10**5, 10**6), "f4", chunks=True)
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{path}/maps must have 1 to {PIXELS.most} pixels, got shape "
        "(100000, 1000000); "
        "set HRCAM_MAX_PIXELS to allow more"
    )


def test_what_is_not_there(path, message):
    with h5py.File(path, "w") as file:
        file["maps"] = MAPS
    assert message(lambda: FolderMaps(f"{path}::mops/x", "x")) == (
        f"{path} must hold mops/x, got no 'mops'; it has maps"
    )
    assert message(lambda: FolderMaps(f"{path}::maps/x", "x")) == (
        f"{path} must hold maps/x, got no 'x'; it has nothing"
    )
    npz = path.with_name("a.npz")
    np.savez(npz, a=MAPS)
    assert message(lambda: FolderMaps(f"{npz}::a", "x")) == (
        f"{npz} must be HDF5 or Zarr to hold 'a', got npz"
    )


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        ({"x": "text"}, " must hold arrays of numbers, got none"),
        ({"x": np.zeros((2, 3), complex)}, " must hold arrays of numbers, got none"),
        (
            {"x": np.zeros((2, 3, 4, 5, 6))},
            "/x must be (n, h, w) or (n, d, h, w), got shape (2, 3, 4, 5, 6)",
        ),
        (
            {"x": np.zeros((2, 3, 4)), "ids": ["a"]},
            ", ids must have one id per image, got shape (1,) for (2,) images",
        ),
        (
            {"x": np.zeros((2, 3, 4)), "ids": ["a", "a"]},
            "/x must be unique, got 'a' more than once",
        ),
        (
            {"x": np.zeros((2, 3, 4)), "ids": ["a", "../b"]},
            "/x must be plain names, got '../b'; rename the image",
        ),
    ],
)
def test_files_that_are_none(content, ending, path, message):
    with h5py.File(path, "w") as file:
        for key, value in content.items():
            file[key] = value
    before = "ids in " if "plain" in ending or "unique" in ending else ""
    assert message(lambda: FolderMaps(path, "x")) == f"{before}{path}{ending}"


def test_several_arrays_in_a_file_of_a_folder(path, message):
    with h5py.File(path, "w") as file:
        file["a"], file["b"] = MAPS[0], MAPS[1]
    assert message(lambda: FolderMaps(path.parent, "x").read(["all"])) == (
        f"{path} must hold one array, got 2; "
        "pass a file with an array per image as the path itself"
    )


def test_masks_of_volumes(path):
    volumes = np.random.default_rng(0).random((2, 3, 4, 5)) > 0.5
    with h5py.File(path, "w") as file:
        file.create_dataset("masks", data=volumes)
    np.testing.assert_array_equal(
        FolderMasks(path).read(["000001", "000000"]).lesion, volumes[::-1]
    )


def test_without_the_library(path, monkeypatch, message):
    import sys

    with h5py.File(path, "w") as file:
        file["maps"] = MAPS
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert message(lambda: FolderMaps(path, "x"), ImportError) == (
        "HDF5 needs h5py; pip install 'hrcam-bench[medical]'"
    )
