"""How maps and masks are read: what counts as lesion, and what images are called."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from metrics.counting.truth import Truth
from metrics.sources.formats.image import Image, ImageError
from metrics.sources.grid import check_codes

#: How several raters' masks make one truth; see :mod:`metrics.sources.raters`.
Rule = Literal["mean", "majority", "any", "all", "agreement"]


@dataclass(frozen=True)
class MapReading:
    """How maps are read.

    Attributes
    ----------
    ids
        What names an image: ``name``, the stem of its file, or ``uid``, the identifier
        inside it (DICOM).
    prefix, suffix
        What a name has before and after the image's id; others are left alone.
    orientation
        Where the axes are to lead, as in ``RAS``, for files that know places in the
        patient; empty leaves them as stored.
    """

    ids: Literal["name", "uid"] = "name"
    prefix: str = ""
    suffix: str = ""
    orientation: str = ""

    def __post_init__(self) -> None:
        if self.ids not in ("name", "uid"):
            msg = f"ids must be 'name' or 'uid', got {self.ids!r}"
            raise ValueError(msg)
        check_codes(self.orientation)


@dataclass(frozen=True)
class MaskReading(MapReading):
    """How masks are read, beside what holds for maps.

    Attributes
    ----------
    labels
        Values of a label image, or numbers or names of segments or categories, that
        are lesion; empty for everything that is not 0.
    ignore
        Values of pixels that count neither as lesion nor as healthy.
    numbered
        Whether pixels are numbers of lesions. None asks the format: COCO, DICOM-SEG
        and boxes tell lesions apart, pictures do not and connected parts are lesions.
    soft
        Whether pixels are the share that is lesion: fractions as they are, whole
        numbers as parts of their type's largest. The mask is where it is at least 0.5.
    band
        Pixels this near to the mask's border, on either side, do not count.
    raters
        How the masks of several raters make one truth; empty for one rater.

    Raises
    ------
    ValueError
        If a choice is none, or two exclude one another.
    """

    labels: tuple[int | str, ...] = ()
    ignore: tuple[int, ...] = ()
    numbered: bool | None = None
    soft: bool = False
    band: float = 0.0
    raters: Rule | Literal[""] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.raters not in ("", *get_args(Rule)):
            rules = ", ".join(get_args(Rule))
            msg = f"raters must be one of {rules}, got {self.raters!r}"
            raise ValueError(msg)
        if not 0 <= self.band < np.inf:
            msg = f"band must be at least 0 pixels, got {self.band}"
            raise ValueError(msg)
        if self.soft and self.numbered:
            msg = "soft masks must not be numbered: a share has no number; choose one"
            raise ValueError(msg)
        if self.soft and self.raters not in ("", "mean"):
            msg = f"soft masks must be combined by mean, got raters {self.raters!r}"
            raise ValueError(msg)


def to_truth(image: Image, reading: MaskReading, name: str) -> Truth:
    """Say what is lesion in images of one size, (n, ...).

    Parameters
    ----------
    image
        Pixels with a leading axis of images.
    reading
        What counts as lesion; ``band`` and ``raters`` are left to others.
    name
        What the masks are called in messages.

    Raises
    ------
    ImageError
        If fractions are among the pixels and nobody said that they are soft, or values
        are negative or no number: where to cut is not for us to guess.
    """
    pixels = np.asarray(image.pixels)
    ignored = image.ignored
    if reading.ignore:
        named = np.isin(pixels, reading.ignore)
        ignored = named if ignored is None else named | ignored
        pixels = np.where(named, pixels.dtype.type(0), pixels)
    spacing = () if image.grid is None else image.grid.spacing
    if reading.soft and image.kind in ("values", "shares"):
        if reading.labels and image.kind == "values":
            msg = f"{name} must be soft or have labels, not both: a share has no label"
            raise ImageError(msg)
        soft = _to_shares(pixels, name)
        return Truth(soft >= 0.5, soft, ignored, None, spacing)
    if image.kind != "lesions":
        _check_whole(pixels, reading, name)
    if reading.labels and image.kind in ("values", "labels"):
        pixels = np.where(np.isin(pixels, _to_numbers(reading)), pixels, 0)
    lesion = pixels != 0
    if reading.soft:
        return Truth(lesion, lesion.astype(np.float32), ignored, None, spacing)
    told = image.kind == "lesions" and reading.numbered is not False
    numbered = _renumber(pixels) if told or reading.numbered else None
    return Truth(lesion, None, ignored, numbered, spacing)


def _check_whole(
    pixels: Shaped[np.ndarray, "n ..."], reading: MaskReading, name: str
) -> None:
    """Refuse fractions, and negative numbers that nobody named."""
    if pixels.dtype.kind == "f":
        odd = pixels[~np.isfinite(pixels) | (pixels != np.rint(pixels))]
        if odd.size:
            msg = (
                f"{name} must be 0 or 1, got {odd[0]:g}; cut soft masks before "
                "scoring, or read them as soft"
            )
            raise ImageError(msg)
    if pixels.dtype.kind not in "bu" and pixels.size:
        low = pixels[(pixels < 0) & ~np.isin(pixels, _to_numbers(reading))]
        if low.size:
            msg = (
                f"{name} must not be negative, got {low[0]:g}; name the value among "
                "those to ignore, or among the labels"
            )
            raise ImageError(msg)


def _to_numbers(reading: MaskReading) -> list[int]:
    """Return the labels of a label image, which has numbers only."""
    try:
        return [int(label) for label in reading.labels]
    except ValueError as error:
        msg = (
            f"labels of a label image must be whole numbers, got {reading.labels}; "
            "names are for segments and categories"
        )
        raise ImageError(msg) from error


def _to_shares(
    pixels: Shaped[np.ndarray, "n ..."], name: str
) -> Float[np.ndarray, "n ..."]:
    """Read pixels as shares; whole numbers other than 0 and 1 are parts of a scale."""
    if pixels.dtype.kind in "ui" and pixels.size and pixels.max() > 1:
        shares = pixels / np.float64(np.iinfo(pixels.dtype).max)
    else:
        shares = pixels.astype(np.result_type(pixels.dtype, np.float32))
    if not ((shares >= 0) & (shares <= 1)).all():
        odd = pixels[~((shares >= 0) & (shares <= 1))][0]
        msg = f"{name} must be shares in [0, 1], got {odd:g}; divide by their scale"
        raise ImageError(msg)
    return shares


def _renumber(pixels: Shaped[np.ndarray, "n ..."]) -> Int[np.ndarray, "n ..."]:
    """Give each image's lesions numbers from 1, in the order of their values."""
    numbers = np.zeros(pixels.shape, np.int32)
    for image, into in zip(pixels, numbers, strict=True):
        inside = image != 0
        into[inside] = np.unique(image[inside], return_inverse=True)[1] + 1
    return numbers


def ignore(truth: Truth, pixels: Bool[np.ndarray, "n ..."]) -> Truth:
    """Return the truth with more pixels that do not count."""
    known = pixels if truth.ignored is None else truth.ignored | pixels
    return Truth(truth.lesion, truth.soft, known, truth.numbered, truth.spacing)
