"""Maps with bounds at every pixel, and a picture of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hrcam.pipeline.pictures import Column, draw_sheet, gray, ranges


@dataclass(frozen=True, eq=False)
class MapInterval:
    """Maps with an interval at every pixel.

    Parameters
    ----------
    ids
        Of the images.
    images
        As the network takes them, (n, h, w, c).
    maps
        Of the head fitted on all training images, of the images' size.
    low, high
        Bounds of the percentile interval over the refits.
    method, level, refits
        What was asked for.
    """

    ids: tuple[str, ...]
    images: Float[np.ndarray, "n h w c"]
    maps: Float[np.ndarray, "n h w"]
    low: Float[np.ndarray, "n h w"]
    high: Float[np.ndarray, "n h w"]
    method: str
    level: float
    refits: int

    def __repr__(self) -> str:
        share = 100 * self.level
        return (
            f"MapInterval({self.method}, {len(self.ids)} images, {share:g} % interval "
            f"from {self.refits} refits)"
        )

    def _repr_png_(self) -> bytes:
        """Show the first images in a notebook."""
        return self.picture()

    def picture(self, most: int = 4) -> bytes:
        """Draw image, lower bound, map, upper bound and width, a row each, as PNG.

        Map and bounds of a row share one scale of color; the width has its own.
        """
        some = slice(0, most)
        spread = np.stack([self.low[some], self.maps[some], self.high[some]], axis=1)
        shared, width = ranges(spread), self.high[some] - self.low[some]
        share = f"{50 * (1 - self.level):.3g} %", f"{50 * (1 + self.level):.3g} %"
        images = gray(self.images[some])
        return draw_sheet(
            [
                Column("image", images, ranges(images), self.ids[some]),
                Column(share[0], self.low[some], shared, colors="cividis"),
                Column(self.method, self.maps[some], shared, colors="cividis"),
                Column(share[1], self.high[some], shared, colors="cividis"),
                Column("width", width, ranges(width), colors="magma"),
            ]
        )
