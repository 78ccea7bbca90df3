"""Image panels: what each method marks, on images chosen by rule."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Shaped

from reports import lookup
from reports.figures.canvas import WIDTH, place, render, write
from reports.folder import Folder
from reports.wording import Number, decimal, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_MAPS, MOST_ROWS = 8, 7
_LABELS, _TOP, _GAP, _CAPTION, _LARGEST = 17.0, 9.5, 1.2, 3.6, 26.0
_TALLEST, _TALLEST_FEW, _FEW = 128.0, 105.0, 3
_PIXELS = 192


def columns(folder: Folder) -> list[str]:
    """List the entries whose maps are shown.

    All methods if there is room, else the reference and the best of the others; then
    the best baseline.
    """
    there = set(folder.panels.get("names", np.array([])).tolist())
    baseline = [name for name in [lookup.best(folder, "baseline")] if name in there]
    methods = [name for name in lookup.compared(folder) if name in there]
    room = MOST_MAPS - len(baseline)
    if len(methods) > room:
        ranked = sorted(methods[1:], key=lambda name: -_mean(folder, name))
        kept = {methods[0], *ranked[: room - 1]}
        methods = [name for name in methods if name in kept]
    return methods + [name for name in baseline if name and name not in methods]


def _mean(folder: Folder, name: str) -> Number:
    row = lookup.summary(folder, name, lookup.primary(folder))
    return row["mean"] if row and row["mean"] is not None else -1.0


def rows(folder: Folder) -> list[int]:
    """List positions in the arrays of the images that are shown."""
    known = {panel["image_id"] for panel in folder.results["panels"]}
    ids = folder.panels.get("ids", np.array([])).tolist()
    return [k for k, image_id in enumerate(ids) if image_id in known][:MOST_ROWS]


def draw_panels(folder: Folder) -> bytes:
    """Draw a row per image: input with mask, then every method's map."""
    names, images = columns(folder), rows(folder)
    wide = len(names) + 1
    side = min(_LARGEST, (WIDTH - _LABELS - _GAP * wide - 10) / wide)
    height, width = folder.panels["masks"].shape[1:3]
    ratio = min(height / width, 2.0)
    tallest = _TALLEST if len(names) > _FEW else _TALLEST_FEW
    side = min(side, (tallest / len(images) - _CAPTION) / ratio)
    tall = side * ratio
    step = tall + _CAPTION
    start = _LABELS + (WIDTH - _LABELS - wide * (side + _GAP) - 10) / 2

    def paint(figure: "Figure") -> None:
        for r, image in enumerate(images):
            _draw_row(figure, folder, image, (start, _TOP + r * step, side, tall))
        for c, title in enumerate(_titles(folder, names)):
            write(
                figure,
                start + c * (side + _GAP) + side / 2,
                _TOP - 0.8,
                title,
                ha="center",
                va="bottom",
                fontsize=6.5,
                weight="bold" if c == 1 else "normal",
                linespacing=1.0,
            )
        _draw_bar(figure, start + wide * (side + _GAP) + 0.8, tall)

    return render("panels", (WIDTH, _TOP + step * len(images) + 0.5), paint)


def _titles(folder: Folder, names: list[str]) -> list[str]:
    first = "Input,\nmask" if "images" in folder.panels else "Mask"
    return [first, *(wrap(lookup.label(folder, name), 11, 3) for name in names)]


def _draw_row(
    figure: "Figure",
    folder: Folder,
    image: int,
    box: tuple[Number, Number, Number, Number],
) -> None:
    start, top, side, tall = box
    mask = folder.panels["masks"][image].astype(bool)
    panel = _find(folder, image)
    axes = place(figure, start, top, side, tall)
    if "images" in folder.panels:
        _show(axes, shrink(folder.panels["images"][image]), "gray")
    else:
        _show(axes, shrink(mask.astype(np.float64)), "gray")
    outline(axes, mask)
    label = f"{wrap(panel['rule'], 12, 3)}\n{_kind(panel['stratum'])}"
    write(
        figure,
        start - 1.2,
        top + tall / 2,
        f"{label}\n{wrap(panel['image_id'], 12, 1)}",
        ha="right",
        va="center",
        fontsize=6.5,
    )
    order = folder.panels["names"].tolist()
    for c, name in enumerate(columns(folder), start=1):
        left = start + c * (side + _GAP)
        axes = place(figure, left, top, side, tall)
        _show(axes, shrink(normalize(folder.panels["maps"][image, order.index(name)])))
        outline(axes, mask)
        value = decimal(panel["scores"].get(name))
        write(
            figure,
            left + side / 2,
            top + tall + 0.5,
            value,
            ha="center",
            va="top",
            fontsize=6.5,
        )


def _find(folder: Folder, image: int) -> lookup.Row:
    image_id = folder.panels["ids"][image]
    return next(p for p in folder.results["panels"] if p["image_id"] == image_id)


def _kind(stratum: str) -> str:
    return "" if stratum == "all" else wrap(stratum.split("=")[-1], 12, 1)


def normalize(saliency: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "h w"]:
    """Scale a map to [0, 1] as it is scored; 0 if constant, NaN stays NaN."""
    saliency = saliency.astype(np.float64)
    finite = np.isfinite(saliency)
    if not finite.any():
        return saliency
    low, high = saliency[finite].min(), saliency[finite].max()
    if high <= low:
        return np.where(finite, 0.0, np.nan)
    return np.where(finite, (saliency - low) / (high - low), np.nan)


def shrink(picture: Shaped[np.ndarray, "h w *c"]) -> Shaped[np.ndarray, "_h _w *c"]:
    """Reduce a picture that is larger than it is printed, without aliasing."""
    step = -(-max(picture.shape[:2]) // _PIXELS)
    if step == 1:
        return picture
    from skimage.transform import resize

    size = tuple(-(-side // step) for side in picture.shape[:2])
    small = resize(  # type: ignore[no-untyped-call]  # scikit-image has no types
        picture, size, order=1, anti_aliasing=True, preserve_range=True
    )
    return np.round(small).astype(np.uint8) if picture.dtype == np.uint8 else small


def _show(
    axes: "Axes", picture: Shaped[np.ndarray, "h w *c"], cmap: str = "inferno"
) -> None:
    """Show a picture; what is not finite is left gray."""
    from matplotlib import colormaps

    top = 255 if picture.dtype == np.uint8 else 1
    axes.imshow(
        picture,
        cmap=colormaps[cmap].with_extremes(bad="#999999"),
        vmin=0,
        vmax=top,
        interpolation="none",
        aspect="auto",
        extent=(0, 1, 1, 0),
    )
    axes.set_axis_off()


def outline(axes: "Axes", mask: Bool[np.ndarray, "h w"]) -> None:
    """Draw a mask's contour in white on black."""
    if not mask.any() or mask.all():
        return
    h, w = mask.shape
    x, y = (np.arange(w) + 0.5) / w, (np.arange(h) + 0.5) / h
    for color, width in (("black", 1.3), ("white", 0.6)):
        axes.contour(
            x, y, mask.astype(np.float64), [0.5], colors=color, linewidths=width
        )


def _draw_bar(figure: "Figure", left: Number, tall: Number) -> None:
    """Draw the scale that all maps share."""
    from matplotlib.cm import ScalarMappable

    axes = place(figure, left, _TOP, 1.8, tall)
    bar = figure.colorbar(ScalarMappable(cmap="inferno"), cax=axes, ticks=[0, 1])
    bar.outline.set_linewidth(0.4)
    axes.tick_params(labelsize=6.5, length=1.5, pad=1)
