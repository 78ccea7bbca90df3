"""How often the checks before scoring speak of sound maps, and of faulty ones.

Usage: python benchmarks/checks.py [RUNS]
"""

import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from math import sqrt

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from metrics.checks.checking import check
from metrics.checks.doubt import KINDS
from metrics.sources.source import ArrayMaps, ArrayMasks

Masks = Bool[np.ndarray, "n h w"]
Maps = Float[np.ndarray, "n h w"]
Make = Callable[[Masks, np.random.Generator], Maps]


def make_masks(
    rng: np.random.Generator,
    images: int = 64,
    size: tuple[int, int] = (96, 128),
    part: float = 1.0,
) -> Masks:
    """Draw one ellipse per image, its center in the first part of the columns."""
    rows, columns = np.ogrid[: size[0], : size[1]]
    masks = np.zeros((images, *size), bool)
    for mask in masks:
        high, wide = rng.uniform(0.04, 0.12, 2) * min(size)
        top = rng.uniform(high, size[0] - high)
        left = rng.uniform(wide, max(part * size[1] - wide, wide + 1))
        mask[((rows - top) / high) ** 2 + ((columns - left) / wide) ** 2 <= 1] = True
    return masks


def blur(maps: Masks | Maps, width: float) -> Maps:
    """Blur each image, and let its spread be 1."""
    blurred = ndimage.gaussian_filter(maps.astype(np.float64), (0, width, width))
    return blurred / blurred.std(axis=(1, 2), keepdims=True)


def noise(masks: Masks, rng: np.random.Generator, width: float = 0.0) -> Maps:
    """Draw noise that knows nothing of the lesion."""
    return blur(rng.normal(size=masks.shape), width)


def find(
    masks: Masks, rng: np.random.Generator, weight: float = 3.0, width: float = 5.0
) -> Maps:
    """Find the lesion, in smooth noise."""
    return weight * blur(masks, width) + noise(masks, rng, 5.0)


def enlarge(
    masks: Masks, rng: np.random.Generator, units: int = 7, corners: bool = False
) -> Maps:
    """Find the lesion on a grid of so many units a side, enlarged bilinearly."""
    maps = find(masks, rng)
    for axis in (1, 2):
        pixels = maps.shape[axis]
        edges = np.linspace(0, pixels, units + 1)
        whole = np.arange(pixels)
        over = np.minimum(edges[1:, None], whole + 1) - np.maximum(
            edges[:-1, None], whole
        )
        average = np.clip(over, 0, None) * units / pixels
        place = (whole + 0.5) * units / pixels - 0.5
        if corners:
            place = whole * (units - 1) / (pixels - 1)
        place = np.clip(place, 0, units - 1)
        matrix = np.clip(1 - np.abs(place[:, None] - np.arange(units)), 0, None)
        maps = np.moveaxis(np.moveaxis(maps, axis, -1) @ (matrix @ average).T, -1, axis)
    return maps


def prior(masks: Masks, rng: np.random.Generator, own: float = 0.0) -> Maps:
    """Mark the center, with some noise."""
    far = [np.linspace(-1, 1, side) for side in masks.shape[1:]]
    center = np.exp(-(far[0][:, None] ** 2 + far[1] ** 2) / 0.3)
    return center + own * noise(masks, rng, 5.0)


def trace(masks: Masks, rng: np.random.Generator) -> Maps:
    """Mark the edges of lesions in noise: what the Sobel filter sees."""
    image = masks + 0.2 * noise(masks, rng, 1.0)
    return np.hypot(ndimage.sobel(image, 1), ndimage.sobel(image, 2))


def mirror(masks: Masks, rng: np.random.Generator) -> Maps:
    """Mark the lesion and its place on the other side alike."""
    return find(masks, rng) + find(masks, rng)[:, :, ::-1]


def fade(masks: Masks, rng: np.random.Generator) -> Maps:
    """Find the lesion, but less toward the border, as padding makes networks do."""
    return find(masks, rng) * np.clip(prior(masks, rng), 0.2, 1)


def shift(masks: Masks, rng: np.random.Generator, pixels: int = 8) -> Maps:
    """Find the lesion and lie off by so many pixels along both axes."""
    ranges = [np.clip(np.arange(side) - pixels, 0, None) for side in masks.shape[1:]]
    return find(masks, rng)[:, ranges[0]][:, :, ranges[1]]


def stretch(masks: Masks, rng: np.random.Generator, factor: float = 256 / 224) -> Maps:
    """Find the lesion in a central crop and stretch the crop over the image."""
    axes = [
        (np.arange(side) - (side - 1) / 2) / factor + (side - 1) / 2
        for side in masks.shape[1:]
    ]
    places = np.meshgrid(*axes, indexing="ij")
    maps = find(masks, rng)
    return np.stack([ndimage.map_coordinates(map, places, order=1) for map in maps])


