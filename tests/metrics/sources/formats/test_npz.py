import io
import zipfile

import numpy as np
import pytest

from metrics import FolderMaps
from metrics.sources.formats.limits import PIXELS


def test_several_arrays_in_a_file_of_a_folder(tmp_path, message):
    path = tmp_path / "a.npz"
    np.savez(path, np.zeros((2, 3)), np.ones((2, 3)))
    assert message(lambda: FolderMaps(tmp_path, "x").read(["a"])) == (
        f"{path} must hold one array, got 2; "
        "pass an archive with an array per image as the path itself"
    )


def test_an_archive_without_arrays(tmp_path, message):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "x")
    assert message(lambda: FolderMaps(path, "x"), FileNotFoundError) == (
        f"{path} must hold images, got none"
    )


def test_pickles_are_not_loaded(tmp_path, message):
    path = tmp_path / "b.npz"
    np.savez(path, x=np.array([[{}]], dtype=object))
    assert message(lambda: FolderMaps(path, "x").read(["x"])) == (
        f"{path}[x] must hold real numbers, got dtype object; save it as float32"
    )


def test_a_bomb_is_refused_by_its_header(tmp_path, message):
    path = tmp_path / "b.npz"
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**5, 10**6)}
    np.lib.format.write_array_header_1_0(stream, header)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", stream.getvalue() + bytes(10**6))
    assert message(lambda: FolderMaps(path, "x").read(["x"])) == (
        f"{path}[x] must have 1 to {PIXELS.most} pixels, got shape (100000, 1000000); "
        "set HRCAM_MAX_PIXELS to allow more"
    )


@pytest.mark.parametrize("key", ["../up", "/etc/x", "a/../../b", "a\nb", ""])
def test_keys_that_are_paths_are_refused(key, tmp_path, message):
    path = tmp_path / "b.npz"
    stream = io.BytesIO()
    np.save(stream, np.zeros((2, 3)))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{key}.npy", stream.getvalue())
    assert message(lambda: FolderMaps(path, "x")) == (
        f"ids in {path} must be plain names, got {key!r}; rename the image"
    )


def test_the_archive_is_opened_once(tmp_path, monkeypatch):
    path = tmp_path / "b.npz"
    np.savez(path, **{str(k): np.full((2, 3), k) for k in range(9)})
    opened = []
    real = zipfile.ZipFile

    def spy(*given, **more):
        opened.append(given)
        return real(*given, **more)

    monkeypatch.setattr(zipfile, "ZipFile", spy)
    source = FolderMaps(path, "x")
    for key in source.ids:
        assert source.read([key]).mean() == float(key)
    assert len(opened) == 2  # once for the names, once for the arrays
