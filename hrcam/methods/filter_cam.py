"""HR-CAM without a network: the same head on fixed filters of the image.

If it does as well as HR-CAM, the map detects lesions rather than explains a classifier.
"""

from hrcam.capture import Array, Capture, Ops, Parts
from hrcam.filters import gradient, laplacian
from hrcam.methods.method import Method

#: Widths of the blob filters in pixels.
SCALES = (1.0, 2.0, 4.0)

#: The name under which the head keeps the bank's weights.
BANK = "filters"


def bank(ops: Ops, images: Array, tissue: Array, size: tuple[int, int]) -> Array:
    """Return intensity, edges, and bright and dark blobs of three sizes.

    Parameters
    ----------
    ops
        ``numpy`` or ``keras.ops``.
    images, tissue
        Gray values and tissue, (n, h, w).
    size
        Rows and columns.

    Returns
    -------
    features
        (n, h, w, 8), 0 outside the tissue.
    """
    blobs = [laplacian(ops, images, size, sigma) for sigma in SCALES]
    maps = [images, gradient(ops, images, size)]
    maps += [ops.maximum(blob, 0.0) for blob in blobs]
    maps += [ops.maximum(-blob, 0.0) for blob in blobs]
    return ops.stack([x * tissue for x in maps], axis=-1)


def explain(capture: Capture) -> Parts:
    """Weight the filtered images by the head fitted on them."""
    features = bank(capture.ops, capture.images, capture.tissue, capture.size)
    weights = capture.heads["filter"][BANK]
    return {"image": capture.ops.einsum("nhwc,nc->nhw", features, weights)}


METHOD = Method(
    "filter_cam",
    "Filter-CAM",
    explain,
    source="the head on intensity, Sobel and Laplacian-of-Gaussian filters",
    kind="baseline",
    needs=frozenset({"head:filter"}),
    head="filter",
)
