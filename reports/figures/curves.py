"""Sensitivity, specificity and precision at every threshold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from reports import lookup
from reports.figures.canvas import WIDTH, place, render
from reports.figures.styles import MOST, Style, styles
from reports.folder import Folder
from reports.wording import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIDE, _TOP, _COLUMNS, _PITCH = 34.0, 6.0, 3, 43.0


def draw_curves(folder: Folder) -> bytes | None:
    """Draw both scores against the threshold and each other, and precision."""
    names = shown(folder)
    curves = folder.results["curves"]
    if not names:
        return None
    look = styles(folder)
    labels = _label(folder, names)
    legend = 4.2 * -(-len(labels) // _COLUMNS)
    thresholds = _numbers(curves["thresholds"])

    def paint(figure: "Figure") -> None:
        panes = [
            place(figure, 7 + k * _PITCH + 2.5 * (k > 1), _TOP, 33, _SIDE)
            for k in range(4)
        ]
        for name in reversed(names):
            _draw(panes, thresholds, curves["entries"][name], look[name], name)
        _finish(panes, folder)
        lines = {line.get_label(): line for line in panes[0].get_lines()}
        figure.legend(
            [lines[name] for name in labels],
            list(labels.values()),
            loc="lower center",
            ncols=_COLUMNS,
            handlelength=4,
            borderaxespad=0.1,
        )

    return render("curves", (WIDTH, _TOP + _SIDE + 10 + legend), paint)


def shown(folder: Folder) -> list[str]:
    """List the entries whose curves are drawn: methods and the best baseline."""
    drawn = folder.results["curves"].get("entries", {})
    baseline = lookup.best(folder, "baseline")
    names = [*lookup.compared(folder), *([baseline] if baseline else [])]
    return [
        name
        for name in dict.fromkeys(names)
        if name in drawn and _finite(drawn[name]["sensitivity"]["mean"])
    ]


def _label(folder: Folder, names: list[str]) -> dict[str, str]:
    """Label lines; those of one look share a label."""
    methods = set(lookup.compared(folder)[1:])
    labels = {name: shorten(lookup.label(folder, name), 40) for name in names}
    if len(methods) < MOST:
        return labels
    same = [name for name in names if name in methods]
    kept = {name: labels[name] for name in names if name not in same[1:]}
    return kept | {same[0]: f"{len(same)} other methods"} if same else kept


def _finite(values: list[Any]) -> bool:
    return bool(np.isfinite(_numbers(values)).any())


def _numbers(values: list[Any]) -> Float[np.ndarray, " t"]:
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _draw(
    panes: list["Axes"],
    thresholds: Float[np.ndarray, " t"],
    curve: Mapping[str, Any],
    style: Style,
    name: str,
) -> None:
    means = []
    for axes, score in zip(panes, ("sensitivity", "specificity"), strict=False):
        mean, low, high = (_numbers(curve[score][k]) for k in ("mean", "low", "high"))
        axes.fill_between(
            thresholds, low, high, color=style.color, alpha=0.18, linewidth=0
        )
        axes.plot(
            thresholds, mean, color=style.color, ls=style.line, lw=1.2, label=name
        )
        means.append(mean)
    panes[2].plot(1 - means[1], means[0], color=style.color, ls=style.line, lw=1.2)
    both = (_numbers(curve["pooled"][k]) for k in ("sensitivity", "precision"))
    panes[3].plot(*both, color=style.color, ls=style.line, lw=1.2)


def _finish(panes: list["Axes"], folder: Folder) -> None:
    """Mark the thresholds: lines in two panes, dots in the others."""
    titles = ("Sensitivity", "Specificity", "Means at each threshold", "Pooled pixels")
    marks = lookup.thresholds(folder)
    for axes, title in zip(panes, titles, strict=True):
        axes.set_title(title)
        axes.set_xlim(0, 1)
        axes.set_ylim(-0.02, 1.02)
        axes.grid(visible=True)
    for axes in panes[:2]:
        axes.set_xlabel("threshold, min\N{EN DASH}max normalized")
        for threshold in marks:
            axes.axvline(threshold, color="#777777", linewidth=0.7, zorder=1)
    panes[2].set_xlabel("1 \N{MINUS SIGN} specificity")
    panes[2].set_ylabel("sensitivity", labelpad=1)
    panes[3].set_xlabel("sensitivity (recall)")
    panes[3].set_ylabel("precision", labelpad=1)
    look = styles(folder)
    curves = folder.results["curves"]
    grid = _numbers(curves["thresholds"])
    for name in shown(folder):
        curve = curves["entries"][name]
        for threshold in marks:
            at = int(np.abs(grid - threshold).argmin())
            x, y = (curve[s]["mean"][at] for s in ("specificity", "sensitivity"))
            pooled = curve["pooled"]
            u, v = pooled["sensitivity"][at], pooled["precision"][at]
            color, marker = look[name].color, look[name].marker
            if x is not None and y is not None:
                panes[2].plot(1 - x, y, marker, color=color, ms=3.2)
            if u is not None and v is not None:
                panes[3].plot(u, v, marker, color=color, ms=3.2)
