"""The specification curve: differences sorted, below them the choices behind."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.figures.canvas import INK, WIDTH, fit, place, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABELS, _RIGHT, _TOP, _CURVE, _GAP, _ROW, _BOTTOM = 46.0, 2.0, 5.0, 52.0, 3.0, 3.1, 9.0
#: The tallest matrix that leaves the page room for the answer above, and the smallest
#: rows whose labels stay apart.
_BODY, _LEAST = 115.0, 2.3
_LINE, _BAND, _MARKS = "#0072B2", "#bcd3e6", ("D", "o", "s", "^")


def draw_specification_curve(
    curve: Mapping[str, Any], titles: Mapping[str, str], margin: float, rival: str
) -> bytes:
    """Draw the curve with its intervals over the matrix of choices.

    Parameters
    ----------
    curve
        ``curve`` of the evidence ``multiverse``.
    titles
        What to call each axis.
    margin
        Largest difference that does not matter.
    rival
        What to call what HR-CAM is held against.
    """
    matrix: Sequence[Mapping[str, Any]] = curve["matrix"]
    groups = list(dict.fromkeys(row["axis"] for row in matrix))
    rows = max(len(matrix) + len(groups), 1)
    body = rows * min(_ROW, max(_BODY / rows, _LEAST))
    height = _TOP + _CURVE + _GAP + body + _BOTTOM
    room = WIDTH - _LABELS - _RIGHT

    def paint(figure: "Figure") -> None:
        axes = place(figure, _LABELS, _TOP, room, _CURVE)
        _draw_curve(axes, curve, margin, rival)
        below = place(figure, _LABELS, _TOP + _CURVE + _GAP, room, body)
        _draw_matrix(below, matrix, titles, int(curve["specifications"]))

    return render("specification-curve", (WIDTH, height), paint)


def _draw_curve(
    axes: "Axes", curve: Mapping[str, Any], margin: float, rival: str
) -> None:
    """Draw differences and intervals in the order of the differences."""
    ranks = np.array(curve["ranks"], dtype=np.float64)
    low, middle, high = (
        np.array([np.nan if x is None else x for x in curve[k]], dtype=np.float64)
        for k in ("low", "difference", "high")
    )
    axes.axhspan(-margin, margin, color="#eeeeee", linewidth=0)
    axes.vlines(ranks, low, high, color=_BAND, linewidth=0.5)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.plot(ranks, middle, ".", color=_LINE, ms=1.6, markeredgewidth=0)
    for mark, row in zip(_MARKS, curve["marks"], strict=False):
        axes.plot(
            [row["rank"]],
            [row["difference"]],
            mark,
            color="#D55E00",
            ms=4.5,
            markeredgecolor="white",
            markeredgewidth=0.5,
            label=row["name"],
            linestyle="none",
        )
    axes.set_xlim(-0.5, max(curve["specifications"] - 0.5, 0.5))
    axes.set_ylabel(f"HR-CAM minus {rival}, mean AP")
    axes.tick_params(axis="x", labelbottom=False)
    axes.grid(visible=True, axis="y")
    if curve["marks"]:
        axes.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.2)


def _draw_matrix(
    axes: "Axes",
    matrix: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str],
    count: int,
) -> None:
    """Draw how many of the specifications at each rank have an option."""
    rows: list[np.ndarray] = []
    labels: list[tuple[str, bool]] = []
    blank = np.full(len(matrix[0]["share"]), np.nan) if matrix else np.zeros(0)
    for k, row in enumerate(matrix):
        if k == 0 or matrix[k - 1]["axis"] != row["axis"]:
            rows.append(blank)
            labels.append((titles.get(row["axis"], row["axis"]), True))
        share = np.array(row["share"], dtype=np.float64)
        rows.append(share / max(share.max(), 1e-12))
        labels.append((str(row["option"]).replace("_", " "), False))
    if rows:
        axes.imshow(
            np.ma.masked_invalid(np.stack(rows)),
            cmap="Blues",
            vmin=0,
            vmax=1,
            aspect="auto",
            interpolation="nearest",
            extent=(-0.5, max(count - 0.5, 0.5), len(rows) - 0.5, -0.5),
        )
    texts = axes.set_yticks(
        range(len(labels)), labels=[fit(text, _LABELS - 4, 6.0) for text, _ in labels]
    )
    for tick, (_, heading) in zip(texts, labels, strict=True):
        tick.label1.set_fontsize(6.0)
        tick.label1.set_fontweight("bold" if heading else "normal")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("specifications, in the order of the difference")
    for spine in axes.spines.values():
        spine.set_visible(False)
