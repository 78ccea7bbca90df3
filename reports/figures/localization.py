"""Where maps point, against what the network uses: a point for every map."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.figures.canvas import INK, WIDTH, fit, place, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEFT, _TOP, _SIDE, _GAP, _BOTTOM = 12.0, 8.0, 66.0, 10.0, 16.0

#: Key of the reliance, title of its pane, label of its axis.
_PANES = (
    ("pooled", "Share of the map on the lesion", "rank correlation with the drop"),
    ("at_equal_area", "The same, at equal area", "partial rank correlation"),
)
_LOOKS = (
    ("HR-CAM and its heads", "#0072B2", "o"),
    ("other methods", "#D55E00", "s"),
    ("baselines", "#8a8a8a", "D"),
    ("ceilings", "#c4c4c4", "^"),
)
#: Entries that are named in the drawing.
_NAMED = ("hr_cam", "hr_cam_pattern", "filter_cam", "intensity", "random")


def draw_localization(
    name: str, entries: Sequence[Mapping[str, Any]], area: float | None
) -> bytes:
    """Draw AP against reliance, with intervals of both.

    Parameters
    ----------
    name
        Of the figure.
    entries
        Of the evidence ``multiverse``, for one network.
    area
        Reliance of the lesion's area alone, or None.
    """
    wide = (WIDTH - _LEFT - 2 - _GAP) / 2
    tops = [entry["average_precision"]["high"] for entry in entries]
    top = max((value for value in tops if value is not None), default=1.0)

    def paint(figure: "Figure") -> None:
        for k, (key, title, label) in enumerate(_PANES):
            axes = place(figure, _LEFT + k * (wide + _GAP), _TOP, wide, _SIDE)
            _draw_pane(axes, entries, key)
            if key == "pooled" and area is not None:
                axes.axvline(area, color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
                axes.annotate(
                    "area alone",
                    (area, 0.72),
                    xycoords=("data", "axes fraction"),
                    fontsize=6.0,
                    rotation=90,
                    ha="right",
                    va="center",
                    bbox={"facecolor": "white", "linewidth": 0, "pad": 0.5},
                    zorder=4,
                )
            axes.axvline(0, color=INK, linewidth=0.5)
            axes.set_title(title)
            axes.set_xlabel(label)
            axes.set_ylabel("mean AP" if k == 0 else "")
            axes.set_ylim(-0.03 * top, 1.05 * top)
            axes.margins(x=0.04)
            _name(axes, entries, key, 0.045 * top)
            axes.grid(visible=True)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=4, borderaxespad=0.1)

    return render(name, (WIDTH, _TOP + _SIDE + _BOTTOM), paint)


def _draw_pane(axes: "Axes", entries: Sequence[Mapping[str, Any]], key: str) -> None:
    for number, (words, color, marker) in enumerate(_LOOKS):
        rows = [e for e in entries if _group(e) == number and _known(e, key)]
        axes.plot(
            [e[key]["estimate"] for e in rows],
            [e["average_precision"]["mean"] for e in rows],
            marker,
            color=color,
            ms=3.5,
            markeredgecolor="white",
            markeredgewidth=0.3,
            label=words,
            linestyle="none",
            zorder=3,
        )
        for entry in rows:
            x, y = entry[key], entry["average_precision"]
            look: dict[str, Any] = {"color": color, "alpha": 0.35, "linewidth": 0.6}
            if x["low"] is not None:
                axes.hlines(y["mean"], x["low"], x["high"], **look)
            if y["low"] is not None:
                axes.vlines(x["estimate"], y["low"], y["high"], **look)


def _name(
    axes: "Axes", entries: Sequence[Mapping[str, Any]], key: str, gap: float
) -> None:
    """Name some entries at the right, where no point is; a line leads to each."""
    left, right = axes.get_xlim()
    room = 0.36 * (right - left)
    axes.set_xlim(left, right + room)
    axes.set_xticks([tick for tick in axes.get_xticks() if left <= tick <= right])
    rows = [
        (entry["average_precision"]["mean"], entry[key]["estimate"], entry["entry"])
        for entry in entries
        if _known(entry, key)
        and (entry["entry"] in _NAMED or entry["entry"].startswith("cam@"))
    ]
    height = -np.inf
    for y, x, name in sorted(rows):
        height = max(y, height + gap)
        axes.annotate(
            fit(name, 22, 6.0),
            (x, y),
            xytext=(right + 0.08 * room, height),
            fontsize=6.0,
            va="center",
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.35},
            zorder=4,
        )


def _group(entry: Mapping[str, Any]) -> int:
    """Return which look an entry has."""
    if entry["kind"] != "model":
        return 3 if entry["kind"] == "ceiling" else 2
    return 0 if str(entry["method"]).startswith("hr_cam") else 1


def _known(entry: Mapping[str, Any], key: str) -> bool:
    return (
        entry[key]["estimate"] is not None
        and entry["average_precision"]["mean"] is not None
    )
