"""ISIC 2019: dermoscopic images of eight diagnoses.

The subject is the lesion, where the metadata name it: several images may show one. The
masks are those of ISIC 2018, task 1, which are of some of the images; an image that was
made smaller (``…_downsampled``) has the mask of the larger one. All other masks are
unknown, since every image shows a lesion.
"""

from collections.abc import Sequence

import pandas as pd

from simbench.parameters import Parameters
from simbench.readers.listing import Listing, Picture
from simbench.readers.pictures import MaskFile, PictureFile
from simbench.readers.reader import LayoutError, Reader
from simbench.readers.root import Root, several
from simbench.readers.tables import read_table

CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")
IMAGES = "ISIC_2019_Training_Input"
TRUTH = "ISIC_2019_Training_GroundTruth.csv"
METADATA = "ISIC_2019_Training_Metadata.csv"
MASKS = "ISIC2018_Task1_Training_GroundTruth"
#: Columns of the metadata that the index carries along.
STRATA = ("age_approx", "anatom_site_general", "sex")
LAYOUT = f"""\
ROOT/
  {TRUTH}    image,{",".join(CLASSES)}
  {IMAGES}/
    ISIC_0000000.jpg …
  {METADATA}    if you have it: image,…,lesion_id,…
  {MASKS}/    if you have it (ISIC 2018, task 1)
    ISIC_0000000_segmentation.png …
"""


class Options(Parameters):
    """What may be chosen of ISIC 2019."""

    images: str = IMAGES
    """Folder of the images."""
    masks: str = MASKS
    """Folder of the lesion masks, if there are any."""


def find(root: Root, options: Options) -> Listing:
    """List the images of the table of diagnoses."""
    truth = read_table(root, TRUTH, ("image", *CLASSES[:-1]))
    if not root.has(options.images):
        msg = f"no folder {options.images}"
        raise LayoutError(msg)
    labels, names = _labels(truth), truth["image"].tolist()
    files = [f"{options.images}/{name}.jpg" for name in names]
    root.require(files)
    masks = _masks(root, options.masks, names)
    # nobody's training images are of no known diagnosis, but the table has a column
    used = CLASSES if CLASSES.index("UNK") in labels else CLASSES[:-1]
    subjects, strata = _metadata(root, names)
    rows = [
        {
            "image_id": name,
            "subject": subject,
            "label": label,
            "lesion": CLASSES[label],
            "split": "",
            **more,
        }
        for name, subject, label, more in zip(
            names, subjects, labels, strata, strict=True
        )
    ]
    return Listing(used, rows, list(map(PictureFile, files)), masks, channels=3)


def _labels(truth: pd.DataFrame) -> list[int]:
    """Return the place of each row's 1.

    Raises
    ------
    ValueError
        If a row marks no diagnosis, or several.
    """
    columns = [name for name in CLASSES if name in truth]
    try:
        marks = truth[columns].astype(float)
    except ValueError as error:
        msg = f"{TRUTH} must hold 0 and 1 as diagnoses, got {error}"
        raise ValueError(msg) from error
    odd = truth["image"][
        ~(marks.isin([0.0, 1.0]).all(axis=1) & (marks.sum(axis=1) == 1))
    ]
    if len(odd):
        problems = [f"another number for {name}" for name in odd]
        msg = f"{TRUTH} must mark one diagnosis of each image, got {several(problems)}"
        raise ValueError(msg)
    return [CLASSES.index(name) for name in marks.idxmax(axis=1)]


def _metadata(
    root: Root, names: Sequence[str]
) -> tuple[list[str], list[dict[str, str]]]:
    """Return the subject and the strata of each image."""
    if not root.has(METADATA):
        return list(names), [{} for _ in names]
    table = read_table(root, METADATA, ("image", "lesion_id")).set_index("image")
    table = table[~table.index.duplicated()].reindex(list(names)).fillna("")
    known = table["lesion_id"].tolist()
    subjects = [lesion or name for lesion, name in zip(known, names, strict=True)]
    columns = [name for name in STRATA if name in table]
    cells = zip(*(table[name] for name in columns), strict=True)
    strata = [dict(zip(columns, row, strict=True)) for row in cells]
    return subjects, strata or [{} for _ in names]


def _masks(root: Root, folder: str, names: Sequence[str]) -> list[Picture | None]:
    """Return the mask of each image; nothing without their folder."""
    if not root.has(folder):
        return []
    held = set(root.scan(folder, (".png",)))
    wanted = [
        f"{folder}/{name.removesuffix('_downsampled')}_segmentation.png"
        for name in names
    ]
    return [MaskFile(name) if name in held else None for name in wanted]


READER = Reader(
    "isic",
    "ISIC 2019, dermoscopy, 8 diagnoses; lesion masks of ISIC 2018 (task 1)",
    LAYOUT,
    find,
    Options,
)
