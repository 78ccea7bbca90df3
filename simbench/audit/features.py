"""Numbers that tell nothing of a place: what an image says at a glance.

Each function takes a batch of planes (one channel each) of whole gray levels and
returns a row a plane. Nothing depends on threads or on the batch.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped, UInt, UInt8
from scipy import fft

from simbench.audit.sampling import Chosen, Images, Levels, batches

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
BORDER = 4  # pixels
BINS = 32
SIDE = 8  # of the thumbnail
RINGS = 16  # of the spectrum, at most
MODELED = ("bins", "spectrum", "thumbnail")  # what the boosted model sees
Planes = UInt[np.ndarray, "m h w"]


def features(
    dataset: Images, chosen: Chosen, levels: Levels
) -> dict[str, Float[np.ndarray, "n _"]]:
    """Measure the chosen images, a batch at a time; the tissues where there are any."""
    parts: dict[str, list[Float[np.ndarray, "m _"]]] = {}
    for ids in batches(dataset, chosen.ids):
        images = levels.read(dataset, ids)
        found = glance(images, levels.count)
        planes = as_planes(images)
        inner = np.zeros(planes.shape[1:], bool)
        inner[BORDER:-BORDER, BORDER:-BORDER] = True
        found["histogram"] = statistics(planes.reshape(len(planes), -1), levels.count)
        found["border"] = statistics(planes[:, ~inner], levels.count)
        found["size"] = compressed(images)[:, None]
        if "tissue" in dataset.arrays:
            labels = dataset.read("tissue", ids)
            labels = np.repeat(labels, len(planes) // len(labels), axis=0)
            found["tissues"] = medians(planes, labels).astype(np.float32)  # exact
        for name, values in found.items():
            parts.setdefault(name, []).append(values.reshape(len(images), -1))
    if "tissues" in parts:
        ever = np.any([(~np.isnan(rows)).any(axis=0) for rows in parts["tissues"]], 0)
        parts["tissues"] = [rows[:, ever] for rows in parts["tissues"]]
    whole = {name: np.concatenate(parts.pop(name)) for name in tuple(parts)}
    if "tissues" in whole:
        whole["tissues"] = _filled(whole["tissues"])
    return whole


def glance(
    images: UInt[np.ndarray, "n h w *rgb"], count: int
) -> dict[str, Float[np.ndarray, "n _"]]:
    """Measure what the boosted model sees of images of ``count`` gray levels."""
    planes = as_planes(images)
    found = {
        "bins": histogram(planes, count),
        "spectrum": spectrum(planes),
        "thumbnail": thumbnail(planes),
    }
    return {name: rows.reshape(len(images), -1) for name, rows in found.items()}


def as_planes(images: UInt[np.ndarray, "n h w *rgb"]) -> Planes:
    """Put the channels of images one after the other."""
    if images.ndim == 3:
        return images
    return images.transpose(0, 3, 1, 2).reshape(-1, *images.shape[1:3])


def statistics(
    pixels: UInt[np.ndarray, "m p"], count: int
) -> Float[np.ndarray, "m 11"]:
    """Return mean, standard deviation and quantiles of each row of gray levels."""
    ranks = np.rint(np.array(QUANTILES) * (pixels.shape[1] - 1)).astype(int)
    levels = np.arange(count)
    found = np.empty((len(pixels), 2 + ranks.size))
    for row, values in zip(found, pixels, strict=True):
        counts = np.bincount(values, minlength=count)
        mean, square = (counts @ levels**k / values.size for k in (1, 2))
        row[:2] = mean, np.sqrt(max(square - mean**2, 0.0))
        row[2:] = np.searchsorted(np.cumsum(counts), ranks, side="right")
    return found


def histogram(planes: Planes, count: int) -> Float[np.ndarray, "m 32"]:
    """Return the root of the share of pixels in each of 32 equal bins."""
    bins = planes.reshape(len(planes), -1).astype(np.int64) * BINS // count
    bins += BINS * np.arange(len(planes))[:, None]
    counts = np.bincount(bins.ravel(), minlength=BINS * len(planes))
    return np.sqrt(counts.reshape(len(planes), BINS) / bins.shape[1])


def spectrum(planes: Planes) -> Float[np.ndarray, "m _"]:
    """Return the logarithm of the mean power in rings of frequency, without mean.

    A Hann window keeps the step between opposite borders out of it.
    """
    size = (planes.shape[1], planes.shape[2])
    window, rings = _rings(size)
    centered = planes - planes.mean(axis=(1, 2), keepdims=True, dtype=np.float32)
    waves = fft.rfft2(centered * window, workers=1)
    power = (waves.real**2 + waves.imag**2).reshape(len(planes), -1)
    found = np.einsum("mk,rk->mr", power, rings, optimize=True).astype(np.float64)
    return np.log(np.maximum(found, np.finfo(np.float32).tiny))


def thumbnail(planes: Planes) -> Float[np.ndarray, "m 64"]:
    """Return the means of 8 x 8 blocks."""
    height, width = planes.shape[1:]
    rows, columns = (np.arange(SIDE) * n // SIDE for n in (height, width))
    sums = np.add.reduceat(planes, rows, axis=1, dtype=np.int64)
    sums = np.add.reduceat(sums, columns, axis=2)
    areas = np.outer(np.diff(rows, append=height), np.diff(columns, append=width))
    return (sums / areas).reshape(len(planes), -1)


def medians(
    planes: Planes, tissue: UInt8[np.ndarray, "m h w"]
) -> Float[np.ndarray, "m 256"]:
    """Return the (lower) median of each tissue label, NaN where there is none."""
    bits = 8 * planes.dtype.itemsize
    wide: type[Any] = np.uint16 if bits == 8 else np.uint32
    keys = tissue.astype(wide) * wide(2**bits) + planes
    keys = np.sort(keys.reshape(len(planes), -1), axis=1)
    marked = tissue.reshape(len(planes), -1) + 256 * np.arange(len(planes))[:, None]
    counts = np.bincount(marked.ravel(), minlength=256 * len(planes)).reshape(-1, 256)
    middle = np.cumsum(counts, axis=1) - counts + (counts - 1) // 2
    values = np.take_along_axis(keys, np.maximum(middle, 0), axis=1)
    return np.where(counts > 0, values & (2**bits - 1), np.nan)


def compressed(images: UInt[np.ndarray, "n h w *rgb"]) -> Float[np.ndarray, " n"]:
    """Return how many bytes each image takes as PNG, apart from the header."""
    import zlib

    return np.array([float(len(zlib.compress(rows))) for rows in filtered(images)])


def filtered(images: UInt[np.ndarray, "n h w *rgb"]) -> UInt8[np.ndarray, "n h b"]:
    """Return the rows of bytes that PNG compresses: all by the filter of Paeth.

    The first byte of a row names the filter, 4 (PNG, ISO/IEC 15948:2004, section 9).
    """
    wide = np.ascontiguousarray(images.astype(images.dtype.newbyteorder(">")))
    raw = wide.view(np.uint8).reshape(*images.shape[:2], -1)
    pixel = raw.shape[2] // images.shape[2]
    padded = np.pad(raw.astype(np.int16), ((0, 0), (1, 0), (pixel, 0)))
    left, up = padded[:, 1:, :-pixel], padded[:, :-1, pixel:]
    corner = padded[:, :-1, :-pixel]
    by_left, by_up = np.abs(up - corner), np.abs(left - corner)
    by_corner = np.abs(left + up - 2 * corner)
    guess = np.where(by_up <= by_corner, up, corner)
    guess = np.where((by_left <= by_up) & (by_left <= by_corner), left, guess)
    rows = np.full((*raw.shape[:2], raw.shape[2] + 1), 4, np.uint8)
    rows[:, :, 1:] = (raw - guess).astype(np.uint8)
    return rows


def order(places: Int[np.ndarray, " n"], count: int) -> Float[np.ndarray, "n _"]:
    """Describe places in a list of ``count``: how far, which part, odd or even."""
    share = places / count
    parts = [share, share**2]
    parts += [np.floor(share * 16) == part for part in range(16)]
    parts += [places % n == rest for n in (2, 3, 4, 5) for rest in range(n)]
    return np.column_stack(parts).astype(np.float64)


@lru_cache(maxsize=4)
def _rings(
    size: tuple[int, int],
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "r k"]]:
    """Return the window and the weights of the half spectrum's waves in each ring."""
    height, width = size
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    radius = np.hypot(fft.fftfreq(height)[:, None], fft.rfftfreq(width)[None])
    count = min(RINGS, height // 2, width // 2)
    ring = np.clip(np.rint(radius * 2 * count), 1, count)
    ring[0, 0] = 0
    pairs = np.full(radius.shape, 2.0)
    pairs[:, 0] = 1.0
    if width % 2 == 0:
        pairs[:, -1] = 1.0
    weights = np.stack([(pairs * (ring == r)).ravel() for r in range(1, count + 1)])
    weights /= weights.sum(axis=1, keepdims=True)
    return window.astype(np.float32), weights.astype(np.float32)


def _filled(values: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n _"]:
    """Put the middle of the others where an image has no such label."""
    values = values.astype(np.float64)
    absent: Bool[np.ndarray, "n d"] = np.isnan(values)
    if not values.size:
        return values
    middle: Shaped[np.ndarray, " d"] = np.nanmedian(values, axis=0)
    return np.where(absent, middle, values)
