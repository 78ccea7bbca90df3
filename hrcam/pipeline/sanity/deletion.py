"""Take pixels away in a map's order, or give them back, and ask the network.

Two fills: the median of the image's tissue, which leaves the images that the network
knows; and, in simulated images, what the generator draws without the lesions: the same
anatomy, texture and noise, healthy, so both ends are images of the kind it knows.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped

from hrcam.pipeline.responding import Respond
from hrcam.pipeline.sanity.likeness import Maps, summary
from hrcam.pipeline.scenes import tissues
from metrics.likeness.perturbation import FRACTIONS, area, first_share, removal_order
from simbench.dataset import Dataset

Images = Float[np.ndarray, "n h w *c"]
#: Names of the fills, as reports print them.
FILLS = {
    "tissue_median": "median of the tissue",
    "counterfactual": "the same image without its lesions",
}


@dataclass(frozen=True)
class Perturbation:
    """What all entries' pixels are taken from.

    Attributes
    ----------
    images
        The images, float.
    fills
        By name, what takes a pixel's place, of the images' shape.
    ties
        Random numbers that order pixels of equal value, (n, h, w).
    aims, subjects
        Explained class and number of the subject of each image.
    """

    images: Images
    fills: Mapping[str, Images]
    ties: Float[np.ndarray, "n h w"]
    aims: Int[np.ndarray, " n"]
    subjects: Int[np.ndarray, " n"]


def median_fill(dataset: Dataset, ids: Sequence[str]) -> Images:
    """Return images of each one's tissue median, channel by channel."""
    images = dataset.read("image", ids).astype(np.float32)
    inside = tissues(dataset, ids) > 0
    filled = np.empty_like(images)
    for row, (image, own) in enumerate(zip(images, inside, strict=True)):
        where = own if own.any() else np.ones_like(own)
        filled[row] = np.median(image[where], axis=0)
    return filled


def draw_ties(
    ids: Sequence[str], size: tuple[int, int], seed: int
) -> Float[np.ndarray, "n h w"]:
    """Draw the numbers that order tied pixels, one stateless stream per image."""
    rows = []
    for image in ids:
        digest = hashlib.sha256(f"ties of {image}, seed {seed}".encode()).digest()
        stream = np.random.default_rng(np.frombuffer(digest, dtype=np.uint32))
        rows.append(stream.random(size))
    return np.stack(rows)


def perturb(
    respond: Respond, given: Perturbation, maps: Maps
) -> tuple[list[dict[str, Any]], dict[str, Any], list[pd.DataFrame]]:
    """Return areas and mean curves of every entry, and the areas image by image.

    Returns
    -------
    areas
        Per entry, order (``deletion``: most important first out of the image;
        ``insertion``: most important first into the fill), fill and response
        (``probability`` or ``logit``): mean area with its interval.
    curves
        ``fractions``, and by ``ENTRY/ORDER/FILL`` the mean of both responses.
    rows
        The areas as a long table, without ids of the images.
    """
    areas: list[dict[str, Any]] = []
    rows: list[pd.DataFrame] = []
    curves: dict[str, Any] = {"fractions": list(FRACTIONS), "entries": {}}
    for name, own in maps.items():
        finite = np.asarray(np.isfinite(own).all(axis=(1, 2)))
        for fill in given.fills:
            for order in ("deletion", "insertion"):
                found = _respond(respond, given, own, finite, (fill, order))
                key = f"{name}/{order}/{fill}"
                curves["entries"][key] = {k: _mean(v) for k, v in found.items()}
                for response, values in found.items():
                    place = {"entry": name, "order": order, "fill": fill}
                    under = area(FRACTIONS, values)
                    row = {**place, "response": response}
                    areas.append({**row, **summary(under, given.subjects)})
                    rows.append(_rows(row, under, finite))
    return areas, curves, rows


def blend(
    images: Images,
    fill: Images,
    order: Int[np.ndarray, "n p"],
    fraction: float,
    kind: str,
) -> Images:
    """Return images in which the first share of the pixels is taken away or given."""
    first = first_share(order, fraction, images.shape[1:3])
    first = first.reshape(*first.shape, *[1] * (images.ndim - 3))
    into, rest = (fill, images) if kind == "deletion" else (images, fill)
    return np.where(first, into, rest)


def _respond(
    respond: Respond,
    given: Perturbation,
    maps: Float[np.ndarray, "n h w"],
    finite: Shaped[np.ndarray, " n"],
    how: tuple[str, str],
) -> dict[str, Float[np.ndarray, "n s"]]:
    """Ask the network at every share of the pixels, all in one go."""
    fill, kind = how
    order = removal_order(np.where(finite[:, None, None], maps, 0.0), given.ties)
    steps = [
        blend(given.images, given.fills[fill], order, fraction, kind)
        for fraction in FRACTIONS
    ]
    found = respond(np.concatenate(steps), np.tile(given.aims, len(steps)))
    shape = (len(steps), len(given.images))
    curves = {
        "probability": found.probability.reshape(shape).T.copy(),
        "logit": found.logit.reshape(shape).T.copy(),
    }
    for values in curves.values():
        values[~finite] = np.nan
    return curves


def _mean(values: Float[np.ndarray, "n s"]) -> list[float]:
    good = values[np.isfinite(values).all(axis=1)]
    return good.mean(axis=0).tolist() if len(good) else [float("nan")] * len(FRACTIONS)


def _rows(
    row: Mapping[str, str],
    values: Float[np.ndarray, " n"],
    finite: Shaped[np.ndarray, " n"],
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "check": row["order"],
            "variant": row["fill"],
            "step": "",
            "depth": 0,
            "entry": row["entry"],
            "measure": f"area_{row['response']}",
            "value": values,
            "status": np.where(finite, "ok", "nonfinite"),
        }
    )
