"""Estimation plots: every image's scores, and every image's paired difference."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from reports import lookup
from reports.figures.canvas import INK, WIDTH, place, render
from reports.figures.dots import thin
from reports.figures.styles import Style, styles
from reports.folder import Folder
from reports.wording import score, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TOP, _SIDE, _BOTTOM = 5.0, 46.0, 12.0
_GOLDEN = 0.6180339887498949
_DOT = 0.36


def draw_estimation(
    folder: Folder,
    names: Sequence[str],
    values: Mapping[str, Float[np.ndarray, " n"]],
) -> bytes:
    """Draw raw scores on the left, differences from the first entry on the right.

    Parameters
    ----------
    folder
        Gives means, intervals and styles.
    names
        The reference, then the entries held against it.
    values
        By entry, the primary score of every image, in one order.
    """
    first, look = names[0], styles(folder)
    leading = lookup.primary(folder)

    def paint(figure: "Figure") -> None:
        wide = min((WIDTH - 28) / (2 * len(names) - 1), 24)
        left = place(figure, 10, _TOP, wide * len(names), _SIDE)
        for k, name in enumerate(names):
            row = lookup.summary(folder, name, leading)
            _draw_column(left, k, values[name], look[name], row, "mean")
        _finish(left, folder, names, score(leading).capitalize())
        start = 10 + wide * len(names) + 16
        right = place(figure, start, _TOP, wide * (len(names) - 1), _SIDE)
        for k, name in enumerate(names[1:]):
            gaps = values[first] - values[name]
            row = lookup.difference(folder, name, leading)
            _draw_column(right, k, gaps, look[name], row, "difference")
        margin = folder.results["options"]["margin"]
        right.axhspan(-margin, margin, color="#e4e4e4", linewidth=0, zorder=0)
        right.axhline(0, color="black", linewidth=0.7, zorder=1)
        label = wrap(lookup.label(folder, first), 24, 1)
        _finish(right, folder, names[1:], f"{label} minus each")

    return render("estimation", (WIDTH, _TOP + _SIDE + _BOTTOM), paint)


def _draw_column(
    axes: "Axes",
    place_: int,
    values: Float[np.ndarray, " n"],
    style: Style,
    row: lookup.Row | None,
    estimate: str,
) -> None:
    """Draw images as dots, their distribution beside them, mean and interval."""
    values = values[np.isfinite(values)]
    if not len(values):
        return
    dots = thin(values)
    jitter = (np.arange(len(dots)) * _GOLDEN % 1 - 1) * _DOT - 0.04
    axes.scatter(
        place_ + jitter,
        dots,
        s=2.0,
        color=style.color,
        alpha=0.45,
        linewidths=0,
        rasterized=True,
    )
    heights, density = estimate_density(values)
    axes.fill_betweenx(
        heights,
        place_ + 0.06,
        place_ + 0.06 + 0.34 * density,
        facecolor=style.color,
        alpha=0.3,
        linewidth=0,
    )
    if row is None or row[estimate] is None:
        return
    if row["low"] is not None and row["high"] is not None:
        axes.plot([place_ + 0.02] * 2, [row["low"], row["high"]], color=INK, lw=1.4)
    axes.plot(place_ + 0.02, row[estimate], "o", color=INK, ms=3.0, zorder=4)


def estimate_density(
    values: Float[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, " h"], Float[np.ndarray, " h"]]:
    """Estimate how dense values lie, by Gaussians as wide as Scott's rule says.

    Returns
    -------
    heights, density
        Where, within the values' range; density scaled to at most 1. A spike where all
        values are the same.
    """
    low, high, spread = values.min(), values.max(), values.std()
    heights = np.linspace(low, high, 101)
    if spread <= 1e-12:
        return heights, np.ones(len(heights))
    width = 1.06 * spread * len(values) ** -0.2
    counts, edges = np.histogram(values, bins=512, range=(low, high))
    middles = (edges[1:] + edges[:-1]) / 2
    kernels = np.exp(-((heights[:, None] - middles) ** 2) / (2 * width**2))
    density = kernels @ counts
    return heights, density / density.max()


def _finish(axes: "Axes", folder: Folder, names: Sequence[str], title: str) -> None:
    axes.set_title(title)
    axes.set_xlim(-0.55, len(names) - 0.45)
    labels = [wrap(lookup.label(folder, name), 11, 3) for name in names]
    axes.set_xticks(range(len(names)), labels=labels)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
