"""Read a Keras graph: which tensors to tap, and where their units look.

Tapped are the tensors that enter a spatial down-sampling, and the last feature map:
the paper's "layers before max-pooling", carried over to networks that shrink by
strides. Padding in front of a down-sampling is looked through.
"""

from collections.abc import Iterator
from typing import Any

import keras

from hrcam.capture import Geometry

#: Layers that change neither the place of a unit nor what it stands for.
PADDING = (keras.layers.ZeroPadding2D,)


def tapped(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """Find the feature maps to tap, shallow to deep.

    Returns
    -------
    tensors
        By the name of the layer that makes them.

    Raises
    ------
    ValueError
        If the model has no feature map of rank 4 behind a layer with weights.
    """
    found: dict[str, keras.KerasTensor] = {}
    last = None
    for operation in model.operations:
        for inputs, output in _calls(operation, model):
            if len(output.shape) != 4 or not _learned(output):
                continue
            last = output
            for tensor in inputs:
                source = _before_padding(tensor)
                if _shrinks(tensor, output) and _learned(source):
                    found[_name(source)] = source
    if last is None:
        msg = f"model must have a convolutional feature map, got none in {model.name!r}"
        raise ValueError(msg)
    found[_name(last)] = last
    return found


def base_head(model: keras.Model) -> tuple[keras.KerasTensor, keras.layers.Dense]:
    """Find the model's logits and the dense layer that makes them from pooled features.

    Raises
    ------
    ValueError
        If the model does not end in global average pooling, a linear dense layer and
        a softmax.
    """
    chain = _chain(model.outputs[0], 3)
    kinds = (
        keras.layers.Softmax,
        keras.layers.Dense,
        keras.layers.GlobalAveragePooling2D,
    )
    matches = len(chain) == len(kinds) and all(map(isinstance, chain, kinds))
    if not matches or keras.activations.serialize(chain[1].activation) != "linear":
        msg = (
            "model must end in GlobalAveragePooling2D, a linear Dense and a Softmax, "
            f"got {' > '.join(o.name for o in reversed(chain))}"
        )
        raise ValueError(msg)
    return chain[1].output, chain[1]


def geometry(tensor: keras.KerasTensor) -> Geometry | None:
    """Work out where the units of a feature map look.

    Kernel, stride, dilation and padding of the convolutions and poolings between the
    image and the tensor give stride and offset; None where the graph does not tell
    (unknown operations that move pixels, or branches that disagree).
    """
    rows = _line(tensor, 0, {})
    columns = _line(tensor, 1, {})
    if rows is None or columns is None:
        return None
    return Geometry((rows[0], columns[0]), (rows[1], columns[1]))


def _line(
    tensor: keras.KerasTensor, axis: int, known: dict[int, Any]
) -> tuple[float, float] | None:
    """Return stride and offset of a tensor along one axis (memoized walk)."""
    if id(tensor) not in known:
        inputs = _inputs(tensor)
        if not inputs:
            known[id(tensor)] = (1.0, 0.0)
        else:
            maker = _maker(tensor)
            before = {_line(x, axis, known) for x in inputs}
            place = before.pop() if len(before) == 1 else None
            known[id(tensor)] = place and _through(
                maker, axis, place, inputs[0], tensor
            )
    return known[id(tensor)]


def _through(
    maker: Any,
    axis: int,
    place: tuple[float, float],
    source: keras.KerasTensor,
    target: keras.KerasTensor,
) -> tuple[float, float] | None:
    """Carry stride and offset through one operation."""
    stride, offset = place
    if isinstance(maker, keras.layers.ZeroPadding2D):
        return stride, offset - maker.padding[axis][0] * stride
    window = getattr(maker, "kernel_size", None) or getattr(maker, "pool_size", None)
    if window is not None and hasattr(maker, "strides"):
        step = maker.strides[axis]
        dilation = getattr(maker, "dilation_rate", (1, 1))[axis]
        reach = (window[axis] - 1) * dilation
        padding = 0
        if maker.padding == "same":
            length = source.shape[1 + axis]
            if length is None:
                return None
            padding = max((-(-length // step) - 1) * step + reach + 1 - length, 0) // 2
        return stride * step, offset + (reach / 2 - padding) * stride
    same = source.shape[1:3] == target.shape[1:3]
    return (stride, offset) if same else None


def _calls(
    operation: Any, model: keras.Model
) -> Iterator[tuple[list[keras.KerasTensor], keras.KerasTensor]]:
    """Yield inputs and output of each use of an operation in this model."""
    inside = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
    for node in operation._inbound_nodes:
        if id(node) in inside and node.input_tensors:
            for output in node.output_tensors:
                yield node.input_tensors, output


def _chain(tensor: keras.KerasTensor, length: int) -> list[Any]:
    """Return the operations that made a tensor, last first, through first inputs."""
    makers: list[Any] = []
    while len(makers) < length:
        makers.append(_maker(tensor))
        inputs = _inputs(tensor)
        if not inputs:
            break
        tensor = inputs[0]
    return makers


def _inputs(tensor: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Return the tensors that a tensor was made from."""
    operation, node, _ = tensor._keras_history
    return list(operation._inbound_nodes[node].input_tensors)


def _maker(tensor: keras.KerasTensor) -> Any:
    """Return the operation that made a tensor."""
    return tensor._keras_history[0]


def _name(tensor: keras.KerasTensor) -> str:
    return str(_maker(tensor).name)


def _shrinks(source: keras.KerasTensor, target: keras.KerasTensor) -> bool:
    """Say whether an operation makes fewer rows or columns, but not a 1 x 1 map."""
    if len(source.shape) != 4 or isinstance(_maker(target), PADDING):
        return False
    before, after = source.shape[1:3], target.shape[1:3]
    if None in (*before, *after):
        strides = getattr(_maker(target), "strides", (1, 1))
        return max(strides) > 1
    return after != (1, 1) and (after[0] < before[0] or after[1] < before[1])


def _before_padding(tensor: keras.KerasTensor) -> keras.KerasTensor:
    while isinstance(_maker(tensor), PADDING):
        tensor = _inputs(tensor)[0]
    return tensor


def _learned(tensor: keras.KerasTensor) -> bool:
    """Say whether a layer with a kernel lies between the image and the tensor."""
    pending = [tensor]
    seen = set()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if hasattr(_maker(current), "kernel"):
            return True
        pending.extend(_inputs(current))
    return False
