"""Bring a layer's map to the size of the image: the one interpolation there is.

Bilinear enlargement is two small matrix products, one for rows and one for columns.
Alignments differ only in where they say that a unit looks:

``receptive_field``
    at the center of its receptive field, where the graph gives it (the default);
``half_pixel``
    at the center of its share of the image, as the paper and most libraries do;
``corners``
    so that the corner units sit on the corner pixels.

For networks that shrink by 2 x 2 pooling the first two are the same.
"""

import numpy as np
from jaxtyping import Float

from hrcam.capture import Geometry

ALIGNMENTS = ("receptive_field", "half_pixel", "corners")


def enlarge(
    maps: Float[np.ndarray, "n h w"],
    size: tuple[int, int],
    geometry: Geometry | None = None,
    alignment: str = "receptive_field",
) -> Float[np.ndarray, "n H W"]:
    """Enlarge maps bilinearly to an image's size.

    Parameters
    ----------
    maps
        Maps at a layer's own size, any finite scale.
    size
        Rows and columns of the image.
    geometry
        Where the layer's units look; None if the graph does not tell, then
        ``receptive_field`` falls back to ``half_pixel``.
    alignment
        One of :data:`ALIGNMENTS`.

    Returns
    -------
    maps
        float32, of the image's size. Beyond the outermost units the border value goes
        on. Values stay within the range of the map.

    Raises
    ------
    ValueError
        If the alignment is unknown.
    """
    _, height, width = maps.shape
    rows = interpolation(
        size[0], height, _line(0, size, maps.shape, geometry, alignment)
    )
    columns = interpolation(
        size[1], width, _line(1, size, maps.shape, geometry, alignment)
    )
    with np.errstate(invalid="ignore"):  # infinity times 0 is NaN: a status, no warning
        enlarged = rows @ maps.astype(np.float64) @ columns.T
    return enlarged.astype(np.float32)


def interpolation(
    pixels: int, units: int, line: tuple[float, float]
) -> Float[np.ndarray, "pixels units"]:
    """Return the matrix of linear interpolation from units to pixels.

    Parameters
    ----------
    pixels, units
        Lengths of the enlarged and of the small axis.
    line
        ``(stride, offset)``: unit i lies on pixel ``offset + stride * i``.
    """
    stride, offset = line
    place = np.clip((np.arange(pixels) - offset) / stride, 0, units - 1)
    left = np.minimum(place.astype(int), max(units - 2, 0))
    share = place - left
    matrix = np.zeros((pixels, units))
    matrix[np.arange(pixels), left] = 1 - share
    matrix[np.arange(pixels), np.minimum(left + 1, units - 1)] += share
    return matrix


def coincide(
    geometry: Geometry | None, size: tuple[int, int], units: tuple[int, int]
) -> bool:
    """Say whether ``receptive_field`` and ``half_pixel`` are the same for a layer."""
    if geometry is None:
        return True
    shape = (1, *units)
    return all(
        np.allclose(
            _line(axis, size, shape, geometry, "receptive_field"),
            _line(axis, size, shape, geometry, "half_pixel"),
        )
        for axis in (0, 1)
    )


def _line(
    axis: int,
    size: tuple[int, int],
    shape: tuple[int, ...],
    geometry: Geometry | None,
    alignment: str,
) -> tuple[float, float]:
    """Return stride and offset of the units along one axis, in pixels."""
    pixels, units = size[axis], shape[1 + axis]
    if alignment not in ALIGNMENTS:
        msg = f"alignment must be one of {', '.join(ALIGNMENTS)}, got {alignment!r}"
        raise ValueError(msg)
    if alignment == "corners":
        return ((pixels - 1) / (units - 1) if units > 1 else 1.0, 0.0)
    if alignment == "receptive_field" and geometry is not None:
        return geometry.stride[axis], geometry.offset[axis]
    stride = pixels / units
    return stride, (stride - 1) / 2
