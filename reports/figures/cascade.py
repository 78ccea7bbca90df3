"""How alike maps stay while the network is randomized from the top down."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports.figures.canvas import INK, WIDTH, place, render
from reports.wording import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]
_LEFT, _TOP, _TALL, _GAP, _BOTTOM, _LEGEND = 17.0, 8.0, 19.0, 2.2, 13.0, 4.5
MOST = 8
"""Columns that fit side by side."""

VARIANTS = {
    "own": ("#222222", "-", "o", "own head, or none"),
    "refitted": ("#0072B2", "-", "D", "head refitted on random features"),
    "kept": ("#D55E00", (0, (4, 1.5)), "s", "trained head kept"),
}


def draw_cascade(found: Mapping[str, Any], entries: Sequence[Row]) -> bytes:
    """Draw a pane per measure and entry: likeness at every step, against pairs.

    Parameters
    ----------
    found
        The evidence ``sanity``.
    entries
        Those of its entries that are drawn, at most :data:`MOST`.
    """
    measures = [m for m in found["measures"] if m["name"] != "spearman_absolute"]
    rows = [row for row in found["comparisons"] if row["check"] == "weights"]
    steps = list(dict.fromkeys(row["step"] for row in rows))
    wide = (WIDTH - _LEFT - 1 - _GAP * (len(entries) - 1)) / max(len(entries), 3)
    body = len(measures) * (_TALL + _GAP)

    def paint(figure: "Figure") -> None:
        for i, measure in enumerate(measures):
            for k, entry in enumerate(entries):
                left, top = _LEFT + k * (wide + _GAP), _TOP + i * (_TALL + _GAP)
                axes = place(figure, left, top, wide, _TALL)
                _draw_pairs(axes, found["pairs"], entry["name"], measure["name"])
                mine = [
                    row
                    for row in rows
                    if (row["entry"], row["measure"])
                    == (entry["name"], measure["name"])
                ]
                _draw_variants(axes, mine)
                _finish(axes, steps, measure, (i == len(measures) - 1, k == 0))
                if i == 0:
                    title = wrap(str(entry["label"]), max(int(wide * 0.72), 10), 2)
                    axes.set_title(title, fontsize=6.5, loc="center", linespacing=1.1)
        _explain(figure)

    return render("cascade", (WIDTH, _TOP + body + _BOTTOM + _LEGEND), paint)


def _draw_pairs(axes: "Axes", pairs: Sequence[Row], entry: str, measure: str) -> None:
    """Draw how alike maps of different images are, with its interval."""
    for row in pairs:
        if (row["entry"], row["measure"]) == (entry, measure):
            if row["low"] is not None:
                axes.axhspan(row["low"], row["high"], color="#dddddd", linewidth=0)
            if row["mean"] is not None:
                axes.axhline(row["mean"], color="#8a8a8a", linewidth=0.8)


def _draw_variants(axes: "Axes", rows: Sequence[Row]) -> None:
    for number, (variant, (color, line, marker, _)) in enumerate(VARIANTS.items()):
        mine = [r for r in rows if r["variant"] == variant and r["mean"] is not None]
        shift = 0.12 * (number - 1)
        places = [row["depth"] - 1 + shift for row in mine]
        axes.plot(
            places,
            [row["mean"] for row in mine],
            color=color,
            ls=line,
            lw=0.9,
            marker=marker,
            ms=2.4,
        )
        for at, row in zip(places, mine, strict=True):
            if row["low"] is not None:
                ends = [row["low"], row["high"]]
                axes.plot([at, at], ends, color=color, lw=0.6)


def _finish(
    axes: "Axes", steps: Sequence[str], measure: Row, place: tuple[bool, bool]
) -> None:
    last, first = place
    axes.set_ylim(-0.35 if measure["name"] == "spearman" else -0.03, 1.03)
    axes.set_xlim(-0.4, len(steps) - 0.6)
    axes.grid(axis="y")
    names = [wrap(str(step), 12, 1) for step in steps]
    axes.set_xticks(range(len(steps)), labels=names if last else [], rotation=90)
    axes.set_yticks([0, 0.5, 1], labels=["0", "0.5", "1"] if first else [])
    if first:
        axes.set_ylabel(str(measure["label"]))


def _explain(figure: "Figure") -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=color, ls=line, lw=0.9, marker=marker, ms=2.6, label=text)
        for color, line, marker, text in VARIANTS.values()
    ]
    handles.append(Patch(color="#dddddd", label="maps of different images"))
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        fontsize=6.2,
        handlelength=2.4,
        columnspacing=1.2,
        borderaxespad=0.1,
        labelcolor=INK,
    )