SOUND: dict[str, Make] = {
    "white noise": noise,
    "smooth noise": partial(noise, width=8.0),
    "smooth noise, cut at 0": lambda m, rng: np.maximum(noise(m, rng, 4.0), 0),
    "constant": lambda m, _: np.ones(m.shape),
    "center": prior,
    "center, noisy": partial(prior, own=0.3),
    "finds, strong": partial(find, weight=10.0),
    "finds": find,
    "finds, weak": partial(find, weight=0.5),
    "finds, hardly": partial(find, weight=0.2),
    "finds, blunt": partial(find, width=15.0),
    "finds, 4 units": partial(enlarge, units=4),
    "finds, 7 units": enlarge,
    "finds, 14 units": partial(enlarge, units=14),
    "finds, less at the border": fade,
    "finds, and the other side": mirror,
    "edges": trace,
}
"""Maps that are what they are: every warning is a false alarm."""

FAULTY: dict[str, tuple[str, Make]] = {
    "negated": ("polarity", lambda m, rng: -find(m, rng)),
    "negated, weak": ("polarity", lambda m, rng: -find(m, rng, weight=0.5)),
    "mirrored": ("orientation", lambda m, rng: find(m, rng)[:, :, ::-1]),
    "upside down, weak": ("orientation", lambda m, rng: find(m, rng, 0.5)[:, ::-1]),
    "turned by 180 degrees": (
        "orientation",
        lambda m, rng: find(m, rng)[:, ::-1, ::-1],
    ),
    "shifted by 4 pixels": ("alignment", partial(shift, pixels=4)),
    "shifted by 8 pixels": ("alignment", shift),
    "shifted by 16 pixels": ("alignment", partial(shift, pixels=16)),
    "4 units, aligned corners": ("alignment", partial(enlarge, units=4, corners=True)),
    "7 units, aligned corners": ("alignment", partial(enlarge, corners=True)),
    "8 units, aligned corners": ("alignment", partial(enlarge, units=8, corners=True)),
    "14 units, aligned corners": (
        "alignment",
        partial(enlarge, units=14, corners=True),
    ),
    "crop of 7/8, stretched": ("alignment", stretch),
}
"""What the check should find, and maps with that fault."""


def warn(make: Make, run: int, images: int, part: float = 1.0) -> Counter[str]:
    """Count the warnings on one drawing of masks and maps."""
    rng = np.random.default_rng([run, images, round(100 * part)])
    masks = make_masks(rng, images, part=part)
    ids = [f"{index:04d}" for index in range(images)]
    maps = ArrayMaps(make(masks, rng), ids, {"method": "maps"})
    doubts = check({"maps": maps}, ArrayMasks(masks, ids))
    return Counter(doubt.kind for doubt in doubts if doubt.warns)


def rate(make: Make, runs: int, images: int, part: float = 1.0) -> Counter[str]:
    """Count the warnings of many drawings."""
    found: Counter[str] = Counter()
    for run in range(runs):
        found += warn(make, run, images, part)
    return found


def bound(count: int, runs: int) -> float:
    """Return the upper end of the 95 % Wilson interval of a rate."""
    p, z = count / runs, 1.96
    middle = p + z * z / (2 * runs)
    half = z * sqrt(p * (1 - p) / runs + z * z / (4 * runs * runs))
    return (middle + half) / (1 + z * z / runs)


def main(runs: int) -> None:
    """Print both tables, rates in percent."""
    warnings = [kind for kind, warns in KINDS.items() if warns]
    print(f"{runs} runs each; images of 96 x 128 pixels, one lesion each\n")
    print(f"| sound maps | images | {' | '.join(warnings)} | any, up to |")
    print("|---|---|" + "---|" * (len(warnings) + 1))
    total: Counter[str] = Counter()
    for name, make in SOUND.items():
        for images, part in ((64, 1.0), (64, 0.5), (16, 1.0)):
            found = rate(make, runs, images, part)
            total += found
            where = f"{images}" + (", lesions in the left half" if part < 1 else "")
            cells = [f"{100 * found[kind] / runs:.1f}" for kind in warnings]
            most = f"{100 * bound(found.total(), runs):.1f}"
            print("| " + " | ".join([name, where, *cells, most]) + " |", flush=True)
    drawn = 3 * runs * len(SOUND)
    print(
        f"\n{total.total()} of {drawn} sound sets ({100 * total.total() / drawn:.2f} %)"
    )
    print("\n| faulty maps | should be | of 64 | of 32 | of 16 images |")
    print("|---|---|---|---|---|")
    for name, (kind, make) in FAULTY.items():
        found = [rate(make, runs, images)[kind] / runs for images in (64, 32, 16)]
        shares = " | ".join(f"{100 * share:.0f}" for share in found)
        print(f"| {name} | {kind} | {shares} |", flush=True)


if __name__ == "__main__":
    begin = time.perf_counter()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    print(f"\n{time.perf_counter() - begin:.0f} s")
