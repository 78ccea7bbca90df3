"""Feature maps, pooled or not, and logits of many images: what heads need."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from hrcam.engine.images import Images, as_batch
from hrcam.engine.prefetching import ahead
from hrcam.engine.probe import Probe, Wants

#: Pixels that go through a network at a time.
PIECE = 64 * 128 * 128


def batch_size(shape: tuple[int, ...], largest: int = 64) -> int:
    """Return how many images of a size go through a network at a time."""
    return int(np.clip(PIECE // (shape[0] * shape[1]), 1, largest))


def pool(probe: Probe, images: Images) -> Float[np.ndarray, "n d"]:
    """Return the spatial means of all tapped maps, side by side, in one pass."""
    names = tuple(tap.name for tap in probe.taps)

    def means(pixels: Any, target: Any) -> list[Any]:
        features = probe.look(pixels, target, Wants(features=names)).features
        rows = [probe.ops.mean(features[name], axis=(1, 2)) for name in names]
        return [probe.ops.concatenate(rows, axis=1)]

    return _together(_pieces(probe, means, images))


def feature_maps(
    probe: Probe, images: Images, names: Sequence[str]
) -> Iterator[dict[str, Float[np.ndarray, "n _ _ _"]]]:
    """Yield the named layers' feature maps, piece by piece."""

    def look(pixels: Any, target: Any) -> list[Any]:
        features = probe.look(pixels, target, Wants(features=tuple(names))).features
        return [features[name] for name in names]

    for found in _pieces(probe, look, images):
        yield dict(zip(names, found, strict=True))


def logits(probe: Probe, images: Images) -> Float[np.ndarray, "n k"]:
    """Return the logits of images; one sigmoid output counts as two classes."""

    def score(pixels: Any, target: Any) -> list[Any]:
        return [probe.look(pixels, target, Wants()).logits]

    return _together(_pieces(probe, score, images))


def to_numpy(probe: Probe, tensor: Any) -> np.ndarray:
    """Return what a probe computed as a NumPy array."""
    convert = getattr(probe.ops, "convert_to_numpy", np.asarray)
    return np.asarray(convert(tensor))


def to_tensor(probe: Probe, array: np.ndarray) -> Any:
    """Return an array as a probe takes it."""
    convert = getattr(probe.ops, "convert_to_tensor", None)
    return array if convert is None else convert(array, dtype="float32")


def _together(pieces: Iterable[list[np.ndarray]]) -> Float[np.ndarray, "n _"]:
    """Return the one table that came in pieces, in float64."""
    return np.concatenate([table for (table,) in pieces]).astype(np.float64)


def _pieces(
    probe: Probe, function: Callable[[Any, Any], list[Any]], images: Images
) -> Iterator[list[np.ndarray]]:
    """Call a compiled function piece by piece; one shape, one compilation."""
    size = min(batch_size(images.shape[1:3]), max(len(images), 1))
    call = probe.compile(function)
    target = to_tensor(probe, np.zeros((size, probe.classes), np.float32))
    starts = range(0, max(len(images), 1), size)
    for pixels in ahead(as_batch(images[i : i + size]) for i in starts):
        count = len(pixels)
        # The last piece is filled up and cut again.
        full = np.pad(pixels, [(0, size - count), (0, 0), (0, 0), (0, 0)])
        found = call(to_tensor(probe, full), target)
        yield [to_numpy(probe, x)[:count] for x in found]
