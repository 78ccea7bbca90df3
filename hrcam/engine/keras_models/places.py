"""Work out where the units of a layer look, from kernel, stride, dilation, padding."""

from typing import Any

import keras

from hrcam.capture import Geometry
from hrcam.engine.keras_models.operations import (
    at,
    function_name,
    moves,
    padding,
    sliced,
    stride,
    transposed,
    window,
)
from hrcam.engine.keras_models.steps import Graph, Step, needed

#: Stride and offset along one axis, in pixels; None where the graph does not tell.
Line = tuple[float, float] | None


def geometry(graph: Graph, tensor: int) -> Geometry | None:
    """Work out where the units of a feature map look.

    Kernel, stride, dilation and padding of the operations between the image and the
    tensor give stride and offset; None where the graph does not tell (unknown
    operations that move pixels, or branches that disagree).

    Notes
    -----
    A convolution or pooling of stride s, dilation d, kernel k and p rows of padding in
    front looks, for its unit i, at the units s i - p ... s i - p + d (k - 1) of its
    input, the middle of which is s i + d (k - 1) / 2 - p.
    """
    rows, columns = _line(graph, tensor, 0), _line(graph, tensor, 1)
    if rows is None or columns is None:
        return None
    return Geometry((rows[0], columns[0]), (rows[1], columns[1]))


def _line(graph: Graph, tensor: int, axis: int) -> Line:
    """Return stride and offset of a tensor's units along one axis."""
    lines: dict[int, Line] = {graph.image: (1.0, 0.0)}
    for step in needed(graph, (graph.image,), (tensor,)):
        seeing = [i for i in step.inputs if i in lines]
        if not seeing:
            continue  # weights look nowhere
        # A single unit is a factor for the whole map: it looks everywhere.
        spatial = [i for i in seeing if _length(graph, i, axis) not in (None, 1)]
        first, before = (spatial or seeing)[0], {lines[i] for i in spatial or seeing}
        place = before.pop() if len(before) == 1 else None
        for output in step.outputs:
            size = _length(graph, first, axis), _length(graph, output, axis)
            lines[output] = place and _through(step, axis, size, place)
    return lines.get(tensor)


def _through(
    step: Step,
    axis: int,
    size: tuple[int | None, int | None],
    place: tuple[float, float],
) -> Line:
    """Carry stride and offset through one operation."""
    operation, (apart, offset) = step.operation, place
    before, after = size
    front = padding(step, axis)
    if front is not None:
        return apart, offset - front * apart
    part = sliced(step, axis)
    if part is not None:
        return apart * part[1], offset + part[0] * apart
    if isinstance(operation, keras.layers.UpSampling2D):
        return _resized(1 / at(operation.size, axis), place)
    if _resizes(operation) and before and after:
        return _resized(before / after, place)
    if stride(step, axis) is not None and before is not None:
        slide = _enlarge if transposed(step) else _slide
        return slide(step, axis, before, place)
    stays = before == after and before is not None and not moves(step)
    return place if stays else None


def _slide(step: Step, axis: int, length: int, place: tuple[float, float]) -> Line:
    """Carry stride and offset through a convolution or a pooling."""
    (apart, offset), hop = place, stride(step, axis) or 1
    reach = _reach(step, axis)
    front = 0
    if step.operation.padding == "same":
        front = max((-(-length // hop) - 1) * hop + reach + 1 - length, 0) // 2
    elif step.operation.padding != "valid":
        return None
    return apart * hop, offset + (reach / 2 - front) * apart


def _enlarge(step: Step, axis: int, _: int, place: tuple[float, float]) -> Line:
    """Carry stride and offset through a transposed convolution.

    Unit i of the input is spread on s i - p ... s i - p + k - 1, so unit j comes from
    (j + p - (k - 1) / 2) / s on average.
    """
    (apart, offset), hop = place, stride(step, axis) or 1
    if getattr(step.operation, "output_padding", None) is not None:
        return None
    reach = _reach(step, axis)
    front = max(reach + 1 - hop, 0) // 2 if step.operation.padding == "same" else 0
    return apart / hop, offset + (front - reach / 2) * apart / hop


def _reach(step: Step, axis: int) -> int:
    """Return how far apart the first and the last unit under a kernel are."""
    dilation = getattr(step.operation, "dilation_rate", 1)
    return ((window(step, axis) or 1) - 1) * at(dilation, axis)


def _resized(ratio: float, place: tuple[float, float]) -> tuple[float, float]:
    """Carry stride and offset through an interpolation with half-pixel centers."""
    apart, offset = place
    return apart * ratio, offset + apart * (ratio - 1) / 2


def _resizes(operation: Any) -> bool:
    """Say whether an operation stretches the whole map to a size."""
    if function_name(operation) not in ("resizing", "resize"):
        return False
    kept = ("crop_to_aspect_ratio", "pad_to_aspect_ratio")
    return not any(getattr(operation, name, False) for name in kept)


def _length(graph: Graph, tensor: int, axis: int) -> int | None:
    shape = graph.shapes[tensor]
    return shape[1 + axis] if len(shape) == 4 else None
