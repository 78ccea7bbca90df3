"""Whether maps find the lesion when they are shifted, or stretched about the center."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import fft

from metrics.checks.certainty import FEWEST, Rise, halve
from metrics.checks.doubt import Doubt
from metrics.checks.look import Look
from metrics.checks.places import Shift, Zoom

ZOOMS = tuple(1.04**power for power in range(-7, 9) if power)
"""Factors that are tried: 0.76 to 1.37."""

WINDOW = 4
"""Shifts go up to this part of each side."""

STRETCHED = (
    "stretched",
    "enlarge them with half-pixel centers instead of aligned corners, and put a crop's "
    "map back where the crop was",
)
SHRUNK = ("shrunk", "stretch a map of the whole image over the whole image")
"""What is seen, and the remedy."""

SCATTER = 0.08
"""Standard deviation of the lesions' centers, in sides of the image, at least."""


def check_alignment(look: Look) -> Doubt | None:
    """Doubt the place of maps that fit better when shifted or stretched.

    Of the best shift and the best factor, the one that gains more is named. Where all
    lesions keep to one place nothing is said: the grid of a coarse map then lies off
    by the same distance in every image, and is none the worse for it.
    """
    few = len(look.sample.ids) < FEWEST
    if few or look.sample.scatter.min() < SCATTER:
        return None
    halves = halve(len(look.sample.ids))
    found = [doubt for doubt in (_shift(look, halves), _zoom(look, halves)) if doubt]
    return min(found, key=lambda doubt: doubt.numbers["top_right"], default=None)


def correlate(
    look: Look, groups: Bool[np.ndarray, "g n"]
) -> Float[np.ndarray, "g ..."]:
    """Sum the lesions' own heights over each group at every shift in the window.

    The middle of each axis is no shift.
    """
    cells = look.sample.cells
    reach = tuple(side // WINDOW for side in cells)
    length = [
        fft.next_fast_len(side + most, real=True)
        for side, most in zip(cells, reach, strict=True)
    ]
    axes = tuple(range(1, len(cells) + 1))
    own = look.own_heights.reshape(len(look.own_heights), *cells)
    waves = fft.rfftn(own, length, axes=axes)
    waves *= np.conj(fft.rfftn(look.sample.weights, length, axes=axes))
    sums = np.stack([waves[group].sum(axis=0) for group in groups])
    surface = fft.irfftn(sums, length, axes=axes)
    for axis, most in enumerate(reach):
        places = np.arange(-most, most + 1)
        surface = surface.take(places, axis=axis + 1, mode="wrap")
    return surface


def _shift(look: Look, halves: Bool[np.ndarray, "2 n"]) -> Doubt | None:
    """Find the shift that both halves of the images prefer, or nearly."""
    both = np.ones((1, halves.shape[1]), bool)
    surfaces = correlate(look, np.concatenate([halves, both]))
    middle = np.array(surfaces.shape[1:]) // 2
    first, second, best = (
        np.array(np.unravel_index(surface.argmax(), surface.shape)) - middle
        for surface in surfaces
    )
    apart = np.abs(first - second).max()
    if not best.any() or apart > max(2, np.abs(best).max() / 2):
        return None
    if not _confirm(look, Shift(tuple(first.tolist())), Shift(tuple(second.tolist()))):
        return None
    rise = look.rise(Shift(tuple(best.tolist())))
    pixels = [
        int(cells * step) for cells, step in zip(best, look.sample.block, strict=True)
    ]
    return _say(
        look,
        rise,
        f"shifted by about {tuple(pixels)} pixels",
        "look for a stride, a crop or padding left out when they were enlarged",
        {"offset": pixels},
    )


def _zoom(look: Look, halves: Bool[np.ndarray, "2 n"]) -> Doubt | None:
    """Find the best factor, if both halves of the images prefer the same side of 1."""
    moves = [Zoom(factor, look.sample.away) for factor in ZOOMS]
    rises = [look.rise(move) for move in moves]
    gains = np.stack([rise.own for rise in rises])
    first, second = (int(gains[:, half].mean(axis=1).argmax()) for half in halves)
    best = int(gains.mean(axis=1).argmax())
    if (ZOOMS[first] > 1) != (ZOOMS[second] > 1):
        return None
    if not _confirm(look, moves[first], moves[second]):
        return None
    factor = ZOOMS[best]
    seen, remedy = STRETCHED if factor > 1 else SHRUNK
    return _say(
        look,
        rises[best],
        f"{seen} by about {factor:.2f} from the center",
        remedy,
        {"factor": factor},
    )


def _confirm(look: Look, first: Shift | Zoom, second: Shift | Zoom) -> bool:
    """Try the move that each half of the images prefers on the other half.

    Lesions that bend toward the center, as along a surface, fit a little better inward
    even where a map is right, and what is blunt leans on the border: so do the masks,
    blurred, and that is taken off.
    """
    rise = _cross(look, first, second)
    return rise.is_clear() and all(
        rise.is_clear(_cross(control, first, second)) for control in look.controls
    )


def _cross(look: Look, first: Shift | Zoom, second: Shift | Zoom) -> Rise:
    """Join what each move gains on the half of the images that did not choose it."""
    one, other = (look.rise(move, move.opposite) for move in (first, second))
    held = halve(len(look.sample.ids))[1]
    return Rise(
        one.before,
        np.where(held, one.after, other.after),
        one.own_before,
        np.where(held, one.own_after, other.own_after),
        np.where(held, one.opposite, other.opposite),
    )


def _say(
    look: Look, rise: Rise, seen: str, remedy: str, numbers: dict[str, object]
) -> Doubt:
    """Put what was seen into a sentence."""
    before, after = rise.tops
    count = len(rise.before)
    sentence = (
        f"maps of {look.entry!r} look {seen}: lesions lie in the top {before:.1%} of a "
        f"map, in the top {after:.1%} when put right ({count} images); {remedy}"
    )
    found = {"images": count, "top": before, "top_right": after} | numbers
    return Doubt("alignment", look.entry, sentence, found)
