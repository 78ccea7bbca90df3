"""One picture of a dataset: a few images of every kind, with their masks outlined."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd
from jaxtyping import Bool, Integer, Shaped, UInt8
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

COLUMNS = 4
MOST_ROWS = 16
SIDE = 128  # pixels of an image's longer side, about
GAP, CAPTION = 4, 16
OUTLINES = {  # array, color; the last drawn lies on top
    "confounder": (80, 200, 255),
    "mask": (255, 215, 0),
    "distinctive": (255, 80, 200),
}


@runtime_checkable
class Pictures(Protocol):
    """What a preview needs of a dataset."""

    @property
    def index(self) -> pd.DataFrame: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    def read(
        self, name: str, ids: Sequence[str]
    ) -> Shaped[np.ndarray, "n h w *rgb"]: ...


def sheet(dataset: Pictures) -> UInt8[np.ndarray, "h w 3"]:
    """Draw the contact sheet.

    Returns
    -------
    A row for every class and lesion, up to :data:`MOST_ROWS`, with the first
    :data:`COLUMNS` images of each, plain and with outlines: the mask in yellow, in
    magenta what only the class has where that is less, confounders in blue.
    """
    rows = []
    groups = dataset.index.groupby(["label", "lesion"], sort=True)
    for _, table in list(groups)[:MOST_ROWS]:
        ids = [str(name) for name in table["image_id"].head(COLUMNS)]
        name = dataset.classes[int(table["label"].iloc[0])]
        lesion = str(table["lesion"].iloc[0])
        title = name if lesion in ("none", name) else f"{name}: {lesion}"
        rows.append(_row(dataset, ids, f"{title} ({len(table)} images)"))
    return np.concatenate(rows)


def save(dataset: Pictures, path: Path) -> None:
    """Write the contact sheet as a PNG file."""
    draft = path.with_name(f".{path.name}.tmp")
    Image.fromarray(sheet(dataset)).save(draft, format="png")
    draft.replace(path)


def outlined(
    picture: UInt8[np.ndarray, "h w 3"],
    mask: Bool[np.ndarray, "h w"],
    color: tuple[int, int, int],
) -> UInt8[np.ndarray, "h w 3"]:
    """Draw the border of a mask, on the mask's own pixels."""
    border = mask & ~ndimage.binary_erosion(mask)
    return np.where(border[..., None], np.array(color, np.uint8), picture)


def colors(images: Integer[np.ndarray, "n h w *rgb"]) -> UInt8[np.ndarray, "n h w 3"]:
    """Turn gray or deep images into RGB of 256 levels."""
    if images.dtype != np.uint8:
        deep = int(images.max()).bit_length()
        images = (images >> max(deep - 8, 0)).astype(np.uint8)
    if images.ndim == 3:
        images = np.repeat(images[..., None], 3, axis=-1)
    return images


def _row(
    dataset: Pictures, ids: Sequence[str], title: str
) -> UInt8[np.ndarray, "h w 3"]:
    plain = colors(dataset.read("image", ids))
    times = max(round(SIDE / max(plain.shape[1:3])), 1)
    plain = plain.repeat(times, axis=1).repeat(times, axis=2)
    drawn = list(plain)
    masks = {name: dataset.read(name, ids) != 0 for name in OUTLINES}
    if (masks["distinctive"] == masks["mask"]).all():
        del masks["distinctive"]
    for name, found in masks.items():
        large = found.repeat(times, axis=1).repeat(times, axis=2)
        drawn = [
            outlined(picture, mask, OUTLINES[name])
            for picture, mask in zip(drawn, large, strict=True)
        ]
    height, width = plain.shape[1:3]
    row = np.full(
        (height + CAPTION + GAP, COLUMNS * 2 * (width + GAP) + GAP, 3), 255, np.uint8
    )
    pictures = [picture for pair in zip(plain, drawn, strict=True) for picture in pair]
    for i, picture in enumerate(pictures):
        left = GAP + i * (width + GAP)
        row[CAPTION : CAPTION + height, left : left + width] = picture
    canvas = Image.fromarray(row)
    font = ImageFont.load_default(size=CAPTION - 4)
    ImageDraw.Draw(canvas).text((GAP, 0), title, fill=(0, 0, 0), font=font)
    return np.asarray(canvas)
