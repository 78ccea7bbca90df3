"""Small trees of files in exactly the layout of each dataset, with real pictures."""

from collections import Counter
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simbench.readers import READERS
from simbench.readers.listing import Empty, Picture
from simbench.readers.root import Root

ISIC = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"
MURA = "MURA-v1.1"


def pixels(seed, *shape, high=256, dtype=np.uint8):
    return np.random.default_rng(seed).integers(0, high, shape).astype(dtype)


def save(path, picture, **how):
    """Save an array or a picture of Pillow's, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    picture.save(path, **how)
    return path


def write(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def isic(root, images=12, masks=True):
    """ISIC 2019: every second image has a mask; images 0 and 1 show one lesion."""
    truth, metadata = [ISIC], ["image,age_approx,anatom_site_general,lesion_id,sex"]
    for k in range(images):
        name = f"ISIC_{k:07d}" + ("_downsampled" if k == 2 else "")
        place = root / "ISIC_2019_Training_Input" / f"{name}.jpg"
        save(place, pixels(k, 24 + 2 * k, 32, 3), quality=90)
        marks = ["1.0" if c == k % 8 else "0.0" for c in range(9)]
        truth.append(",".join([name, *marks]))
        lesion = "BCN_0001" if k < 2 else f"HAM_{k:04d}" if k < 8 else ""
        site = "" if k == 5 else "anterior torso"
        metadata.append(f"{name},{30 + 5 * k}.0,{site},{lesion},female")
        if masks and k % 2 == 0:
            mask = np.zeros((24 + 2 * k, 32), np.uint8)
            mask[4:12, 6:20] = 255
            size = (64, 2 * (24 + 2 * k)) if k == 2 else (32, 24 + 2 * k)
            picture = Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)
            folder = root / "ISIC2018_Task1_Training_GroundTruth"
            save(folder / f"ISIC_{k:07d}_segmentation.png", picture)
    write(root / "ISIC_2019_Training_GroundTruth.csv", *truth)
    write(root / "ISIC_2019_Training_Metadata.csv", *metadata)
    (root / "ISIC_2019_Training_Input" / "LICENSE.txt").write_text("CC BY-NC")
    return {}


def mura(root):
    """MURA: 8 patients to train on, 2 of the published validation images."""
    lines = {"train": ([], []), "valid": ([], [])}
    for patient in range(10):
        split = "train" if patient < 8 else "valid"
        paths, studies = lines[split]
        region = ("XR_WRIST", "XR_ELBOW", "XR_HUMERUS")[patient % 3]
        word = ("negative", "positive")[patient % 2]
        study = f"{split}/{region}/patient{patient:05d}/study1_{word}"
        studies.append(f"{MURA}/{study}/,{patient % 2}")
        for k in range(1 + patient % 3):
            shape = (30, 20 + patient) if k else (30, 20 + patient, 3)
            save(root / study / f"image{k + 1}.png", pixels(10 * patient + k, *shape))
            paths.append(f"{MURA}/{study}/image{k + 1}.png")
        (root / study / "._image1.png").write_bytes(b"\0\5\x16\7")  # as in the archive
    for split, (paths, studies) in lines.items():
        write(root / f"{split}_image_paths.csv", *paths)
        write(root / f"{split}_labeled_studies.csv", *studies)
    return {}


def medmnist(root, color=True, **more):
    arrays = {}
    for seed, (word, count) in enumerate({"train": 9, "val": 4, "test": 5}.items()):
        shape = (count, 12, 10, 3) if color else (count, 12, 10)
        arrays[f"{word}_images"] = pixels(seed, *shape)
        arrays[f"{word}_labels"] = pixels(seed, count, 1, high=3)
    root.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(root / "bloodmnist.npz", **arrays, **more)
    return {}


def folders(root):
    """Two classes, masks of two of the five abnormal images."""
    suffixes = (".png", ".jpg", ".tif", ".jpeg", ".PNG")
    for name in ("normal", "abnormal"):
        for k, suffix in enumerate(suffixes):
            save(root / "images" / name / f"{k}{suffix}", pixels(k, 20 + k, 26))
    for k in (1, 3):
        mask = pixels(k, 20 + k, 26, high=2).astype(bool)
        save(root / "masks" / "abnormal" / f"{k}.png", mask)
    return {"images": "images", "masks": "masks", "healthy": ["normal"]}


def table(root):
    lines = ["path,label,subject,lesion,mask,site"]
    for k in range(12):
        name = f"p{k // 2}/slice{k}.png"
        save(root / name, pixels(k, 18, 22 + k))
        sick = k // 2 % 2
        mask = f"masks/{k}.png" if sick and k % 4 == 2 else ""
        if mask:
            save(root / mask, pixels(k, 18, 22 + k, high=2) * np.uint8(255))
        word, kind = ("patient", "nodule") if sick else ("control", "none")
        lines.append(f"{name},{word},P{k // 2},{kind},{mask},{'ab'[k % 2]}")
    write(root / "labels.csv", *lines)
    return {"strata": ["site"]}


def load_beside(name):
    """Import a module of this folder; tests are no package."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHEST, VOLUMES = load_beside("chest_files"), load_beside("volume_files")
TREES = {"isic": isic, "mura": mura, "medmnist": medmnist} | {
    "folders": folders,
    "table": table,
    "chexlocalize": CHEST.plant_release,
    "nigra-mri": VOLUMES.plant_subjects,
}


@dataclass(frozen=True)
class Tree:
    """A copy of a dataset and the reader's options for it."""

    name: str
    root: Path
    options: dict[str, object] = field(default_factory=dict)


@pytest.fixture
def plant(tmp_path):
    """Plant the tree of a reader."""

    def grow(name, **how):
        root = tmp_path / name
        return Tree(name, root, TREES[name](root, **how))

    return grow


@pytest.fixture(params=TREES)
def tree(request, plant):
    return plant(request.param)


@pytest.fixture(scope="session")
def medical():
    """Return what writes volumes."""
    return VOLUMES


@pytest.fixture(scope="session")
def chest():
    """Return what writes CheXlocalize."""
    return CHEST


@pytest.fixture
def message():
    """Return the text of an error, which must be one line."""

    def told(call, error=ValueError):
        with pytest.raises(error) as caught:
            call()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return told


@pytest.fixture
def reader(tree):
    return READERS[tree.name]


@dataclass(frozen=True)
class Counted:
    """A picture that counts how often it is decoded."""

    picture: Picture
    counts: Counter[Picture]

    @property
    def names(self):
        return self.picture.names

    def read(self, root: Root):
        self.counts[self.picture] += 1
        return self.picture.read(root)


@pytest.fixture
def counting():
    """Give counts, and what makes a picture count how often it is decoded."""
    counts = Counter()

    def counted(picture):
        plain = picture is None or isinstance(picture, Empty)
        return picture if plain else Counted(picture, counts)

    return counts, counted


@pytest.fixture
def trees():
    """The readers that have a tree."""
    return TREES
