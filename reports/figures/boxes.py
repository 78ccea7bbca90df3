"""Box plots of sensitivity and specificity at the thresholds: the paper's Figure 3."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from reports import lookup
from reports.figures.canvas import WIDTH, fit, place, render, write
from reports.figures.dots import thin
from reports.figures.styles import Style, styles
from reports.folder import Folder
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
    look, values = styles(folder), lookup.collect(folder, SCORES)

    def paint(figure: "Figure") -> None:
        for column, (score, threshold) in enumerate(places):
            left = _LABELS + column * (width + _GAP) + 4 * (column >= len(places) / 2)
            axes = place(figure, left, _TOP, width, _ROW * len(names))
            for row, name in enumerate(names):
                found = values.get((name, score, round(threshold, 9)), np.array([]))
                _draw_box(axes, row, found[np.isfinite(found)], look[name])
                _mark(axes, row, lookup.difference(folder, name, score, threshold))
            _finish(axes, folder, names, column == 0)
            axes.set_title(f"at {threshold:g}", fontweight="normal", loc="center")
            if column % (len(places) // 2) == 0:
                write(figure, left, 3.2, score.capitalize(), fontsize=8, weight="bold")

    return render("boxes", (WIDTH, height), paint)


def arrange(folder: Folder) -> list[str]:
    """List all entries, methods in question first."""
    first = lookup.compared(folder)
    return first + [name for name in lookup.entries(folder) if name not in first]


def _draw_box(
    axes: "Axes", row: int, values: Float[np.ndarray, " n"], style: Style
) -> None:
    """Draw images as faint dots, the box of all of them over these."""
    if not len(values):
        return
    dots = thin(values)
    jitter = (np.arange(len(dots)) * _GOLDEN % 1 - 0.5) * 0.62
    axes.scatter(
        dots,
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


def _mark(axes: "Axes", row: int, found: lookup.Row | None) -> None:
    """Mark the verdict at the right edge, seen from the entry."""
    text = mark(found)
    if text:
        axes.text(1.035, row, text, fontsize=5.0, ha="left", va="center", clip_on=False)


def mark(found: lookup.Row | None) -> str:
    """Choose a mark for a verdict: up where the entry is above the reference."""
    if found is None or found["difference"] is None:
        return ""
    if found["verdict"] in ("equivalent", "identical"):
        return "="
    if not found["verdict"].startswith("different"):
        return ""
    up, beyond = found["difference"] < 0, found["verdict"].endswith("beyond the margin")
    return {
        (True, True): "\N{BLACK UP-POINTING TRIANGLE}",
        (True, False): "\N{WHITE UP-POINTING TRIANGLE}",
        (False, True): "\N{BLACK DOWN-POINTING TRIANGLE}",
        (False, False): "\N{WHITE DOWN-POINTING TRIANGLE}",
    }[up, beyond]


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
    labels = [
        fit(lookup.label(folder, name), _LABELS - 3, bold=name == names[0])
        for name in names
    ]
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
