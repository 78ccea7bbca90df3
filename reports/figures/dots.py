"""One dot per image, as long as dots can be told apart."""

import numpy as np
from jaxtyping import Float

MOST = 4000
"""More dots in one column are thinned: they would only make a heavier file."""


def thin(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " m"]:
    """Keep at most :data:`MOST` values, at evenly spaced ranks from lowest to highest.

    Few values stay as they are, in their order.
    """
    if len(values) <= MOST:
        return values
    return np.sort(values)[np.linspace(0, len(values) - 1, MOST).round().astype(int)]


def tell(images: int) -> str:
    """Say what the dots are.

    Examples
    --------
    >>> tell(600)
    'Dots: all images.'
    >>> tell(8000)
    'Dots: 4000 of 8000 images, at evenly spaced ranks, lowest and highest included.'
    """
    if images <= MOST:
        return "Dots: all images."
    return (
        f"Dots: {MOST} of {images} images, at evenly spaced ranks, lowest and highest "
        "included."
    )
