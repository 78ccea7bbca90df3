"""Forest plots: the reference minus every other entry, interval by interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import lookup
from reports.figures.canvas import INK, WIDTH, fit, flow, place, render
from reports.figures.styles import styles
from reports.folder import Folder
from reports.wording import Number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABELS, _ROW, _TOP, _BOTTOM, _LEGEND, _GAP = 45.0, 3.4, 7.5, 5.5, 4.5, 3.0
_LINE = 2.6
_TICK = 8.0
"""Labels nearer than this, in mm, run into each other."""

_MARKS = {
    "different, beyond the margin": ("o", "full"),
    "different, size unclear": ("o", "left"),
    "different, within the margin": ("D", "full"),
    "equivalent": ("D", "none"),
    "identical": ("s", "none"),
    "inconclusive": ("o", "none"),
}


@dataclass(frozen=True)
class Column:
    """One pane: which differences it holds."""

    title: str
    score: str
    threshold: Number | None = None
    stratum: str = "all"


def draw_forest(
    name: str, folder: Folder, rows: Sequence[str], columns: Sequence[Column]
) -> bytes:
    """Draw a pane per column with one row per entry."""
    width = (WIDTH - _LABELS - 2 - _GAP * (len(columns) - 1)) / len(columns)
    body = _ROW * max(len(rows), 2)
    limits = _find_limits(folder, rows, columns)
    titles = [flow(c.title, width + _GAP - 1, 6.5, bold=True) for c in columns]
    top = _TOP + _LINE * max(title.count("\n") - 1 for title in titles)

    def paint(figure: "Figure") -> None:
        for k, column in enumerate(columns):
            left = _LABELS + k * (width + _GAP)
            axes = place(figure, left, top, width, body)
            axes.set_title(titles[k], fontsize=6.5, loc="center", linespacing=1.1)
            _draw_column(axes, folder, rows, column)
            axes.set_xlim(limits)
            _finish(axes, folder, rows, k == 0)
        _explain(figure)

    return render(name, (WIDTH, top + body + _BOTTOM + _LEGEND), paint)


def _find_limits(
    folder: Folder, rows: Sequence[str], columns: Sequence[Column]
) -> tuple[Number, Number]:
    """Find limits that hold every interval, so that panes compare."""
    margin = folder.results["options"].get("margin") or 0.01
    ends = [-2 * margin, 2 * margin]
    for name in rows:
        for c in columns:
            row = lookup.difference(folder, name, c.score, c.threshold, c.stratum)
            if row is not None:
                ends += [
                    row[k] for k in ("difference", "low", "high") if row[k] is not None
                ]
    pad = 0.04 * (max(ends) - min(ends))
    return min(ends) - pad, max(ends) + pad


def _draw_column(
    axes: "Axes", folder: Folder, rows: Sequence[str], column: Column
) -> None:
    look = styles(folder)
    for y, name in enumerate(rows):
        row = lookup.difference(
            folder, name, column.score, column.threshold, column.stratum
        )
        if row is None or row["difference"] is None:
            continue
        color = look[name].color
        for low, high, wide in (("low", "high", 0.8), ("low90", "high90", 2.2)):
            if row[low] is not None and row[high] is not None:
                axes.plot([row[low], row[high]], [y, y], color=color, lw=wide)
        marker, fill = _MARKS.get(row["verdict"], ("o", "none"))
        axes.plot(
            row["difference"],
            y,
            marker,
            fillstyle=fill,
            color=color,
            markerfacecoloralt="white",
            markeredgewidth=0.8,
            ms=3.6,
            zorder=4,
        )


def _finish(axes: "Axes", folder: Folder, rows: Sequence[str], labelled: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    margin = folder.results["options"].get("margin") or 0.0
    axes.axvspan(-margin, margin, color="#e4e4e4", linewidth=0, zorder=0)
    axes.axvline(0, color="black", linewidth=0.7, zorder=1)
    axes.set_ylim(max(len(rows), 2) - 0.4, -0.6)
    low, high = axes.get_xlim()
    ticks = MaxNLocator(2, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [tick for tick in ticks if low <= tick <= high]
    labels = [_tick(tick) for tick in ticks]
    if len(ticks) > 3:  # no room beside the last one
        labels[-2] = ""
    room = axes.get_position().width * WIDTH / (high - low)  # mm of one unit
    if len(ticks) > 2 and (ticks[1] - ticks[0]) * room < _TICK:
        labels[1:-1] = [""] * (len(ticks) - 2)
    axes.set_xticks(ticks, labels=labels)
    if len(ticks) > 1:  # keep clear of the neighboring pane's
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    names = [fit(lookup.label(folder, name), _LABELS - 3) for name in rows]
    axes.set_yticks(range(len(rows)), labels=names if labelled else [])


def _tick(value: Number) -> str:
    if abs(value) < 1e-9:
        return "0"
    return f"{value:+.3g}".replace("-", "\N{MINUS SIGN}")


def _explain(figure: "Figure") -> None:
    """Say what the markers mean."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=INK,
            marker=marker,
            fillstyle=fill,  # type: ignore[arg-type]  # as above
            markerfacecoloralt="white",
            markeredgewidth=0.8,
            ms=3.8,
            ls="",
            label=verdict,
        )
        for verdict, (marker, fill) in _MARKS.items()
    ]
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        fontsize=6.2,
        handletextpad=0.1,
        columnspacing=0.9,
        borderaxespad=0.1,
    )
