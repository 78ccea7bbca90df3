"""Box plots of sensitivity and specificity at the thresholds: the paper's Figure 3."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from reports import lookup
from reports.figures.canvas import WIDTH, place, render, write
from reports.figures.styles import Style, styles
from reports.folder import KEYS, Folder
from reports.wording import Number, shorten
from reports.wording import score as score_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCORES = ("sensitivity", "specificity")
_LABELS, _ROW, _TOP, _BOTTOM, _GAP = 45.0, 3.4, 9.0, 5.0, 2.4
_GOLDEN = 0.6180339887498949


def draw_boxes(folder: Folder) -> bytes:
    """Draw one row per entry and one column per score and threshold."""
    names = arrange(folder)
    places = [(s, t) for s in SCORES for t in lookup.thresholds(folder)]
    height = _TOP + _ROW * len(names) + _BOTTOM
    width = (WIDTH - _LABELS - 4 - _GAP * len(places)) / len(places)
    look, values = styles(folder), _collect(folder)

    def paint(figure: "Figure") -> None:
        for column, (score, threshold) in enumerate(places):
            left = _LABELS + column * (width + _GAP) + 4 * (column >= len(places) / 2)
            axes = place(figure, left, _TOP, width, _ROW * len(names))
            for row, name in enumerate(names):
                found = values.get((name, score, threshold), np.array([]))
                _draw_box(axes, row, found, look[name])
            _finish(axes, folder, names, column == 0)
            axes.set_title(f"at {threshold:g}", fontweight="normal", loc="center")
            if column % (len(places) // 2) == 0:
                write(figure, left, 3.2, score.capitalize(), fontsize=8, weight="bold")

    return render("boxes", (WIDTH, height), paint)


def arrange(folder: Folder) -> list[str]:
    """List all entries, methods in question first."""
    first = lookup.compared(folder)
    return first + [name for name in lookup.entries(folder) if name not in first]


def _collect(folder: Folder) -> dict[tuple[str, str, Number], Float[np.ndarray, " n"]]:
    """Collect each entry's values over images with a lesion."""
    table = folder.table
    table = table[table["score"].isin(SCORES) & (table["status"] != "empty_mask")]
    names = {
        tuple(entry[key] for key in KEYS): entry["name"]
        for entry in folder.results["entries"]
    }
    found = {}
    for (*keys, score, threshold), rows in table.groupby(
        [*KEYS, "score", "threshold"], sort=False
    ):
        name = names.get(tuple(str(key) for key in keys))
        values = rows["value"].to_numpy(dtype=np.float64)
        if name is not None:
            at = round(float(str(threshold)), 9)
            found[name, str(score), at] = values[np.isfinite(values)]
    return found


def _draw_box(
    axes: "Axes", row: int, values: Float[np.ndarray, " n"], style: Style
) -> None:
    """Draw every image as a faint dot, the box over them."""
    if not len(values):
        return
    jitter = (np.arange(len(values)) * _GOLDEN % 1 - 0.5) * 0.62
    axes.scatter(
        values,
        row + jitter,
        s=1.2,
        color=style.color,
        alpha=0.35,
        linewidths=0,
        rasterized=True,
        zorder=1,
    )
    axes.boxplot(
        [values],
        positions=[row],
        orientation="horizontal",
        widths=0.62,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={
            "facecolor": (*_rgb(style.color), 0.35),
            "edgecolor": style.color,
            "linewidth": 0.6,
            "hatch": style.hatch,
        },
        whiskerprops={"color": style.color, "linewidth": 0.7},
        capprops={"color": style.color, "linewidth": 0.7},
        medianprops={"color": "black", "linewidth": 1.3},
        zorder=3,
    )


def _rgb(color: str) -> tuple[float, float, float]:
    return (
        int(color[1:3], 16) / 255,
        int(color[3:5], 16) / 255,
        int(color[5:7], 16) / 255,
    )


def _finish(axes: "Axes", folder: Folder, names: list[str], labelled: bool) -> None:
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_xticks([0, 0.5, 1], labels=["0", ".5", "1"])
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    labels = [shorten(lookup.label(folder, name), 34) for name in names]
    axes.set_yticks(range(len(names)), labels=labels if labelled else [])
    kinds = [lookup.entry(folder, name)["kind"] for name in names]
    for row in range(1, len(names)):
        if kinds[row] != kinds[row - 1]:
            axes.axhline(row - 0.5, color="#888888", linewidth=0.5)
    if labelled:
        axes.get_yticklabels()[0].set_fontweight("bold")


def describe_boxes(folder: Folder) -> str:
    """Say in words what the box plots show: medians of the reference."""
    name = lookup.reference(folder)
    parts = []
    for score in SCORES:
        for threshold in lookup.thresholds(folder):
            row = lookup.summary(folder, name, score, threshold)
            if row and row["median"] is not None:
                parts.append(f"{score_words(score, threshold)} {row['median']:.3f}")
    medians = "; ".join(parts) or "nothing is defined"
    return (
        f"Box plots of {', '.join(SCORES)} per image for {len(arrange(folder))} "
        f"entries. Medians of {lookup.label(folder, name)}: {medians}."
    )
