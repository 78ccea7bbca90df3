"""Write the page of the scores, from their table and from what the tests expect."""

import inspect
import tomllib
from pathlib import Path

import numpy as np
from _rst import escaped, heading, table

from metrics.scores.score import Score
from metrics.scores.table import SCORES

EDGES = Path(__file__).parents[1] / "tests" / "metrics" / "scores" / "edges.toml"
ABOUT = """\
A map is compared with the truth of its image; pixels that do not count are left out.
``hrcam score --scores all`` computes all of these, without the option those marked
*standard*. Scores of marked pixels are tabulated at 0.3, 0.5 and 0.8 of the min-max
normalized map; ``otsu``, ``tuned`` and ``oracle`` in a name say how another threshold
was chosen, and whose mask was seen for it: nobody's, other images', the image's own.
Undefined is NaN with a status; means are given without such images and, beside it, with
every image whose *map* has no value counted as worst.
Against a soft truth (``--region effect``) a pixel counts as lesion by its share."""
CASES = """\
The tests compute every cell: a map of 4 x 5 pixels with four lesion pixels, at
threshold 0.5. *tie*: four healthy pixels are as high as the lesion."""


def scores() -> str:
    """Describe the scores, one table for what they are and one for the edge cases."""
    parts = [heading("Scores"), ABOUT, ""]
    rows = [_row(score) for score in SCORES.values()]
    heads = ("Score", "Definition", "Range", "Better", "Chance", "Undefined", "Source")
    parts += [table(heads, rows), "", heading("In doubt", 1), CASES, ""]
    edges = tomllib.loads(EDGES.read_text(encoding="utf-8"))
    cases = list(next(iter(edges.values())))
    body = [
        (f"``{name}``", *(_cell(*found[case]) for case in cases))
        for name, found in edges.items()
    ]
    return "\n".join([*parts, table(("Score", *cases), body)])


def _row(score: Score) -> tuple[str, ...]:
    first = (inspect.getdoc(score.compute) or "").splitlines()[0]
    at = " At every tabulated threshold." if score.at_thresholds else ""
    low, high = ("∞" if np.isinf(end) else f"{end:g}" for end in score.span)
    low = "-∞" if score.span[0] == -np.inf else low
    chance = inspect.getdoc(score.chance) if score.chance else "depends on the map"
    return (
        f"``{score.name}``" + (" *standard*" if score.standard else ""),
        escaped(f"{score.label}. {first}{at}"),
        f"{low} to {high}" + (", own unit" if score.own_unit else ""),
        "higher" if score.higher_is_better else "lower",
        escaped((chance or "").splitlines()[0]),
        ", ".join(score.undefined) or "never",
        escaped(score.source) or "-",
    )


def _cell(value: float, status: str) -> str:
    shown = "NaN" if np.isnan(value) else f"{value:.3g}"
    return shown if status == "ok" else f"{shown} ``{status}``"
