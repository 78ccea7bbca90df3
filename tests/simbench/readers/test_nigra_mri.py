import csv
import re
import sys

import nibabel
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from simbench.readers.choices import Choices
from simbench.readers.folder import read_dataset
from simbench.readers.listing import EMPTY
from simbench.readers.nigra_mri import READER, Options
from simbench.readers.reader import LayoutError
from simbench.readers.root import BombError, Root


@pytest.fixture
def tree(plant):
    return plant("nigra-mri").root


def find(tree, **chosen):
    return READER.find(Root(tree), Options(**chosen))


def edit(tree, who, /, **cells):
    """Change cells of a subject's row."""
    with (tree / "subjects.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row |= cells if row["subject"] == who else {}
    with (tree / "subjects.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def test_rows_are_slices(tree):
    found = find(tree, strata=("age",))
    assert found.classes == ("control", "patient")
    assert len(found.rows) == 3 * 2 + 3 * 3
    assert found.rows[2] == {
        "image_id": "sub-01-001",
        "subject": "sub-01",
        "label": 1,
        "lesion": "patient",
        "split": "",
        "age": "61",
        "slice": 1,
    }
    assert {row["lesion"] for row in found.rows if not row["label"]} == {"none"}
    assert found.size == (20, 16)
    dicom = [
        p.names
        for p, r in zip(found.pictures, found.rows, strict=True)
        if r["subject"] == "sub-03"
    ]
    assert dicom == [(f"sub-03/dicom/IM{n:03d}",) for n in (10, 17, 24)]


def test_masks_of_patients_are_known_where_there_is_a_file(tree):
    found = find(tree)
    masks = dict(zip((row["image_id"] for row in found.rows), found.masks, strict=True))
    assert masks["sub-00-002"] is EMPTY
    assert masks["sub-01-001"] is None
    expected = np.zeros((20, 16), np.uint8)
    expected[8:12, 4:7], expected[8:12, 9:12] = 255, 255
    root = Root(tree)
    for name in ("sub-03-002", "sub-05-001"):
        np.testing.assert_array_equal(masks[name].read(root), expected)
    right = find(tree, labels=(1,)).masks[9].read(root)
    assert right.any()
    assert not right[:, 7:].any()


def test_without_the_column_there_are_no_masks(tree):
    path = tree / "subjects.csv"
    path.write_text(path.read_text().replace(",mask,", ",notes,"))
    assert len(find(tree).masks) == 0


def test_a_box_has_the_pixels_that_scipy_takes(tree):
    """Rows go back by 0.5 mm from y = 30, columns left by 0.75 mm from x = 20."""
    found = find(tree, box=(4.0, 5.0), pixel=0.25, window=(0.0, 400.0))
    assert found.size == (16, 20)
    root, checked = Root(tree), 0
    for row, picture in zip(found.rows, found.pictures, strict=True):
        if row["subject"] == "sub-03":
            continue
        path = tree / picture.names[0]
        stored = nibabel.load(path)
        inverse = np.linalg.inv(stored.affine)
        given = row["subject"] in ("sub-00", "sub-01")
        center = (14, 25) if given else (20 - 0.75 * 7.5, 30 - 0.5 * 9.5)
        shifts = [(np.arange(n) - (n - 1) / 2) * 0.25 for n in (16, 20)]
        front, right = np.meshgrid(
            center[1] - shifts[0], center[0] - shifts[1], indexing="ij"
        )
        up = np.full(front.shape, -10 + 2.0 * row["slice"])
        places = np.stack([right, front, up, np.ones(front.shape)])
        grid = np.tensordot(inverse, places, 1)[:3]
        values = map_coordinates(stored.get_fdata(), grid, order=1, mode="nearest")
        expected = np.clip(values / 400, 0, 1) * 255
        np.testing.assert_allclose(picture.read(root), expected, atol=1e-3)
        checked += 1
    assert checked == 12


def test_an_image_and_its_mask_stay_on_top_of_each_other(tree, medical):
    labels = np.zeros((6, 20, 16), np.uint8)
    labels[:, 5:15, 3:13] = 1
    bright = labels.astype(np.int16) * 500
    affine = medical.AXIAL[:, [2, 1, 0, 3]]
    medical.save_nifti(tree / "a.nii", bright.transpose(2, 1, 0), affine)
    medical.save_nifti(tree / "b.nii", labels, medical.AXIAL)
    edit(tree, "sub-05", path="a.nii", mask="b.nii")
    found = find(tree, box=(8.0, 9.0), pixel=0.5, window=(0.0, 500.0))
    image, mask = (part[-1].read(Root(tree)) for part in (found.pictures, found.masks))
    np.testing.assert_array_equal(image >= 127.5, mask == 255)
    assert 0.2 < (mask == 255).mean() < 0.9


@pytest.mark.parametrize("asked", [(2, 0), (1, 2), (0, 3)])
def test_splits_of_whole_numbers_of_subjects(asked, tree):
    test, validation = asked
    chosen = {"test_subjects": test, "validation_subjects": validation}
    dataset = read_dataset("nigra-mri", tree, Choices(chosen, size=(20, 16)))
    subjects = dataset.index.groupby("split")["subject"].nunique()
    for split, count in zip(("test", "validation"), asked, strict=True):
        if count:
            assert subjects[split] == count
    assert subjects.sum() == 6
    other = read_dataset(
        "nigra-mri", tree, Choices({**chosen, "subjects_seed": 4}, size=(20, 16))
    )
    assert not other.index["split"].equals(dataset.index["split"])


def test_published_splits_are_kept(tree, message):
    path = tree / "subjects.csv"
    path.write_text(path.read_text().replace(",age", ",split"))
    for k in range(6):
        split = ("train", "train", "test", "", "", "")[k]
        edit(tree, f"sub-{k:02d}", split=split)
    for seed in range(9):
        found = find(tree, validation_subjects=2, subjects_seed=seed)
        splits = {row["subject"]: row["split"] for row in found.rows}
        assert splits.pop("sub-02") == "test"
        assert sorted(splits.values()) == ["train"] * 3 + ["validation"] * 2
    assert message(lambda: find(tree, test_subjects=1)) == (
        "test must be left out where it is published, got 1"
    )
    assert message(lambda: find(tree, validation_subjects=9)).startswith(
        "splits must leave images to train on, got none of 5 "
    )


def test_what_is_wrong_is_told_together(tree, message, medical):
    volume = np.zeros((6, 20, 15), np.uint8)
    medical.save_nifti(tree / "narrow.nii", volume, medical.AXIAL)
    moved = medical.AXIAL + np.array([0, 0, 0, 0.4])
    medical.save_nifti(tree / "moved.nii", np.zeros((6, 20, 16), np.uint8), moved)
    edit(tree, "sub-00", slices="1-6")
    edit(tree, "sub-01", path="nowhere.nii")
    edit(tree, "sub-02", x="1", y="", z="3")
    edit(tree, "sub-03", mask="moved.nii")
    edit(tree, "sub-04", x="14", y="27", z="0")
    edit(tree, "sub-05", mask="narrow.nii")
    told = message(lambda: find(tree, box=(8.0, 6.0)))
    assert told == "; ".join(
        [
            "slices of sub-00 must be numbers or rising ranges of 0 to 5, got '1-6'",
            f"{tree / 'nowhere.nii'} must be a file, got nothing; complete the dataset",
            "x, y and z of sub-02 must be millimeters, got '1', '', '3'",
            "mask of sub-03 must lie on the grid of its volume, got voxels up to "
            f"0.6928 mm off in {tree / 'moved.nii'}; resample it",
            f"box of sub-04 must lie inside of {tree / 'sub-04/nm.nii'}, got rows "
            "-0.75 to 7.25 mm of 0 to 10 mm; move its center or make it smaller",
            "and 1 more (6 in all)",
        ]
    )


def test_a_mask_of_another_size(tree, message, medical):
    medical.save_nifti(tree / "m.nii", np.zeros((6, 20, 15), np.uint8), medical.AXIAL)
    edit(tree, "sub-05", mask="m.nii")
    assert message(lambda: find(tree)) == (
        "mask of sub-05 must lie on the grid of its volume, got 6 x 20 x 15 voxels for "
        f"6 x 20 x 16 in {tree / 'm.nii'}; resample it"
    )


def test_a_table_that_is_wrong(tree, message):
    edit(tree, "sub-00", subject="sub-01", group="healthy", path="")
    assert message(lambda: find(tree)) == (
        "subject must have one row, got 'sub-01' again; group must be control or "
        "patient, got 'healthy'; path of sub-01 must be given"
    )
    assert message(lambda: find(tree, strata=("dose",)), LayoutError).startswith(
        "subjects.csv without dose among its columns (subject, group, path, "
    )


def test_groups_of_other_names(tree):
    path = tree / "subjects.csv"
    path.write_text(re.sub("patient", "PD", path.read_text()).replace("control", "HC"))
    found = find(tree, groups=("HC", "PD"))
    assert found.classes == ("HC", "PD")
    assert {row["lesion"] for row in found.rows} == {"none", "PD"}


def test_no_path_leads_out_of_the_root(tree, message):
    edit(tree, "sub-00", path="../sub-00/nm.nii")
    edit(tree, "sub-02", path=str(tree / "sub-02" / "nm.nii"))
    assert message(lambda: find(tree)) == "; ".join(
        f"{name!r} must name a file under {tree}, got a way out of it"
        for name in ("../sub-00/nm.nii", str(tree / "sub-02" / "nm.nii"))
    )


def test_a_bomb_stops_it_all(tree):
    with pytest.raises(BombError):
        READER.find(Root(tree, max_pixels=100), Options())


def test_a_box_that_is_none(tree, message):
    assert message(lambda: find(tree, box=(5.1, 6.0))) == (
        "box must be a whole number of pixels, got 5.1 x 6 mm of 0.5 mm; change either"
    )


def test_without_the_libraries(tree, monkeypatch, message):
    monkeypatch.setitem(sys.modules, "nibabel", None)
    assert message(lambda: find(tree), ImportError) == (
        "NIfTI needs nibabel; pip install 'hrcam-bench[medical]'"
    )
    assert READER.extra == "medical"


def test_options_that_are_none():
    with pytest.raises(ValueError, match=r"must be \[low, high\] with 0 <= low < high"):
        Options(percentiles=(50.0, 50.0))
