"""Put changed images through a network again and again, a bounded number at a time.

Every method that asks the network more than once does it here: images and numbered
changes of them are paired, and the pairs run in blocks of :data:`BATCH`. An image's
pairs do not depend on the images beside it.
"""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Int

from hrcam.capture import Calls, Capture
from hrcam.resampling import magnify

#: Images put through the network at once.
BATCH = 64

#: From image numbers and change numbers, (b,) each, the changed images, (b, h, w, c).
Change = Callable[
    [Int[np.ndarray, " b"], Int[np.ndarray, " b"]], Float[np.ndarray, "b h w c"]
]


def allowed(published: int, capture: Capture) -> int:
    """Return how many images may go through the network per explained image.

    The published number, or ``capture.calls.limit`` where that is smaller.

    Raises
    ------
    ValueError
        If the limit is below 1.
    """
    limit = network(capture).limit
    if limit is None:
        return published
    if limit < 1:
        msg = f"calls must be at least 1 per image, got {limit}; allow more calls"
        raise ValueError(msg)
    return min(published, limit)


def network(capture: Capture) -> Calls:
    """Return the capture's calls.

    Raises
    ------
    ValueError
        If the capture has none: it was made on the compiled route.
    """
    if capture.calls is None:
        msg = "calls must be recorded for this method, got a capture without; record it"
        raise ValueError(msg)
    return capture.calls


def pairs(
    images: int, changes: int, batch: int = BATCH
) -> Iterator[tuple[Int[np.ndarray, " b"], Int[np.ndarray, " b"]]]:
    """Pair every image with every change, at most ``batch`` pairs at a time.

    Yields
    ------
    rows, numbers
        Of images and of changes; all images meet change 0 first.
    """
    for start in range(0, images * changes, batch):
        pair = np.arange(start, min(start + batch, images * changes))
        yield pair % images, pair // images


def responses(
    capture: Capture, changes: int, change: Change
) -> Float[np.ndarray, "n changes"]:
    """Return the target logit of every image under every change, float64."""
    count = len(capture.pixels)
    found = np.empty((count, changes))
    for rows, numbers in pairs(count, changes):
        found[rows, numbers] = network(capture).responses(change(rows, numbers), rows)
    return found


def slopes(
    capture: Capture, weights: Float[np.ndarray, " changes"], change: Change
) -> Float[np.ndarray, "n h w c"]:
    """Return the weighted sum over changes of the target's derivative by the pixels."""
    total = np.zeros(capture.pixels.shape)
    for rows, numbers in pairs(len(total), len(weights)):
        found = network(capture).slopes(change(rows, numbers), rows)
        np.add.at(total, rows, weights[numbers, None, None, None] * found)
    return total


def liveliest(
    features: Float[np.ndarray, "n h w c"], count: int
) -> Int[np.ndarray, "n count"]:
    """Return the ``count`` channels of largest spatial variance per image, ascending.

    Equal variances are told apart by the channel's number, so the choice is stable.
    """
    variance = np.stack([x.astype(np.float64).var(axis=(0, 1)) for x in features])
    order = np.argsort(-variance, axis=1, kind="stable")
    return np.sort(order[:, :count], axis=1)


def veils(
    maps: Float[np.ndarray, "b h w"], size: tuple[int, int]
) -> Float[np.ndarray, "b H W"]:
    """Turn feature maps into masks of the image: enlarge, then stretch to [0, 1].

    A constant map becomes a mask of zeros: it shows nothing of the image.
    """
    height, width = maps.shape[1:]
    enlarged = magnify(np, maps, (height, width), size)
    low, high = (f(maps, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    varied = np.broadcast_to(high > low, enlarged.shape)
    low, high = (f(enlarged, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    veil = np.zeros_like(enlarged)
    np.divide(enlarged - low, high - low, out=veil, where=varied & (high > low))
    return veil
