"""What each head takes from each layer, and each layer's own map."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from reports.figures.canvas import WIDTH, place, render, write
from reports.figures.panels import normalize, outline, shrink
from reports.wording import Number, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LABELS, _ROW, _TOP, _SCALE, _GAP = 38.0, 4.6, 6.5, 5.0, 1.5


def draw_shares(
    layers: Sequence[str], heads: Sequence[Mapping[str, Any]], width: Number = WIDTH
) -> bytes:
    """Draw one bar per head, cut into the layers' shares of the absolute logit."""
    import matplotlib as mpl
    from matplotlib.patches import Patch

    colors = mpl.colormaps["cividis"](np.linspace(0.05, 0.95, len(layers)))
    body = _ROW * len(heads)

    def paint(figure: "Figure") -> None:
        axes = place(figure, _LABELS, _TOP, width - _LABELS - 4, body)
        for row, head in enumerate(heads):
            left = 0.0
            for layer, color in zip(layers, colors, strict=True):
                share = float(head["share"].get(layer) or 0.0)
                axes.barh(row, share, 0.72, left, color=color, linewidth=0)
                if share >= 0.06:
                    ink = "black" if sum(color[:3]) > 1.4 else "white"
                    axes.text(
                        left + share / 2,
                        row,
                        f"{100 * share:.0f}",
                        ha="center",
                        va="center",
                        color=ink,
                        fontsize=6.5,
                    )
                left += share
        axes.set_xlim(0, 1)
        axes.set_ylim(len(heads) - 0.5, -0.5)
        axes.set_xticks([0, 0.5, 1], labels=["0%", "50%", "100%"])
        names = [wrap(str(head["name"]), 26, 1) for head in heads]
        axes.set_yticks(range(len(heads)), labels=names)
        axes.tick_params(axis="y", length=0)
        handles = [Patch(color=color) for color in colors]
        figure.legend(
            handles,
            [wrap(str(layer), 14, 1) for layer in layers],
            loc="upper center",
            ncols=min(len(layers), 8),
            handlelength=1,
            borderaxespad=0.1,
        )

    return render("shares", (width, _TOP + body + _SCALE), paint)


def draw_layer_maps(
    maps: Float[np.ndarray, "l h w"],
    names: Sequence[str],
    mask: Bool[np.ndarray, "h w"],
) -> bytes:
    """Draw each layer's part of the map, scaled on its own, and their sum."""
    pictures = [*maps, maps.sum(axis=0)]
    titles = [*names, "sum"]
    side = min(24.0, (WIDTH + _GAP) / len(pictures) - _GAP)
    tall = side * min(mask.shape[0] / mask.shape[1], 2.0)
    start = (WIDTH - len(pictures) * (side + _GAP) + _GAP) / 2

    def paint(figure: "Figure") -> None:
        for k, (picture, title) in enumerate(zip(pictures, titles, strict=True)):
            left = start + k * (side + _GAP)
            axes = place(figure, left, 4.5, side, tall)
            axes.imshow(
                shrink(normalize(picture)),
                cmap="inferno",
                vmin=0,
                vmax=1,
                interpolation="none",
                aspect="auto",
                extent=(0, 1, 1, 0),
            )
            axes.set_axis_off()
            outline(axes, mask)
            write(figure, left + side / 2, 3.6, wrap(str(title), 16, 1), ha="center")

    return render("layer-maps", (WIDTH, tall + 5), paint)
