"""Whether maps were rounded, cut or stretched before they came."""

import numpy as np

from metrics.checks.doubt import Doubt
from metrics.checks.look import MANY, Look

_SCALES = (1.0, 255.0)


def check_levels(look: Look) -> Doubt | None:
    """Tell of maps with few distinct values."""
    most = int(look.values.distinct.max())
    if most > MANY or most < 2:
        return None
    if most == 2:
        said = (
            "have 2 distinct values: thresholds and ranks say nothing beyond the one "
            "cut; score the values from before it"
        )
    else:
        said = (
            f"have at most {most} distinct values, as 8-bit images and coarse maps "
            "enlarged without interpolation have: ties decide ranks by expectation; "
            "score floating-point maps if there are any"
        )
    sentence = f"maps of {look.entry!r} {said}"
    return Doubt("levels", look.entry, sentence, {"distinct": most})


def check_saturation(look: Look) -> Doubt | None:
    """Tell of maps whose maximum is shared by more pixels than a lesion has.

    Maps of one or two values are left to others.
    """
    rich = look.values.distinct > 2
    lesion = look.sample.lesion.reshape(len(rich), -1).mean(axis=1)
    over = rich & (look.values.tied > lesion)
    if not rich.any() or 2 * np.count_nonzero(over) <= np.count_nonzero(rich):
        return None
    tied, share = (float(np.median(x[rich])) for x in (look.values.tied, lesion))
    sentence = (
        f"maps of {look.entry!r} are saturated: {tied:.1%} of the pixels of the "
        f"median map share its maximum, and the median lesion has {share:.1%}; what is "
        "highest is not told apart, score the values from before they were cut"
    )
    return Doubt("saturation", look.entry, sentence, {"tied": tied, "lesion": share})


def check_normalized(look: Look) -> Doubt | None:
    """Tell of maps that all span one scale exactly.

    Constant maps are left to others.
    """
    varied = look.values.high > look.values.low
    low, high = look.values.low[varied], look.values.high[varied]
    scale = next((s for s in _SCALES if len(high) > 1 and (high == s).all()), None)
    if scale is None or look.values.distinct.max() <= 2 or not (low == 0).all():
        return None
    sentence = (
        f"maps of {look.entry!r} all span 0 to {scale:g} exactly: they came normalized "
        "image by image, and how strong a map is beside another is lost; score raw "
        "maps to compare images, above all those without a lesion"
    )
    return Doubt("normalized", look.entry, sentence, {"high": scale})
