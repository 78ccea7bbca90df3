"""Every pair of entries in one square: who is ahead of whom, and how surely."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float

from reports.figures.canvas import WIDTH, fit, place, render
from reports.wording import signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LABELS, _TOP, _BOTTOM, _BAR = 50.0, 3.0, 8.0, 22.0
_SMALL, _LARGE, _LARGEST = 6.0, 11.0, 105.0
MOST_NUMBERS = 9
"""More entries leave no room for numbers in the cells."""

Cell = tuple[float, bool]
"""A difference, and whether it is clear of 0."""


def draw_matrix(
    name: str, labels: Mapping[str, str], cells: Mapping[tuple[str, str], Cell]
) -> bytes:
    """Draw row minus column for all pairs.

    Parameters
    ----------
    name
        Of the figure.
    labels
        What to call each entry, in their order.
    cells
        By entries of row and column; pairs that are not there stay white.
    """
    names = list(labels)
    difference, clear = _arrange(names, cells)
    numbers = len(names) <= MOST_NUMBERS
    room = WIDTH - _LABELS - _BAR
    side = min(_LARGE if numbers else _SMALL, min(room, _LARGEST) / len(names))
    body = side * len(names)

    def paint(figure: "Figure") -> None:
        axes = place(figure, _LABELS, _TOP, body, body)
        most = float(np.nanmax(np.abs(difference), initial=0.0)) or 1.0
        drawn = axes.pcolormesh(
            np.ma.masked_invalid(difference),
            cmap="PuOr_r",
            vmin=-most,
            vmax=most,
            edgecolors="white",
            linewidth=0.3,
        )
        axes.set_ylim(len(names), 0)
        axes.set_aspect("equal")
        places = np.arange(len(names)) + 0.5
        short = [fit(label, _LABELS - 7) for label in labels.values()]
        axes.set_yticks(places, labels=[f"{t} {k + 1}" for k, t in enumerate(short)])
        axes.set_xticks(places, labels=[str(k + 1) for k in range(len(names))])
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        for row, column in np.argwhere(np.isfinite(difference)):
            value = difference[row, column]
            text = signed(float(value), 2) if numbers else ""
            text = text if clear[row, column] else f"({text})" if numbers else "·"
            axes.text(
                column + 0.5,
                row + 0.5,
                text,
                ha="center",
                va="center",
                fontsize=6.0,
                color="white" if abs(value) > 0.65 * most else "black",
            )
        bar = place(figure, _LABELS + body + 5, _TOP, 3, max(min(body, 40), 12))
        figure.colorbar(drawn, cax=bar)
        bar.tick_params(labelsize=6.0)

    return render(name, (WIDTH, _TOP + max(body, 15) + _BOTTOM), paint)


def _arrange(
    names: list[str], cells: Mapping[tuple[str, str], Cell]
) -> tuple[Float[np.ndarray, "m m"], Bool[np.ndarray, "m m"]]:
    """Fill both halves of the square."""
    difference = np.full((len(names),) * 2, np.nan)
    clear = np.zeros(difference.shape, dtype=bool)
    place = {name: k for k, name in enumerate(names)}
    for (first, second), (value, sure) in cells.items():
        a, b = place[first], place[second]
        difference[a, b], difference[b, a] = value, -value
        clear[a, b] = clear[b, a] = sure
    return difference, clear
