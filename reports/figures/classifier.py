"""The classifier's confusion matrix and ROC curve, in a small drawing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.figures.canvas import place, render
from reports.wording import wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (74.0, 40.0)


def draw_classifier(measured: Mapping[str, Any], classes: list[str]) -> bytes | None:
    """Draw what of the two there is; None if there is nothing."""
    has_matrix = bool(measured.get("confusion"))
    has_curve = bool(measured.get("roc"))
    if not (has_matrix or has_curve):
        return None

    def paint(figure: "Figure") -> None:
        if has_matrix:
            axes = place(figure, 13, 6, 22, 22)
            _draw_confusion(axes, np.array(measured["confusion"]), classes)
        if has_curve:
            _draw_roc(place(figure, 48, 6, 24, 24), measured["roc"])

    return render("classifier", _SIZE, paint)


def _draw_confusion(axes: "Axes", counts: np.ndarray, classes: list[str]) -> None:
    from seaborn import heatmap

    total = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)
    names = [wrap(str(name), 10, 1) for name in classes]
    heatmap(
        share,
        vmin=0,
        vmax=1,
        cmap="cividis",
        annot=counts if len(counts) <= 4 else None,
        fmt="d",
        cbar=False,
        xticklabels=names,
        yticklabels=names,
        ax=axes,
    )
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title("Confusion")


def _draw_roc(axes: "Axes", roc: Mapping[str, Any]) -> None:
    axes.plot([0, 1], [0, 1], color="#999999", lw=0.7, ls=":")
    axes.plot(roc["fpr"], roc["tpr"], color="#0072B2", lw=1.3)
    axes.set_xlim(-0.02, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])
    axes.grid(visible=True)
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    axes.set_title("ROC")
