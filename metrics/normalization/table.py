"""Ways to bring maps to [0, 1] before thresholds are applied."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from metrics.counting.thresholds import normalize

Maps = Float[np.ndarray, "n ..."]
Limits = tuple[float, float]


@dataclass(frozen=True)
class Normalization:
    """One way.

    Attributes
    ----------
    name, about
        For files and for people.
    apply
        From maps and the least and greatest value of the method's finite maps to values
        in [0, 1]. Maps with NaN or infinity come as NaN everywhere and stay so.
    """

    name: str
    about: str
    apply: Callable[[Maps, Limits], Maps]


def _over_dataset(maps: Maps, limits: Limits) -> Maps:
    low, high = limits
    # Halved, so that the span of large floats stays finite.
    span = high / 2 - low / 2
    if not span > 0:
        return np.where(np.isnan(maps), np.nan, 0.0)
    return np.clip((maps.astype(np.float64) / 2 - low / 2) / span, 0, 1)


def _clip(share: float) -> Callable[[Maps, Limits], Maps]:
    """Cut each map at the value that this share of its pixels does not exceed."""

    def apply(maps: Maps, _limits: Limits) -> Maps:
        pixels = maps.reshape(len(maps), -1)
        top = np.quantile(pixels, share, axis=1, method="inverted_cdf")
        return normalize(np.minimum(maps, top.reshape(-1, *(1,) * (maps.ndim - 1))))

    return apply


def _raise(exponent: float) -> Callable[[Maps, Limits], Maps]:
    return lambda maps, _limits: normalize(maps) ** exponent


NORMALIZATIONS: Mapping[str, Normalization] = {
    entry.name: entry
    for entry in (
        Normalization(
            "per_image",
            "min-max in each image, the default",
            lambda maps, _limits: normalize(maps),
        ),
        Normalization(
            "per_dataset", "min-max over all of a method's maps", _over_dataset
        ),
        Normalization(
            "relu",
            "negative values to 0, then per image",
            lambda maps, _limits: normalize(np.maximum(maps, 0)),
        ),
        Normalization(
            "absolute",
            "sign left out, then per image",
            lambda maps, _limits: normalize(np.abs(maps)),
        ),
        Normalization(
            "clipped_99", "cut at the 99th percentile, then per image", _clip(0.99)
        ),
        Normalization(
            "clipped_99.9",
            "cut at the 99.9th percentile, then per image",
            _clip(0.999),
        ),
        Normalization("gamma_0.5", "per image, then the square root", _raise(0.5)),
        Normalization("gamma_2", "per image, then the square", _raise(2.0)),
    )
}
"""Every normalization, by name; the first is the one that scores use."""

DEFAULT = "per_image"


def choose_normalizations(names: tuple[str, ...]) -> tuple[Normalization, ...]:
    """Return normalizations in the order of their table, the default always first.

    Parameters
    ----------
    names
        Of them, or ``all``; none for none.

    Raises
    ------
    ValueError
        If there is no such normalization.
    """
    if not names:
        return ()
    for name in names:
        if name != "all" and name not in NORMALIZATIONS:
            known = ", ".join(("all", *NORMALIZATIONS))
            msg = f"normalizations must be among {known}, got {name!r}"
            raise ValueError(msg)
    wanted = {*NORMALIZATIONS} if "all" in names else {DEFAULT, *names}
    return tuple(entry for entry in NORMALIZATIONS.values() if entry.name in wanted)
