"""Intervals by condition: a pane per endpoint, a row per recipe and network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reports.figures.canvas import INK, WIDTH, fit, flow, measure, place, render
from reports.wording import Number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABELS, _ROW, _LINE, _BOTTOM, _LEGEND, _GAP = 45.0, 3.6, 2.7, 5.5, 4.5, 3.0
_WIDEST = 60.0
"""Of a pane, in mm."""
_AFTER = 1.4
"""Rows from that of all together to the first condition's."""
_SIZE, _APART, _TOUCH = 6.5, 1.0, 1e-6
"""Of numbers under ticks: points, and mm that keep two apart or count as none."""

#: Marker, how it is filled, and color, by what a condition shows.
MARKS = {
    "holds": ("o", "full", "#0072B2"),
    "equivalent": ("D", "none", "#009E73"),
    "inconclusive": ("o", "none", "#777777"),
    "reversed": ("X", "full", "#D55E00"),
}


@dataclass(frozen=True)
class Pane:
    """An endpoint: its title, all conditions together, and each.

    Attributes
    ----------
    title
        What is printed above.
    margin
        Largest difference that does not matter.
    pooled
        ``difference, low, high, low90, high90`` of all conditions together, or None.
    conditions
        The same with ``state`` of each, by name.
    """

    title: str
    margin: Number
    pooled: Mapping[str, Any] | None
    conditions: Mapping[str, Mapping[str, Any]]


def draw_conditions(
    name: str, panes: Sequence[Pane], words: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    """Draw the panes beside each other, their rows aligned.

    Parameters
    ----------
    name
        Prefix of all ids in the drawing.
    panes
        From left to right; either all have ``pooled`` or none.
    words
        What the legend calls a state, where that is another word.
    """
    rows = list(dict.fromkeys(row for pane in panes for row in pane.conditions))
    room = (WIDTH - _LABELS - 2 - _GAP * (len(panes) - 1)) / len(panes)
    first = _AFTER if panes[0].pooled is not None else 0.0
    width, body = min(room, _WIDEST), _ROW * (len(rows) + first)
    titles = [flow(pane.title, width, 6.5, bold=True) for pane in panes]
    top = 2.5 + _LINE * max(title.count("\n") + 1 for title in titles)

    def paint(figure: "Figure") -> None:
        for k, pane in enumerate(panes):
            left = _LABELS + k * (width + _GAP)
            axes = place(figure, left, top, width, body)
            _draw_pane(axes, pane, rows, first)
            axes.set_title(titles[k], fontsize=6.5, loc="center", linespacing=1.1)
            _finish(axes, pane, rows if k == 0 else [], (first, len(rows)))
            _label(axes, width)
        _explain(figure, words, first > 0)

    return render(name, (WIDTH, top + body + _BOTTOM + _LEGEND), paint)


def _draw_pane(axes: "Axes", pane: Pane, rows: Sequence[str], first: float) -> None:
    axes.axvspan(-pane.margin, pane.margin, color="#e4e4e4", linewidth=0, zorder=0)
    axes.axvline(0, color="black", linewidth=0.7, zorder=1)
    if pane.pooled is not None:
        axes.axhline(first / 2, color="#bbbbbb", linewidth=0.5, zorder=1)
        _draw_row(axes, 0.0, pane.pooled, ("s", "full", INK))
    for y, row in enumerate(rows):
        if row in pane.conditions:
            found = pane.conditions[row]
            _draw_row(axes, y + first, found, MARKS[str(found["state"])])


def _draw_row(
    axes: "Axes", y: Number, row: Mapping[str, Any], mark: tuple[str, str, str]
) -> None:
    if row["difference"] is None:
        return
    marker, fill, color = mark
    for low, high, wide in (("low", "high", 0.8), ("low90", "high90", 2.2)):
        if row[low] is not None and row[high] is not None:
            axes.plot([row[low], row[high]], [y, y], color=color, lw=wide)
    axes.plot(
        *(row["difference"], y, marker),
        fillstyle=fill,
        color=color,
        markeredgewidth=0.8,
        ms=3.6,
        zorder=4,
    )


def _finish(
    axes: "Axes", pane: Pane, labels: Sequence[str], body: tuple[float, int]
) -> None:
    first, count = body
    axes.set_ylim(count - 0.5 + first, -0.6)
    places = [y + first for y in range(count)]
    told = [fit(label, _LABELS - 3) for label in labels] or [""] * count
    above = [0.0] if first else []
    axes.set_yticks(
        [*above, *places], labels=["all" * bool(labels) for _ in above] + told
    )
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim()
    least = 2 * pane.margin
    axes.set_xlim(min(low, -least), max(high, least))
    axes.grid(axis="x")


def _label(axes: "Axes", width: Number) -> None:
    """Write numbers under the ticks that have room: 0 first, then those around it."""
    from matplotlib.ticker import MaxNLocator

    low, high = axes.get_xlim()
    ticks = MaxNLocator(2, steps=[1, 2, 5, 10]).tick_values(low, high)
    ticks = [t for t in ticks if low <= t <= high]
    kept: dict[float, tuple[float, float]] = {}
    for tick in sorted(ticks, key=abs):
        begin, end = _span(tick, (tick - low) / (high - low) * width, width)
        if all(end + _APART <= b or e + _APART <= begin for b, e in kept.values()):
            kept[tick] = begin, end
    labels = [_number(t) if t in kept else "" for t in ticks]
    axes.set_xticks(ticks, labels=labels)
    for tick, label in zip(ticks, axes.get_xticklabels(), strict=True):
        at = (tick - low) / (high - low) * width
        if tick in kept and abs(sum(kept[tick]) / 2 - at) > _TOUCH:
            label.set_horizontalalignment("left" if at < width / 2 else "right")


def _span(value: float, at: float, width: Number) -> tuple[float, float]:
    """Say where a tick's number begins and ends, in mm; inside at a pane's edges."""
    long = measure(_number(value), _SIZE)
    near = min(at, width - at)
    if near < long / 4:  # keep clear of the next pane's
        return (at, at + long) if at < width / 2 else (at - long, at)
    return at - long / 2, at + long / 2


def _number(value: float) -> str:
    return f"{value:+.3g}".replace("-", "\N{MINUS SIGN}") if abs(value) > 1e-9 else "0"


def _explain(figure: "Figure", words: Mapping[str, str], pooled: bool) -> None:
    """Say what the markers mean."""
    from matplotlib.lines import Line2D

    marks = {words.get(state, state): mark for state, mark in MARKS.items()}
    if pooled:
        marks = {"all together": ("s", "full", INK), **marks}
    handles = [
        Line2D(
            *([], []),
            color=color,
            marker=marker,
            fillstyle=fill,  # type: ignore[arg-type]  # as above
            markeredgewidth=0.8,
            ms=3.8,
            ls="",
            label=word,
        )
        for word, (marker, fill, color) in marks.items()
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
