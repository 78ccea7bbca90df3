"""The scores there are: one function and one word in a table each."""

from collections.abc import Sequence

from metrics.scores import (
    cuts,
    lesions,
    marking,
    mass,
    peaks,
    pointing,
    ranks,
    surfaces,
    transport,
)
from metrics.scores.score import Score

PARTS = marking, cuts, ranks, mass, pointing, transport, lesions, surfaces, peaks

SCORES: dict[str, Score] = {
    name: score for part in PARTS for name, score in part.SCORES.items()
}
"""Every score by name, in the order of reports."""


def choose_scores(names: Sequence[str] = (), tuned: bool = False) -> tuple[Score, ...]:
    """Choose scores by name, in the order of the table.

    Parameters
    ----------
    names
        Names, ``all`` for every one, ``standard`` for those that a comparison shows;
        nothing stands for ``standard``.
    tuned
        Whether thresholds were tuned: what needs that is left out otherwise.

    Raises
    ------
    ValueError
        If there is no score of a name, or it needs a tuned threshold and there is none.
    """
    names = names or ("standard",)
    wanted = set(names)
    for name in names:
        if name not in ("all", "standard", *SCORES):
            msg = (
                f"scores must be 'all', 'standard' or of {', '.join(SCORES)}, got "
                f"{name!r}"
            )
            raise ValueError(msg)
        if name in SCORES and SCORES[name].needs_tuning and not tuned:
            msg = (
                f"score {name!r} must have a threshold tuned on other images, got "
                "none; score those first and name that folder"
            )
            raise ValueError(msg)
    return tuple(
        score
        for name, score in SCORES.items()
        if (tuned or not score.needs_tuning)
        and (
            name in wanted
            or "all" in wanted
            or (score.standard and "standard" in wanted)
        )
    )
