"""MURA 1.1: radiographs of seven regions of the arm, normal or abnormal by study.

The published validation images are the test split; a validation split is drawn from the
training images. Letters tell left from right, so that images are never mirrored. There
are no masks.
"""

import re
from typing import Literal

from simbench.parameters import Parameters
from simbench.readers.listing import Listing, named
from simbench.readers.pictures import PictureFile
from simbench.readers.reader import LayoutError, Reader
from simbench.readers.root import Root, several
from simbench.readers.tables import read_table

#: Published split, and what it is here.
SPLITS = {"train": "train", "valid": "test"}
CLASSES = ("normal", "abnormal")
_PLACE = re.compile(
    r"(?P<split>train|valid)/XR_(?P<region>[A-Z]+)/(?P<patient>patient\d+)/"
    r"(?P<study>study\d+_(positive|negative))/[^/]+\.png"
)
LAYOUT = """\
ROOT/    (MURA-v1.1)
  train_image_paths.csv
    MURA-v1.1/train/XR_WRIST/patient00006/study1_positive/image1.png …
  train_labeled_studies.csv
    MURA-v1.1/train/XR_WRIST/patient00006/study1_positive/,1 …
  valid_image_paths.csv, valid_labeled_studies.csv
  train/
    XR_WRIST/patient00006/study1_positive/image1.png …
  valid/
    XR_WRIST/patient11185/study1_positive/image1.png …
"""


class Options(Parameters):
    """What may be chosen of MURA."""

    subject: Literal["patient", "study"] = "patient"
    """Whose images belong together: a patient's, or a study's alone."""
    regions: tuple[str, ...] = ()
    """Regions that are read, such as ``WRIST``; by default all."""


def find(root: Root, options: Options) -> Listing:
    """List the images of both published splits."""
    rows, files, problems = [], [], []
    for published, split in SPLITS.items():
        studies = _studies(root, published)
        table = read_table(
            root, f"{published}_image_paths.csv", ("path",), header=False
        )
        for path in table["path"]:
            name = _inside(path)
            place = _PLACE.fullmatch(name)
            if place is None:
                msg = f"{published}_image_paths.csv with the path {path!r}"
                raise LayoutError(msg)
            if options.regions and place["region"] not in options.regions:
                continue
            label = studies.get(name.rpartition("/")[0])
            if label != ("1" if place[5] == "positive" else "0"):
                problems.append(f"{name} with label {label or 'unknown'}")
                continue
            files.append(name)
            rows.append(_row(place, label == "1", split, options))
    if problems:
        msg = "labels of studies must agree with their folders, got "
        raise ValueError(msg + several(problems))
    if not rows:
        known = ", ".join(options.regions)
        msg = f"regions must be among the images', got {known}"
        raise ValueError(msg)
    root.require(files)
    return Listing(CLASSES, rows, list(map(PictureFile, files)), channels=1)


def _studies(root: Root, published: str) -> dict[str, str]:
    """Return the label of each study, by its folder."""
    name = f"{published}_labeled_studies.csv"
    table = read_table(root, name, ("path", "label"), header=False)
    folders = [_inside(path).rstrip("/") for path in table["path"]]
    return dict(zip(folders, table["label"], strict=True))


def _inside(path: str) -> str:
    """Return a path relative to the root; those in the files start above it."""
    return re.sub(r"^MURA-v1\.[0-9]+/", "", path)


def _row(
    place: re.Match[str], abnormal: bool, split: str, options: Options
) -> dict[str, object]:
    patient, region = place["patient"], place["region"].lower()
    study = f"{patient}/{region}/{place['study'].partition('_')[0]}"
    return {
        "image_id": named(place[0]),
        "subject": patient if options.subject == "patient" else study,
        "label": int(abnormal),
        "lesion": "abnormal" if abnormal else "none",
        "split": split,
        "region": region,
        "study": study,
    }


READER = Reader(
    "mura",
    "MURA 1.1, radiographs of seven regions of the arm, normal or abnormal",
    LAYOUT,
    find,
    Options,
    chiral=True,
)
