"""Choose the images a report shows, by a rule that it prints."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any
from zlib import crc32

import numpy as np
from jaxtyping import Float, Int

from metrics.analysis.options import ScoreOptions
from metrics.analysis.strata import WITHOUT, Strata
from metrics.analysis.words import number
from metrics.measured import Measured
from metrics.scores.table import SCORES

MOST_GALLERY = 60
"""Images that the HTML report lets browse."""

_ORDER = ("random", "best", "median", "worst", "disagreement", "kind")


def choose_panels(
    measured: Measured,
    strata: Strata,
    entries: Sequence[Mapping[str, str]],
    options: ScoreOptions,
    reference: str,
) -> tuple[list[dict[str, Any]], str]:
    """Choose images with a lesion: extremes of the reference, the rest by lot.

    Parameters
    ----------
    measured, strata, entries, options, reference
        The analysis; ``options.primary`` ranks, ``options.seed`` draws.

    Returns
    -------
    panels
        ``image_id``, ``rule``, ``stratum`` and the primary ``scores`` by entry;
        no image twice.
    rule
        The sentence that says how they were chosen.
    """
    values = measured.scores_of(options.primary)
    own = values[measured.entries.index(reference)]
    rows = np.flatnonzero(strata.members["all"] & np.isfinite(own))
    # By image_id, so that the order of the input does not matter.
    rows = rows[np.argsort(number(measured.ids)[rows], kind="stable")]
    spread = _spread(values, measured, entries, reference)
    chosen = _choose(own, spread, rows)
    generator = np.random.default_rng([options.seed, crc32(b"panels")])
    kinds = sorted(
        name
        for name, members in strata.members.items()
        if name.startswith("lesion=") and members[rows].any()
    )
    drawn = generator.permutation(rows[~np.isin(rows, list(chosen))])
    chosen |= dict.fromkeys(drawn[:2].tolist(), "random")
    for kind in kinds:
        if kind not in {strata.kind_of(row) for row in chosen}:
            more = drawn[2:][strata.members[kind][drawn[2:]]]
            chosen |= dict.fromkeys(more[:1].tolist(), "kind")
    panels = [
        {
            "image_id": measured.ids[row],
            "rule": rule,
            "stratum": strata.kind_of(row),
            "scores": dict(zip(measured.entries, values[:, row], strict=True)),
        }
        for row, rule in sorted(chosen.items(), key=lambda item: _ORDER.index(item[1]))
    ]
    return panels, _say_rule(entries, options, reference)


def choose_gallery(
    measured: Measured,
    strata: Strata,
    panels: Sequence[Mapping[str, Any]],
    options: ScoreOptions,
) -> dict[str, Any]:
    """Choose up to :data:`MOST_GALLERY` images to browse: the panels, then by lot.

    Returns
    -------
    dict
        ``images`` (``image_id``, ``rule``, ``stratum``), ``total`` (of all images) and
        the ``rule`` in a sentence.
    """
    shown = {panel["image_id"]: panel for panel in panels}
    ids = sorted(measured.ids)
    generator = np.random.default_rng([options.seed, crc32(b"gallery")])
    drawn = (ids[k] for k in generator.permutation(len(ids)))
    unseen = (name for name in drawn if name not in shown)
    rest = list(islice(unseen, max(MOST_GALLERY - len(shown), 0)))
    wanted = {*shown, *rest}
    place = {name: row for row, name in enumerate(measured.ids) if name in wanted}
    images = [
        {
            "image_id": name,
            "rule": shown[name]["rule"] if name in shown else "by lot",
            "stratum": strata.kind_of(place[name])
            if measured.lesion[place[name]] > 0
            else WITHOUT,
        }
        for name in [*shown, *rest]
    ]
    rule = (
        f"{len(images)} of {len(ids)} images: those of the panels, then at random from "
        f"all (seed {options.seed})."
    )
    return {"images": images, "total": len(ids), "rule": rule}


def _choose(
    own: Float[np.ndarray, " n"],
    spread: Float[np.ndarray, " n"],
    rows: Int[np.ndarray, " r"],
) -> dict[int, str]:
    """Pick the extremes one after the other, each from what is left."""
    chosen: dict[int, str] = {}
    if not len(rows):
        return chosen
    distance = np.abs(own - np.median(own[rows]))
    rules = {"best": -own, "worst": own, "median": distance, "disagreement": -spread}
    for rule, cost in rules.items():
        left = rows[np.isfinite(cost[rows]) & ~np.isin(rows, list(chosen))]
        if len(left):
            chosen[int(left[np.argmin(cost[left])])] = rule
    return chosen


def _spread(
    values: Float[np.ndarray, "m n"],
    measured: Measured,
    entries: Sequence[Mapping[str, str]],
    reference: str,
) -> Float[np.ndarray, " n"]:
    """Largest distance of the reference from another model's entry; NaN if none."""
    own = values[measured.entries.index(reference)]
    others = [
        index
        for index, entry in enumerate(entries)
        if entry["name"] != reference and entry["kind"] in ("model", "external")
    ]
    if not others:
        return np.full(len(own), np.nan)
    distance = np.abs(values[others] - own)
    largest = np.where(np.isfinite(distance), distance, -np.inf).max(axis=0)
    return np.where(np.isfinite(largest), largest, np.nan)


def _say_rule(
    entries: Sequence[Mapping[str, str]], options: ScoreOptions, reference: str
) -> str:
    label = next(e["label"] for e in entries if e["name"] == reference)
    score = SCORES[options.primary].label.lower()
    return (
        "Chosen by rule, not by eye, from the images with a lesion: the best, the "
        f"worst and the one nearest the median by {score} of {label}; the one where "
        f"{label} and another method differ most; two at random from the rest (seed "
        f"{options.seed}); and one at random of each kind of lesion not yet shown."
    )
