"""Neuromelanin MRI: slices of a volume of each subject, boxed around the brain stem.

A table has a row for each subject; volumes are NIfTI files or folders with a DICOM
series. Slices are axial and counted from the feet (:mod:`simbench.readers.medical`). A
subject's slices are never parted. Patients have lost signal in the substantia nigra, so
a volume of labels of the nigra is the mask of a patient's slices; there is no lesion in
a control's.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from simbench.parameters import Finite, Parameters, Positive
from simbench.readers.healthy import lesion
from simbench.readers.listing import EMPTY, Listing, Picture
from simbench.readers.medical.crops import Box, Crop, crop_at, middle
from simbench.readers.medical.slices import SliceMask, SlicePicture, parse_slices
from simbench.readers.medical.volumes import Volume, misfit, open_volume
from simbench.readers.nigra_table import center_of, check_subjects, split_subjects
from simbench.readers.pictures import Window
from simbench.readers.reader import Reader
from simbench.readers.root import BombError, Root, several
from simbench.readers.tables import read_table

LAYOUT = """\
ROOT/
  subjects.csv    subject,group,path[,split][,slices][,mask][,x,y,z] and others
  …               at the paths of the table, relative to ROOT, with '/':
                  a NIfTI file (.nii, .nii.gz) or a folder with one DICOM series
Also as ROOT: the CSV file itself. slices: '12-18', counted from 0 at the feet; mask: a
volume of labels on the same grid; x, y, z: center of the box, in millimeters to the
right, to the front and up.
"""
_COLUMNS = ("subject", "group", "path")


def _rising(limits: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= limits[0] < limits[1] <= 100:
        msg = "must be [low, high] with 0 <= low < high <= 100"
        raise ValueError(msg)
    return limits


Subjects = Annotated[int, Field(ge=0)]


class Options(Parameters):
    """What may be chosen of neuromelanin MRI."""

    file: str = "subjects.csv"
    """The table."""
    groups: tuple[str, str] = ("control", "patient")
    """What controls and patients are called in the column ``group``."""
    slices: str = ""
    """Slices of subjects whose row names none, as ``12-18``; by default all."""
    box: tuple[Positive, Positive] | None = None
    """Height and width that are cut out, in millimeters; by default whole slices."""
    pixel: Positive = 0.5
    """Side of a pixel of the box, in millimeters."""
    center: tuple[Finite, Finite, Finite] | None = None
    """Center of the box of subjects whose row has none: millimeters to the right, to
    the front and up; by default the middle of the volume."""
    window: Window | None = None
    """Values that become black and white in all slices."""
    percentiles: Annotated[tuple[float, float], AfterValidator(_rising)] = (0.5, 99.5)
    """Of the pixels of each slice, which become black and white without a window."""
    labels: tuple[int, ...] = ()
    """Numbers in the volumes of labels that are lesion; by default all but 0."""
    strata: tuple[str, ...] = ()
    """Further columns that are carried along, such as ``age`` and ``sex``."""
    test_subjects: Subjects = 0
    """Subjects that are drawn for the test split; 0 leaves it to the images' share."""
    validation_subjects: Subjects = 0
    """Subjects that are drawn for the validation split, likewise."""
    subjects_seed: int = 0
    """Of the order in which they are drawn."""


def find(root: Root, options: Options) -> Listing:
    """List the slices of all subjects of the table."""
    table = read_table(root, options.file, (*_COLUMNS, *options.strata))
    box = None if options.box is None else Box(options.box, options.pixel)
    problems = check_subjects(table, options.groups)
    found: list[_Found] = []
    subjects: list[Any] = [] if problems else table.to_dict("records")
    asked = {
        "validation": options.validation_subjects,
        "test": options.test_subjects,
    }
    splits = [] if problems else split_subjects(table, asked, options.subjects_seed)
    for subject, split in zip(subjects, splits, strict=True):
        try:
            found += _slices(root, {**subject, "split": split}, options, box)
        except BombError:
            raise
        except (ValueError, FileNotFoundError) as error:
            problems.append(str(error))
    if problems:
        raise ValueError(several(problems))
    rows, pictures, masks = (list(part) for part in zip(*found, strict=True))
    known = masks if "mask" in table else ()
    size = _size(pictures, box)
    return Listing(options.groups, rows, pictures, known, channels=1, size=size)


_Found = tuple[dict[str, Any], SlicePicture, Picture | None]


def _slices(
    root: Root, subject: Mapping[str, Any], options: Options, box: Box | None
) -> list[_Found]:
    """Return the slices of one subject, with their masks."""
    name = subject["subject"]
    volume = open_volume(root, subject["path"])
    text = subject.get("slices") or options.slices
    try:
        every = range(volume.size[0])
        places = parse_slices(text, volume.size[0]) if text else every
    except ValueError as error:
        msg = f"slices of {name} {error}"
        raise ValueError(msg) from error
    crop = None if box is None else _crop(root, subject, options, box, volume)
    labels = _labels(root, subject, options, volume)
    row = {
        "subject": name,
        "label": options.groups.index(subject["group"]),
        "lesion": lesion(subject["group"], options.groups[:1]),
        "split": subject["split"],
        **{key: subject[key] for key in options.strata},
    }
    window, percentiles = options.window, options.percentiles
    return [
        (
            {"image_id": f"{name}-{place:03d}", **row, "slice": place},
            SlicePicture(volume, place, crop, window, percentiles),
            SliceMask(labels, place, crop, options.labels)
            if isinstance(labels, Volume)
            else labels,
        )
        for place in places
    ]


def _crop(
    root: Root, subject: Mapping[str, Any], options: Options, box: Box, volume: Volume
) -> Crop:
    """Lay the box into the slices of one subject."""
    name = subject["subject"]
    center = center_of(subject) or options.center or middle(volume.affine, volume.size)
    try:
        return crop_at(box, center, volume.affine, volume.size)
    except ValueError as error:
        msg = (
            f"box of {name} must lie inside of {root.folder / subject['path']}, got "
            f"{error}; move its center or make it smaller"
        )
        raise ValueError(msg) from error


def _labels(
    root: Root, subject: Mapping[str, Any], options: Options, volume: Volume
) -> Volume | Picture | None:
    """Open the volume of labels, if it is known and not of a control."""
    if subject["group"] == options.groups[0]:
        return EMPTY
    name = subject.get("mask", "")
    if not name:
        return None
    labels = open_volume(root, name)
    if problem := misfit(labels, volume):
        msg = (
            f"mask of {subject['subject']} must lie on the grid of its volume, got "
            f"{problem} in {root.folder / name}; resample it"
        )
        raise ValueError(msg)
    return labels


def _size(pictures: Sequence[SlicePicture], box: Box | None) -> tuple[int, int]:
    """Return the size of the images: the box's, or that of slices if it is one."""
    if box is not None:
        return box.pixels
    sizes = {picture.volume.size[1:] for picture in pictures}
    return sizes.pop() if len(sizes) == 1 else (224, 224)


READER = Reader(
    "nigra-mri",
    "neuromelanin MRI, NIfTI or DICOM, slices of controls and patients",
    LAYOUT,
    find,
    Options,
    extra="medical",
)
