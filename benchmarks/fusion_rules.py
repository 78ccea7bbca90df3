"""Ways to weight the layers' maps of a head, all chosen without masks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge
from hrcam.layer_weights import auroc, tail

#: Raw maps of one head at the layers' own sizes, shallow to deep, (n, h, w) each.
Maps = Sequence[np.ndarray]


@dataclass(frozen=True)
class Evidence:
    """What may be known when layers are weighted.

    Parameters
    ----------
    maps
        Of validation images, by layer.
    diseased
        Which of them belong to the second class.
    occluded
        Which rows of the validation images were occluded, and their occlusion maps at
        the image's size.
    reliability
        Signal-to-noise ratio of each layer's response over bootstrap refits.
    geometry
        Of the layers.
    """

    maps: Maps
    diseased: np.ndarray
    occluded: tuple[np.ndarray, np.ndarray]
    reliability: np.ndarray
    geometry: Sequence[Geometry]


def linear(evidence: Evidence) -> dict[str, np.ndarray]:
    """Return the layers' factors by rule: the fused map stays a linear head's."""
    maps, diseased = evidence.maps, evidence.diseased
    scale = 1 / np.array([x.std() for x in maps])
    healthy = 1 / np.array([x[~diseased].std() for x in maps])
    flat = [x.reshape(len(x), -1).astype(np.float64) for x in maps]
    tails, means = [tail(x) for x in flat], [x.mean(axis=1) for x in flat]
    gini = np.array([_gini(x, diseased) for x in tails])
    apart = np.array([_apart(x, diseased) for x in tails])
    stride = np.array([g.stride[0] for g in evidence.geometry])
    agreement = np.maximum(_agreement(evidence), 0)
    first = np.arange(len(maps)) == int(np.argmax(gini >= 0.7 * gini.max()))
    return {
        "sum": np.ones(len(maps)),
        "1/sd": scale,
        "1/sd healthy": healthy,
        "reliability/sd": evidence.reliability * scale,
        "occlusion/sd": agreement * scale,
        "mean gini/sd": np.array([_gini(x, diseased) for x in means]) * scale,
        "d'/sd": apart * scale,
        "d'/sd/sqrt stride": apart * scale / np.sqrt(stride),
        "tail gini/sd": gini * scale,
        "tail gini²/sd": gini**2 * scale,
        "first layer of 70 % gini": scale * first,
        "layer of best occlusion": scale * (agreement == agreement.max()),
    }


def fuse(maps: Sequence[np.ndarray], factors: np.ndarray) -> np.ndarray:
    """Return the weighted sum of enlarged maps."""
    return sum(np.float32(f) * x for f, x in zip(factors, maps, strict=True))


def curved(maps: Sequence[np.ndarray], sds: Sequence[float]) -> dict[str, np.ndarray]:
    """Return fusions that are no linear head, of enlarged maps in units of their sd."""
    units = np.stack([x / np.float32(s) for x, s in zip(maps, sds, strict=True)])
    positive = np.maximum(units, 0)
    peak = positive.max(axis=(2, 3), keepdims=True)
    bounded = np.divide(2 * positive, peak, out=np.zeros_like(units), where=peak > 0)
    return {
        "max": units.max(axis=0),
        "tanh-max": np.tanh(bounded).max(axis=0),
        "product": np.log(1 / (1 + np.exp(-units))).sum(axis=0),
    }


def subtracted(maps: Maps, reference: Maps) -> list[np.ndarray]:
    """Return maps minus the mean map of healthy validation images."""
    return [x - r.mean(axis=0) for x, r in zip(maps, reference, strict=True)]


def enlarged(
    maps: Maps, geometry: Sequence[Geometry], size: tuple[int, int]
) -> list[np.ndarray]:
    """Return maps at the image's size."""
    pairs = zip(maps, geometry, strict=True)
    return [enlarge(x.astype(np.float32), size, g) for x, g in pairs]


def _gini(values: np.ndarray, diseased: np.ndarray) -> float:
    return max(0.0, 2 * auroc(values[diseased], values[~diseased]) - 1)


def _apart(values: np.ndarray, diseased: np.ndarray) -> float:
    one, other = values[diseased], values[~diseased]
    spread = np.sqrt((one.var() + other.var()) / 2)
    return max(0.0, float((one.mean() - other.mean()) / spread)) if spread else 0.0


def _agreement(evidence: Evidence) -> np.ndarray:
    """Return the mean rank correlation of each layer's maps with occlusion maps."""
    rows, truth = evidence.occluded
    found = [
        enlarge(x[rows].astype(np.float32), truth.shape[1:], g)
        for x, g in zip(evidence.maps, evidence.geometry, strict=True)
    ]
    ranks = _ranks(truth)
    return np.array([(_ranks(x) * ranks).sum(axis=1).mean() for x in found])


def _ranks(maps: np.ndarray) -> np.ndarray:
    """Return centered ranks of each map's pixels, of length 1."""
    order = maps.reshape(len(maps), -1).argsort(axis=1).argsort(axis=1)
    centered = order - order.mean(axis=1, keepdims=True)
    return centered / np.linalg.norm(centered, axis=1, keepdims=True)
