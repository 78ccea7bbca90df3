"""Whether maps find the lesion when they are flipped, turned or transposed."""

import numpy as np

from metrics.checks.certainty import FEWEST, halve
from metrics.checks.doubt import Doubt
from metrics.checks.look import Look
from metrics.checks.places import symmetries


def check_orientation(look: Look) -> Doubt | None:
    """Doubt the order of axes of maps that fit better in another orientation.

    Both halves of the images must prefer the same one of all that keep the size.
    """
    count = len(look.sample.ids)
    if count < FEWEST:
        return None
    others = list(symmetries(look.sample))[1:]
    rises = [look.rise(symmetry) for symmetry in others]
    gains = np.stack([rise.own for rise in rises])
    best, second = (int(gains[:, half].mean(axis=1).argmax()) for half in halve(count))
    if best != second or not rises[best].is_clear():
        return None
    before, after = rises[best].tops
    found = others[best]
    sentence = (
        f"maps of {look.entry!r} look {found.words}: lesions lie in the top "
        f"{before:.1%} of a map, in the top {after:.1%} when put right ({count} "
        f"images); if so, score {found.code}"
    )
    numbers = {
        "images": count,
        "top": before,
        "top_right": after,
        "order": list(found.order),
        "flips": list(found.flips),
    }
    return Doubt("orientation", look.entry, sentence, numbers)
