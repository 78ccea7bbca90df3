"""Lesions found against false parts per image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports import lookup
from reports.figures.canvas import WIDTH, place, render
from reports.figures.styles import MOST, styles
from reports.folder import Folder
from reports.wording import shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDE, _LONG, _TOP, _LEFT = 46.0, 84.0, 6.0, 12.0


def draw_froc(folder: Folder, rows: Sequence[lookup.Row]) -> bytes:
    """Draw a curve per entry, the reference on top.

    Parameters
    ----------
    folder
        Whose entries have a look.
    rows
        Rows of ``froc`` in the results, one an entry; the reference is the first.
    """
    look = styles(folder)
    alike = len(rows) > MOST
    rates = rows[0]["rates"]

    def paint(figure: "Figure") -> None:
        axes = place(figure, _LEFT, _TOP, _LONG, _SIDE)
        for k, row in reversed(list(enumerate(rows))):
            style = look[row["name"]]
            label = shorten(lookup.label(folder, row["name"]), 40)
            if alike and k:
                label = f"{len(rows) - 1} other entries" if k == 1 else "_"
            axes.plot(
                row["grid"],
                [float("nan") if v is None else v for v in row["curve"]],
                color=style.color,
                ls=style.line,
                lw=1.2,
                label=label,
                drawstyle="steps-post",
            )
        for rate in rates:
            axes.axvline(rate, color="#cccccc", linewidth=0.6, zorder=0)
        axes.set_xlim(0, max(rates))
        axes.set_ylim(-0.02, 1.02)
        axes.grid(axis="y")
        axes.set_title("Lesions found")
        axes.set_xlabel("false parts per image")
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles[::-1],
            labels[::-1],
            loc="upper left",
            bbox_to_anchor=((_LEFT + _LONG + 3) / WIDTH, 0.95),
            handlelength=4,
        )

    return render("froc", (WIDTH, _TOP + _SIDE + 10), paint)
