"""CheXlocalize as it is given out: paths and numbers differ between its tables."""

import json
import pickle

import numpy as np
from PIL import Image
from pycocotools import mask as coding

FINDINGS = (
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Lesion",
    "Airspace Opacity",
    "Edema",
    "Consolidation",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Support Devices",
)
OTHERS = ("No Finding", "Pneumonia", "Pleural Other", "Fracture")
COLUMNS = (
    *OTHERS,
    *(name.replace("Airspace", "Lung") for name in FINDINGS),
)
#: Image, and the findings that it has.
VAL = {
    "patient64541/study1/view1_frontal": ("Cardiomegaly", "Lung Opacity"),
    "patient64542/study1/view1_frontal": ("Support Devices",),
    "patient64542/study1/view2_lateral": ("Support Devices",),
    "patient64543/study1/view1_frontal": (),
    "patient64544/study1/view1_frontal": ("Cardiomegaly", "Edema"),
}
TEST = {
    "patient64741/study1/view1_frontal": ("Cardiomegaly",),
    "patient64742/study1/view1_frontal": (),
}


def outline(name, finding, size):
    """Draw what a radiologist might have: a rectangle of its own for each."""
    mask = np.zeros(size, np.uint8)
    at = (len(name) + 3 * len(finding)) % 7
    mask[at : at + 5, at + 2 : at + 9] = 1
    return mask


def encoded(mask):
    runs = coding.encode(np.asfortranarray(mask))
    return {"size": list(mask.shape), "counts": runs["counts"].decode()}


def plant(folder, images, split, header, prefix, number):
    lines, outlines = [",".join([*header, *COLUMNS])], {}
    for place, (name, findings) in enumerate(images.items()):
        size = (22 + place, 30)
        pixels = np.random.default_rng(place).integers(0, 256, size).astype(np.uint8)
        path = folder / "CheXpert" / split / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=95)
        marks = [number(column in findings) for column in COLUMNS]
        facts = ["Male", "73", "Frontal", "AP"][: len(header) - 1]
        lines.append(",".join([f"{prefix}/{name}.jpg", *facts, *marks]))
        if findings:  # images without any finding have no key
            drawn = [name.replace("Lung O", "Airspace O") for name in findings]
            outlines[name.replace("/", "_")] = {
                finding: encoded(
                    outline(name, finding, size)
                    if finding in drawn
                    else np.zeros(size, np.uint8)
                )
                for finding in FINDINGS
            }
    (folder / "CheXpert" / f"{split}_labels.csv").write_text("\n".join(lines) + "\n")
    place = folder / "CheXlocalize" / f"gt_segmentations_{split}.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(outlines))


class Trap:
    """What runs when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


def plant_release(root):
    header = ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA"]
    plant(root, VAL, "val", header, "CheXpert-v1.0/valid", lambda x: f"{float(x)}")
    plant(root, TEST, "test", ["Path"], "test", lambda x: f"{int(x)}")
    maps = root / "CheXlocalize" / "gradcam_maps_val"
    maps.mkdir()
    trap = maps / "patient64541_study1_view1_frontal_Edema_map.pkl"
    trap.write_bytes(pickle.dumps(Trap()))
    return {}
