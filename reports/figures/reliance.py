"""What the model loses without each lesion, against the map's mass on it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports.figures.canvas import INK, WIDTH, place, render
from reports.wording import wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEFT, _TOP, _SIDE, _GAP, _BOTTOM = 11.0, 8.0, 34.0, 3.0, 14.0
_MARKS = ("o", "s", "D", "^", "v", "P", "X", "*")
MOST = 4
"""Panes that fit side by side."""


def draw_reliance(
    rows: Sequence[Mapping[str, Any]], entries: Sequence[tuple[str, str]]
) -> bytes:
    """Draw a pane per entry, a point per lesion; kinds of lesion by marker.

    Parameters
    ----------
    rows
        Lesions of the evidence ``reliance``.
    entries
        Name and label of those that are drawn, at most :data:`MOST`.
    """
    kinds = list(dict.fromkeys(str(row["name"]) for row in rows))
    wide = (WIDTH - _LEFT - 1 - _GAP * (len(entries) - 1)) / max(len(entries), 3)
    tops = [row.get(f"{name}/share") for row in rows for name, _ in entries]
    top = max((value for value in tops if value is not None), default=1.0)

    def paint(figure: "Figure") -> None:
        import matplotlib as mpl

        colors = mpl.colormaps["cividis"]
        for k, (name, label) in enumerate(entries):
            axes = place(figure, _LEFT + k * (wide + _GAP), _TOP, wide, _SIDE)
            for number, kind in enumerate(kinds):
                mine = [
                    (row["drop"], row[f"{name}/share"])
                    for row in rows
                    if str(row["name"]) == kind and row.get(f"{name}/share") is not None
                ]
                axes.plot(
                    [x for x, _ in mine],
                    [y for _, y in mine],
                    _MARKS[number % len(_MARKS)],
                    color=colors(0.1 + 0.75 * number / max(len(kinds) - 1, 1)),
                    ms=3.0,
                    alpha=0.8,
                    markeredgewidth=0,
                    label=kind,
                )
            axes.axvline(0, color=INK, linewidth=0.6)
            axes.set_ylim(-0.02 * top, 1.05 * top or 1.0)
            axes.grid(visible=True)
            axes.set_title(wrap(label, 26, 2), fontsize=6.5, loc="center")
            axes.set_xlabel("drop of the logit without it")
            if k == 0:
                axes.set_ylabel("share of the map on it")
            else:
                axes.tick_params(axis="y", labelleft=False)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=8, borderaxespad=0.1)

    return render("reliance", (WIDTH, _TOP + _SIDE + _BOTTOM), paint)
