"""Put a drawing made of strokes down as one layer: letters and markers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from simbench.confounders.confounder import Layer
from simbench.confounders.spots import spot
from simbench.confounders.strokes import polyline, stroked
from simbench.streams import Stream


@dataclass(frozen=True)
class Stamp:
    """What is put down, before its place is known; lengths in pixels."""

    glyph: str
    lines: list[Float[np.ndarray, "_ 2"]]
    """Corners (y, x) of every line, about the stamp's center."""
    half: float
    """Half the width of the strokes."""
    extent: tuple[float, float]
    """Height and width of the box that has to fit into the frame."""
    scale: float
    angle: float
    opacity: float


def stamped(
    parameters: Any, stamp: Stamp, tissue: UInt8[np.ndarray, "h w"], stream: Stream
) -> Layer:
    """Draw the place and put the stamp there.

    ``parameters`` has ``where``, ``margin``, ``edge`` and ``color``.
    """
    margin = parameters.margin * min(tissue.shape)
    center = spot(stream, tissue, stamp.extent, parameters.where, margin)
    strokes = [
        polyline(points + np.array(center), np.full(len(points), stamp.half))
        for points in stamp.lines
    ]
    size = (tissue.shape[0], tissue.shape[1])
    covered = stroked(np.concatenate(strokes), size, parameters.edge)
    factors: dict[str, float | str] = {
        "glyph": stamp.glyph,
        "y": center[0],
        "x": center[1],
        "scale": stamp.scale,
        "angle": stamp.angle,
        "opacity": stamp.opacity,
    }
    color = np.array(parameters.color, np.float32)
    return Layer(covered * np.float32(stamp.opacity), color, factors)
