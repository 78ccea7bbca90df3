"""CheXlocalize: radiographs of CheXpert with ten findings outlined by radiologists.

One finding is chosen; the classes are without and with it. The published validation
and test images are those splits, so that there are none to train on: a model of
CheXpert is brought along. Images without the finding have an empty mask; where the
table tells of the finding but nobody outlined it, the mask is unknown. The saliency
maps that come along are pickles, which are never loaded: docs/converting-pickles.md.
"""

import re
from typing import Any, Literal

from simbench.parameters import Parameters
from simbench.readers.healthy import HEALTHY
from simbench.readers.listing import EMPTY, Listing, Picture
from simbench.readers.outlines import Outlined, read_outlines
from simbench.readers.pictures import PictureFile
from simbench.readers.reader import LayoutError, Reader
from simbench.readers.root import Root, several
from simbench.readers.tables import read_table

#: Published split, and what it is here.
SPLITS = {"val": "validation", "test": "test"}
Pathology = Literal[
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Lesion",
    "Lung Opacity",
    "Edema",
    "Consolidation",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Support Devices",
]
#: Older names that findings have in the files of outlines.
OTHER_NAMES = {"Lung Opacity": "Airspace Opacity"}
STRATA = ("Sex", "Age", "AP/PA")
_PLACE = re.compile(
    r"(?:.*/)?(?P<patient>patient\d+)/(?P<study>study\d+)/"
    r"(?P<image>view\d+_(?P<view>frontal|lateral))\.jpg"
)
LAYOUT = """\
ROOT/
  CheXpert/
    val_labels.csv, test_labels.csv    Path,…,Cardiomegaly,… (one of them suffices)
    val/
      patient64541/study1/view1_frontal.jpg …
    test/
      patient64741/study1/view1_frontal.jpg …
  CheXlocalize/
    gt_segmentations_val.json, gt_segmentations_test.json
"""


class Options(Parameters):
    """What may be chosen of CheXlocalize."""

    pathology: Pathology = "Cardiomegaly"
    """The finding."""
    views: Literal["frontal", "lateral", "all"] = "all"
    """Views that are read."""


def find(root: Root, options: Options) -> Listing:
    """List the images of the tables there are."""
    held = [name for name in SPLITS if root.has(f"CheXpert/{name}_labels.csv")]
    if not held:
        pickles = root.scan(suffixes=(".pkl",))
        msg = "no CheXpert/val_labels.csv"
        if pickles:
            msg = (
                f"pickles ({pickles[0]}), which are never loaded: "
                "docs/converting-pickles.md tells how to make .npy of them"
            )
        raise LayoutError(msg)
    rows: list[dict[str, Any]] = []
    files: list[str] = []
    masks: list[Picture | None] = []
    for published in held:
        for row, name, mask in _images(root, published, options):
            rows.append(row)
            files.append(name)
            masks.append(mask)
    if not rows:
        msg = f"views must be among the images', got {options.views}"
        raise ValueError(msg)
    root.require(files)
    classes = (f"no {options.pathology}", options.pathology)
    pictures = list(map(PictureFile, files))
    return Listing(classes, rows, pictures, masks, channels=1)


_Image = tuple[dict[str, Any], str, Picture | None]


def _images(root: Root, published: str, options: Options) -> list[_Image]:
    """Return the row, the file and the mask of the images of one published split."""
    pathology, name = options.pathology, f"CheXpert/{published}_labels.csv"
    table = read_table(root, name, ("Path", pathology))
    outlines = read_outlines(root, f"CheXlocalize/gt_segmentations_{published}.json")
    strata = [column for column in STRATA if column in table]
    found: list[_Image] = []
    problems = []
    for cells in table.to_dict("records"):
        path, label = cells["Path"], cells[pathology].removesuffix(".0")
        place = _PLACE.fullmatch(path)
        if place is None:
            msg = f"{name} with the path {path!r}"
            raise LayoutError(msg)
        if options.views not in ("all", place["view"]):
            continue
        key = f"{place['patient']}_{place['study']}_{place['image']}"
        if label not in ("0", "1"):
            problems.append(f"{label!r} of {key}")
            continue
        row = {
            "image_id": key,
            "subject": place["patient"],
            "label": int(label),
            "lesion": pathology if label == "1" else HEALTHY,
            "split": SPLITS[published],
            "view": place["view"],
            **{column: cells[column] for column in strata},
        }
        inside = f"{place['patient']}/{place['study']}/{place['image']}.jpg"
        mask = _mask(outlines.get(key, {}), pathology) if label == "1" else EMPTY
        found.append((row, f"CheXpert/{published}/{inside}", mask))
    if problems:
        msg = f"{name} must hold 0 or 1 as {pathology}, got {several(problems)}"
        raise ValueError(msg)
    return found


def _mask(outlines: dict[str, Outlined], pathology: str) -> Picture | None:
    """Return the mask of a finding that an image has; None if nobody outlined it."""
    names = (pathology, OTHER_NAMES.get(pathology, pathology))
    drawn = next((outlines[name] for name in names if name in outlines), None)
    return None if drawn is None or drawn.runs.empty else drawn


READER = Reader(
    "chexlocalize",
    "CheXlocalize, radiographs of CheXpert with outlines of ten findings",
    LAYOUT,
    find,
    Options,
    chiral=True,
)
