"""Read a flat graph: which tensors to tap, which steps rectify, which add a bias.

Tapped are the tensors that enter a spatial down-sampling, and the last feature map:
the paper's "layers before max-pooling", carried over to networks that shrink by
strides. Padding in front of a down-sampling, and what changes nothing at inference such
as dropout, are looked through.
"""

import difflib
from collections.abc import Sequence
from typing import Any

import keras

from hrcam.engine.keras_models.operations import (
    function_name,
    is_identity,
    learns,
    pads,
    rectifies,
    stride,
    transposed,
    window,
)
from hrcam.engine.keras_models.readout import Readout, dense_before, readout
from hrcam.engine.keras_models.steps import Graph, Shape, Step, needed, seeing

__all__ = [
    "SHRINKAGE",
    "Readout",
    "affine",
    "dense_before",
    "readout",
    "rectifiers",
    "tapped",
]

#: A map this much smaller than the one before it is down-sampled, where an operation
#: tells no stride.
SHRINKAGE = 1.5


def tapped(
    graph: Graph, logits: int, names: Sequence[str] | None = None
) -> dict[str, int]:
    """Find the feature maps to tap, shallow to deep: names and tensor numbers.

    Parameters
    ----------
    graph
        A traced model.
    logits
        Number of the logits: the last feature map is the one they are made from.
    names
        Names of steps, submodels or blocks to tap; by default those that the graph
        tells.

    Raises
    ------
    ValueError
        If the model has no feature map behind a layer with weights, or a named step
        does not exist or makes no feature map.
    """
    _check_order(graph)
    steps = needed(graph, (graph.image,), (logits,))
    maps = _maps(graph, steps)
    if names is not None:
        return _named(maps, graph.steps, names)
    if not maps:
        msg = (
            "model must have a convolutional feature map of more than one unit, got "
            f"none at images of {graph.shapes[graph.image][1:3]}; give larger images "
            "or another model"
        )
        raise ValueError(msg)
    makers = {s.outputs[0]: s for s in maps}
    entering = {
        _source(graph, tensor)
        for step in steps
        for tensor in step.inputs
        if _shrinks(graph, step, tensor)
    }
    last = _last(graph, steps, maps[-1].outputs[0])
    last = last if last in makers else maps[-1].outputs[0]
    chosen = [i for i in makers if i in entering and i != last]
    return {makers[i].name: i for i in (*chosen, last)}


def rectifiers(graph: Graph) -> list[Step]:
    """Return the steps that are rectifiers (ReLU, ReLU6; leaky ones excluded)."""
    return [s for s in graph.steps if rectifies(s)]


def affine(graph: Graph, tensor: int) -> list[Step]:
    """Return the steps that add a bias, on the way to a tensor, shallow to deep."""
    steps, given = needed(graph, (graph.image,), (tensor,)), seeing(graph)
    return [s for s in steps if _shifts(s, given)]


def _shifts(step: Step, given: set[int]) -> bool:
    """Say whether a step adds something that does not depend on what it is given."""
    operation = step.operation
    if isinstance(operation, keras.layers.BatchNormalization):
        return True
    if isinstance(operation, keras.layers.Rescaling | keras.layers.Normalization):
        return True
    if function_name(operation) in ("add", "subtract"):
        return len(given.intersection(step.inputs)) == 1
    kernel = isinstance(operation, keras.layers.Dense) or window(step, 0) is not None
    return kernel and getattr(operation, "bias", None) is not None


def _maps(graph: Graph, steps: Sequence[Step]) -> list[Step]:
    """Return the steps that make a feature map behind a layer with weights."""
    given, behind, maps = seeing(graph), set[int](), []
    for step in steps:
        if given.isdisjoint(step.inputs):
            continue
        if learns(step) or not behind.isdisjoint(step.inputs):
            behind |= set(step.outputs)
            if _is_map(graph.shapes[step.outputs[0]]):
                maps.append(step)
    return maps


def _is_map(shape: Shape) -> bool:
    return len(shape) == 4 and shape[1:3] != (1, 1) and None not in shape[1:]


def _named(
    maps: Sequence[Step], steps: Sequence[Step], names: Sequence[str]
) -> dict[str, int]:
    """Return the named steps in the network's order."""
    spatial = {name: s.outputs[0] for s in maps for name in s.blocks}
    spatial |= {s.name: s.outputs[0] for s in maps}
    order = [s.outputs[0] for s in maps]
    for name in names:
        if name not in spatial:
            known = any(name in (s.name, *s.blocks) for s in steps)
            near = difflib.get_close_matches(name, spatial, 1)
            hint = f"did you mean {near[0]!r}?" if near else "see model.summary()"
            what = "a layer without rows and columns" if known else "no such layer"
            msg = (
                f"layer must make a feature map of the model, got {name!r}, {what}; "
                f"{hint}"
            )
            raise ValueError(msg)
    chosen = sorted(dict.fromkeys(names), key=lambda name: order.index(spatial[name]))
    return {name: spatial[name] for name in chosen}


def _shrinks(graph: Graph, step: Step, source: int) -> bool:
    """Say whether a step makes fewer rows or columns of a map, but not a 1 x 1 map."""
    before, after = graph.shapes[source], graph.shapes[step.outputs[0]]
    if len(before) != 4 or len(after) != 4 or after[1:3] == (1, 1):
        return False
    down, right = stride(step, 0), stride(step, 1)
    if down is not None and right is not None:
        return max(down, right) > 1 and not transposed(step)
    if pads(step):
        return False
    pairs = zip(before[1:3], after[1:3], strict=True)
    return any(b / a >= SHRINKAGE for b, a in pairs if a and b)


def _source(graph: Graph, tensor: int) -> int:
    """Return the tensor before padding and identities."""
    step = graph.maker(tensor)
    while step is not None and (is_identity(step) or pads(step)):
        tensor = step.inputs[0]
        step = graph.maker(tensor)
    return tensor


def _last(graph: Graph, steps: Sequence[Step], tensor: int) -> int:
    """Return the last map: before what changes nothing, and pooling to be flattened.

    What pools over the whole map may be linear in the pooled one, which then is kept.
    """
    tensor = _source(graph, tensor)
    flattened = any(
        function_name(s.operation) in ("flatten", "reshape")
        for s in steps
        if len(graph.shapes[s.outputs[0]]) == 2 and tensor in s.inputs
    )
    step = graph.maker(tensor)
    pooled = step is not None and hasattr(step.operation, "pool_size")
    return _source(graph, step.inputs[0]) if flattened and pooled and step else tensor


def _check_order(graph: Graph) -> None:
    """Refuse feature maps whose channels come first."""
    for step in graph.steps:
        order: Any = getattr(step.operation, "data_format", None)
        if order == "channels_first" and window(step, 0) is not None:
            msg = (
                f"model must have its channels last, got {step.name!r} with "
                "channels_first; build it with data_format='channels_last'"
            )
            raise ValueError(msg)
