"""Compare methods over the scores of several trainings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from metrics.analysis.families import (
    add_holm,
    columns_in,
    family_of,
    list_others,
    margin_of,
)
from metrics.analysis.strata import Strata, stratify
from metrics.scores.table import SCORES
from metrics.scoring import Scores
from metrics.statistics.seeds import SeedDifference, contrast_seeds
from metrics.storage.plain import to_plain

SCHEMA = 1
_DIGITS = 10
_SAME = ("reference", "margin", "level", "primary", "missing")


def compare_seeds(runs: Mapping[str, Scores]) -> dict[str, Any]:
    """Compare the reference with every other entry over several trainings.

    Parameters
    ----------
    runs
        By name, scores of the same images by the same entries; one training each.

    Returns
    -------
    dict
        ``differences``: a row for an entry, score, threshold and stratum, with the
        difference of each run, both sources of its error and a verdict
        (:func:`~metrics.statistics.seeds.contrast_seeds`). Within a stratum p values
        are adjusted by Holm in the families of ``results.json``. Strata that depend on
        the network (``correct``) are left out.

    Raises
    ------
    ValueError
        If there are fewer than two runs, or they differ in images, masks, entries,
        scores or choices.
    """
    if len(runs) < 2:
        msg = f"seeds must be at least 2 runs, got {len(runs)}; score another training"
        raise ValueError(msg)
    first, *others = runs.items()
    for name, scores in others:
        _check_same(first, (name, scores))
    usual = first[1]
    options = usual.results["options"]
    columns = [c for c in usual.measured.columns if not SCORES[c.score].own_unit]
    names = list_others(usual.measured.entries, options["reference"])
    strata = _stratify(usual)
    rows: list[dict[str, Any]] = []
    for stratum, members in strata.members.items():
        part: list[dict[str, Any]] = []
        for place in columns_in(strata, stratum, columns, options["primary"]):
            column = columns[place]
            at = column.score, column.threshold
            own = _stack(runs, options["reference"], at, members)
            for name in names:
                found = contrast_seeds(
                    own,
                    _stack(runs, name, at, members),
                    strata.subjects[members],
                    margin_of(column, options["margin"]),
                    options["level"],
                )
                part.append(
                    {
                        "reference": options["reference"],
                        "other": name,
                        "score": column.score,
                        "threshold": column.threshold,
                        "stratum": stratum,
                        **_name_parts(found),
                    }
                )
        rows += _adjust(part)
    result = {
        "schema": SCHEMA,
        "runs": list(runs),
        "options": {key: options[key] for key in _SAME},
        "differences": rows,
    }
    return to_plain(result, _DIGITS)


def _check_same(first: tuple[str, Scores], other: tuple[str, Scores]) -> None:
    """Refuse what cannot be paired, and say why."""
    (name, one), (second, two) = first, other
    if one.ids != two.ids:
        odd = sorted(set(one.ids) ^ set(two.ids))
        what = f"{odd[0]!r} in one only" if odd else "another order"
        msg = (
            f"runs must score the same images, got {what} ({name}, {second}); score "
            "them against the same masks"
        )
        raise ValueError(msg)
    masks = [(s.measured.lesion, s.measured.healthy) for s in (one, two)]
    if not all(np.array_equal(a, b) for a, b in zip(*masks, strict=True)):
        msg = (
            f"runs must score against the same masks, got lesions of other sizes in "
            f"{second} than in {name}; score them anew"
        )
        raise ValueError(msg)
    for what, a, b in (
        ("entries", one.measured.entries, two.measured.entries),
        ("scores", one.measured.columns, two.measured.columns),
    ):
        lost = [str(x) for x in (*a, *b) if x not in a or x not in b]
        if lost:
            msg = (
                f"runs must have the same {what}, got {lost[0]} in one only ({name}, "
                f"{second}); score the same in all"
            )
            raise ValueError(msg)
    for key in _SAME:
        a, b = (scores.results["options"][key] for scores in (one, two))
        if a != b:
            msg = (
                f"runs must be scored with one {key}, got {a!r} ({name}) and {b!r} "
                f"({second}); score one of them anew"
            )
            raise ValueError(msg)


def _stratify(scores: Scores) -> Strata:
    """Group the images by what no network decides."""
    frame = scores.frame.drop(columns="correct", errors="ignore")
    return stratify(frame, np.asarray(scores.measured.lesion))


def _name_parts(found: SeedDifference) -> dict[str, Any]:
    """Name what was found as the results do."""
    named = asdict(found)
    named["n"], named["p"] = named.pop("count"), named.pop("p_value")
    return named


def _stack(
    runs: Mapping[str, Scores],
    entry: str,
    at: tuple[str, float | None],
    members: np.ndarray,
) -> np.ndarray:
    """Put one entry's values together, a run a row."""
    return np.stack([scores.values_of(entry, *at)[members] for scores in runs.values()])


def _adjust(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Adjust p values, family by family."""
    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        families.setdefault(family_of(row["score"]), []).append(row)
    return [row for members in families.values() for row in add_holm(members)]
