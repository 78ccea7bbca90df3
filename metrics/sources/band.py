"""Leave out a band along the border of masks, where raters and pixels are unsure."""

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from metrics.counting.truth import Truth
from metrics.sources.reading import ignore


def leave_out_band(truth: Truth, width: float) -> Truth:
    """Ignore the pixels within ``width`` pixels of the mask's border, on both sides.

    A lesion pixel is as far from the border as its center is from that of the nearest
    healthy pixel, and the other way round: a width of 1 takes one pixel on each side,
    1.5 those across corners as well. The edge of the image is no border. Lesions that
    would vanish are kept: if every pixel of a lesion lies in the band, only healthy
    pixels around it are ignored.

    Parameters
    ----------
    truth
        Masks; what is ignored already stays so.
    width
        In pixels, whatever their spacing; 0 changes nothing.
    """
    if width <= 0:
        return truth
    near = np.zeros(truth.lesion.shape, bool)
    for mask, lesions, into in zip(truth.lesion, truth.lesions, near, strict=True):
        into[...] = _find_band(mask, width)
        left = np.unique(lesions[~into])
        into &= np.isin(lesions, left) | (lesions == 0)
    return ignore(truth, near)


def _find_band(mask: Bool[np.ndarray, "..."], width: float) -> Bool[np.ndarray, "..."]:
    """Find the pixels of one mask that lie within ``width`` of its border."""
    if mask.all() or not mask.any():
        return np.zeros(mask.shape, bool)
    inside = ndimage.distance_transform_edt(mask)
    outside = ndimage.distance_transform_edt(~mask)
    return np.where(mask, inside, outside) <= width
