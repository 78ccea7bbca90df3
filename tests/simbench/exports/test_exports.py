import csv

import nibabel
import numpy as np
import pytest
from PIL import Image

from simbench.exports import EXPORTS
from simbench.exports.npz import NAMES
from simbench.generation import generate


@pytest.fixture(scope="module", params=["gray", "color", "deep"])
def dataset(request, tiny_with):
    changes = {
        "gray": {},
        "color": {"anatomy": {"kind": "skin"}},
        "deep": {"acquisition.bits": 12},
    }[request.param]
    return generate(tiny_with({"size": [24, 32], **changes}))


@pytest.fixture
def exported(dataset, tmp_path):
    def write(form):
        EXPORTS[form].write(dataset, tmp_path)
        return tmp_path

    return write


def test_png_files_hold_the_arrays(dataset, exported):
    folder = exported("png")
    assert len(list(folder.rglob("*.png"))) == 2 * len(dataset.index)
    for row in dataset.index.iloc[::7].itertuples():
        name = dataset.classes[row.label]
        place = f"{row.split}/{name}/{row.image_id}.png"
        image = np.asarray(Image.open(folder / "images" / place))
        mask = np.asarray(Image.open(folder / "masks" / place))
        assert (image == dataset.read("image", [row.image_id])[0]).all()
        assert ((mask > 0) == dataset.read("mask", [row.image_id])[0]).all()
        assert set(np.unique(mask)) <= {0, 255}


def test_npz_has_the_layout_of_medmnist(dataset, exported):
    with np.load(exported("npz") / "dataset.npz", allow_pickle=False) as file:
        parts = ("images", "labels", "masks")
        assert set(file) == {f"{s}_{part}" for s in NAMES.values() for part in parts}
        for split, short in NAMES.items():
            ids = dataset.ids(split)
            labels = dataset.index.set_index("image_id").loc[ids, "label"]
            assert (file[f"{short}_images"] == dataset.read("image", ids)).all()
            assert (file[f"{short}_masks"] == dataset.read("mask", ids)).all()
            assert file[f"{short}_labels"].shape == (len(ids), 1)
            assert (file[f"{short}_labels"][:, 0] == labels.to_numpy()).all()


def test_nifti_files_hold_the_arrays_transposed(dataset, exported):
    folder = exported("nifti")
    with (folder / "index.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["image_id"] for row in rows] == dataset.index["image_id"].tolist()
    for name in dataset.index["image_id"][::11]:
        file = nibabel.load(folder / "images" / f"{name}.nii.gz")
        mask = nibabel.load(folder / "masks" / f"{name}.nii.gz")
        image = dataset.read("image", [name])[0]
        found = np.asarray(file.dataobj)
        assert found.shape == (32, 24, 1)
        if image.ndim == 3:
            found = np.stack([found[c] for c in "RGB"], axis=-1)
            assert (found[:, :, 0] == image.transpose(1, 0, 2)).all()
        else:
            assert (found[:, :, 0] == image.T).all()
        expected = dataset.read("mask", [name])[0].T
        assert (np.asarray(mask.dataobj)[:, :, 0] == expected).all()
        assert nibabel.aff2axcodes(file.affine) == ("L", "P", "S")
