import numpy as np
import pytest

from metrics import FolderMaps, FolderMasks


@pytest.fixture
def folder(tmp_path):
    for number, key in enumerate("bac"):
        np.save(tmp_path / f"{key}.npy", np.full((5, 8), number))
    return tmp_path


def test_other_files_and_hidden_files_are_left_alone(folder):
    (folder / "notes.txt").write_text("x")
    (folder / "labels.csv").write_text("x")
    (folder / "info.json").write_text("x")
    (folder / "unreadable").write_text("x")
    (folder / "unreadable").chmod(0)
    (folder / ".b.npy").write_text("x")
    (folder / "deeper").mkdir()
    assert FolderMaps(folder, "mine").ids == ("a", "b", "c")


def test_ids_are_sorted_by_stem_not_by_file_name(tmp_path):
    for key in ("a", "a-b"):  # "a-b.npy" comes before "a.npy"
        np.save(tmp_path / f"{key}.npy", np.zeros((2, 3)))
    assert FolderMasks(tmp_path).ids == ("a", "a-b")


def test_formats_may_be_mixed(folder):
    np.savez(folder / "d.npz", np.ones((2, 9)))
    found = [one.shape for one in FolderMaps(folder, "x").each(["d", "a"])]
    assert found == [(2, 9), (5, 8)]


def test_two_files_of_one_stem(folder, message):
    np.savez(folder / "a.npz", np.zeros((2, 3)))
    assert message(lambda: FolderMaps(folder, "x")) == (
        f"{folder} must hold one file per image, got a.npy and a.npz; remove one"
    )


def test_an_empty_folder(tmp_path, message):
    kinds = ".npy, .npz, .png, .tif, .tiff, .nii, .nii.gz, .dcm, .dicom, .ima"
    kinds += ", .h5, .hdf5, .zarr"
    expected = f"{tmp_path} must hold images ({kinds}), got none"
    assert message(lambda: FolderMaps(tmp_path, "x"), FileNotFoundError) == expected
    assert message(lambda: FolderMasks(tmp_path), FileNotFoundError) == expected
    (tmp_path / "annotations.json").write_text("{}")
    expected += "; pass the file annotations.json itself"
    assert message(lambda: FolderMasks(tmp_path), FileNotFoundError) == expected


def test_links_within_the_folder_but_not_out_of_it(folder, tmp_path, message):
    (folder / "d.npy").symlink_to(folder / "a.npy")
    np.testing.assert_array_equal(*FolderMaps(folder, "x").read(["a", "d"]))
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "e.npy").symlink_to(folder / "a.npy")
    assert message(lambda: FolderMaps(inner, "x")) == (
        f"{inner / 'e.npy'} must lie in its folder, got a link to {folder / 'a.npy'}; "
        "copy it or pass the folder that holds it"
    )


def test_a_file_that_may_not_be_read(folder, monkeypatch, message):
    from pathlib import Path

    def refuse(self, *_given):
        raise PermissionError(13, "Permission denied", str(self))

    source = FolderMaps(folder, "x")
    monkeypatch.setattr(Path, "open", refuse)
    assert message(lambda: source.read(["a"])) == (
        f"{folder / 'a.npy'} must be readable, got: Permission denied; "
        "change its permissions"
    )


def test_a_file_that_is_gone(folder, message):
    source = FolderMaps(folder, "x")
    (folder / "a.npy").unlink()
    assert message(lambda: source.read(["a"])) == (
        f"{folder / 'a.npy'} must be there when it is read, got nothing"
    )
