"""Scores at one threshold of each map, chosen by a rule instead of named.

The rules are told apart by whose masks they see: ``otsu`` sees none, ``tuned`` those of
the validation split, ``oracle`` the scored image's own, which no user has.
"""

import numpy as np
from jaxtyping import Float, Int

from metrics.counting.thresholds import Sweep
from metrics.scores.marking import FORMULAS, Marked
from metrics.scores.score import Compared, Score, by_name


def cut(counts: Sweep, places: Int[np.ndarray, " n"]) -> Marked:
    """Return what is marked at one threshold per image, its place in the sweep."""
    rows = np.arange(len(places))
    return Marked(
        counts.marked_lesion[rows, places][:, None],
        counts.marked_healthy[rows, places][:, None],
        counts.lesion[:, None],
        counts.healthy[:, None],
    )


def everywhere(counts: Sweep) -> Marked:
    """Return what is marked at every threshold."""
    lesion, healthy = counts.lesion[:, None], counts.healthy[:, None]
    return Marked(counts.marked_lesion, counts.marked_healthy, lesion, healthy)


def otsu(counts: Sweep) -> Int[np.ndarray, " n"]:
    """Find the threshold that parts each map's values best, without a mask.

    Otsu's rule (1979) on the histogram of the levels k/100 that pixels reach: the mark
    of largest variance between those below and those at or above it, the lowest of
    equals. For a constant map, the last.
    """
    above = (counts.marked_lesion + counts.marked_healthy).astype(np.float64)
    total = above[:, :1]
    levels = np.arange(above.shape[1])
    sizes = above - np.pad(above[:, 1:], ((0, 0), (0, 1)))
    sums = (sizes * levels)[:, ::-1].cumsum(axis=1)[:, ::-1]
    below = total - above
    moment = sums * total - sums[:, :1] * above
    spread = np.full(above.shape, -1.0)
    np.divide(moment**2, above * below, out=spread, where=(above > 0) & (below > 0))
    best = spread.argmax(axis=1)
    return np.where(spread.max(axis=1) > 0, best, above.shape[1] - 1)


def best(counts: Sweep) -> Int[np.ndarray, " n"]:
    """Find the threshold of largest Dice of each image, the lowest of equals."""
    values = FORMULAS["dice"][0](everywhere(counts))
    return np.where(np.isfinite(values), values, -1.0).argmax(axis=1)


def tune(counts: Sweep) -> int:
    """Find the one threshold of largest mean Dice over images with a lesion.

    Returns
    -------
    int
        Its place k among the thresholds k/100, the lowest of equals.

    Raises
    ------
    ValueError
        If no image has both a lesion and a map.
    """
    values = FORMULAS["dice"][0](everywhere(counts))
    known = (counts.lesion > 0) & np.isfinite(values).all(axis=1)
    if not known.any():
        msg = "a threshold must be tuned on images with a lesion and a map, got none"
        raise ValueError(msg)
    return int(values[known].mean(axis=0).argmax())


def _by_otsu(compared: Compared) -> Marked:
    return cut(compared.sweep, otsu(compared.sweep))


def _by_oracle(compared: Compared) -> Marked:
    return cut(compared.sweep, best(compared.sweep))


def _by_tuning(compared: Compared) -> Marked:
    return cut(compared.sweep, np.full(len(compared.truth), compared.tuned))


#: How a threshold is chosen and what is said of it, by the word in the score's name.
_RULES = {
    "otsu": (_by_otsu, "Otsu", "At Otsu's threshold, which sees no mask."),
    "tuned": (_by_tuning, "tuned", "At the threshold tuned on other images."),
    "oracle": (_by_oracle, "oracle", "At the best k/100 for the image: an oracle."),
}


def _at_rule(name: str, rule: str) -> Score:
    """Make the score of a formula at the threshold of a rule."""
    formula, label, undefined = FORMULAS[name]
    choose, word, said = _RULES[rule]

    def compute(compared: Compared) -> Float[np.ndarray, " n"]:
        return formula(choose(compared))[:, 0]

    compute.__doc__ = f"{(formula.__doc__ or '').splitlines()[0]} {said}"
    return Score(
        f"{name}_{rule}",
        f"{label}, {word}",
        compute,
        undefined,
        standard=name == "dice" or rule == "tuned",
        needs_tuning=rule == "tuned",
        source="Otsu 1979" if rule == "otsu" else "",
    )


SCORES = by_name(
    *(_at_rule(name, "otsu") for name in FORMULAS),
    *(_at_rule(name, "tuned") for name in FORMULAS),
    *(_at_rule(name, "oracle") for name in ("dice", "iou")),
)
"""Scores at thresholds that a rule chooses."""
