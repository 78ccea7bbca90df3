"""Sheets of small pictures: rows of images, columns of what is shown of each."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

#: Side of a picture in inches, and the heights of a title and of a caption.
SIDE, TITLE, CAPTION = 1.5, 0.3, 0.22


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    Parameters
    ----------
    title
        Stands above it.
    pictures
        Gray (n, h, w) or color (n, h, w, 3) values.
    bounds
        What is black and what is white, per picture, (n, 2).
    captions
        One below each picture; none by default.
    colors
        A matplotlib color map.
    """

    title: str
    pictures: Float[np.ndarray, "n h w *c"]
    bounds: Float[np.ndarray, "n 2"]
    captions: Sequence[str] = ()
    colors: str = "gray"


def draw_sheet(columns: Sequence[Column]) -> bytes:
    """Draw a sheet as PNG; the same sheet has the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows, height, width = columns[0].pictures.shape[:3]
    wide, high = SIDE, SIDE * height / width
    line = high + CAPTION
    with mpl.rc_context():
        mpl.rcdefaults()
        size = (len(columns) * (wide + 0.1) + 0.1, rows * line + TITLE + 0.05)
        figure = Figure(figsize=size)
        for j, column in enumerate(columns):
            left = 0.1 + j * (wide + 0.1)
            for i in range(rows):
                bottom = size[1] - TITLE - i * line - high
                place = (left / size[0], bottom / size[1])
                axes = figure.add_axes((*place, wide / size[0], high / size[1]))
                _show(axes, column, i)
                if i == 0:
                    axes.set_title(column.title, fontsize=8, pad=4)
                if column.captions:
                    axes.set_xlabel(column.captions[i], fontsize=6, labelpad=2)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()


def _show(axes: "object", column: Column, row: int) -> None:
    """Put one picture on its axes."""
    low, high = column.bounds[row]
    picture = column.pictures[row].astype(np.float64)
    spread = high - low
    scaled = (picture - low) / spread if spread > 0 else np.full_like(picture, 0.5)
    axes.imshow(  # type: ignore[attr-defined]  # matplotlib loads when drawing
        np.clip(scaled, 0, 1),
        cmap=column.colors,
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    axes.set_xticks([])  # type: ignore[attr-defined]  # as above
    axes.set_yticks([])  # type: ignore[attr-defined]  # as above


def gray(images: Float[np.ndarray, "n h w c"]) -> Float[np.ndarray, "n h w *c"]:
    """Return images as they can be shown: color where there are three channels."""
    return images if images.shape[-1] == 3 else images.mean(axis=-1)


def ranges(images: Float[np.ndarray, "n h w *c"]) -> Float[np.ndarray, "n 2"]:
    """Return the smallest and largest value of each image."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    return np.stack([flat.min(axis=1), flat.max(axis=1)], axis=1)
