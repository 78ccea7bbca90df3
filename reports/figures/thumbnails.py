"""A strip of example images."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from reports.figures.canvas import WIDTH, place, render
from reports.wording import wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 8
_GAP, _CAPTION, _LARGEST = 2.0, 4.5, 20.0


def draw_thumbnails(
    images: UInt8[np.ndarray, "k h w"] | UInt8[np.ndarray, "k h w 3"],
    labels: list[str],
) -> bytes:
    """Draw up to :data:`MOST` images side by side, each with its label."""
    images = images[:MOST]
    side = min(_LARGEST, (WIDTH + _GAP) / len(images) - _GAP)
    tall = side * min(images.shape[1] / images.shape[2], 2.0)
    start = (WIDTH - len(images) * (side + _GAP) + _GAP) / 2

    def paint(figure: "Figure") -> None:
        for k, image in enumerate(images):
            axes = place(figure, start + k * (side + _GAP), 0, side, tall)
            axes.imshow(
                image,
                cmap="gray",
                vmin=0,
                vmax=255,
                interpolation="none",
                aspect="auto",
            )
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
            label = labels[k] if k < len(labels) else ""
            axes.set_xlabel(wrap(label, 16, 1), labelpad=2)

    return render("thumbnails", (WIDTH, tall + _CAPTION), paint)
