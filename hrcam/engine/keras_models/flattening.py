"""List what was recorded between two symbolic tensors as steps."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import keras

from hrcam.engine.keras_models.entering import Entered, inference, twin
from hrcam.engine.keras_models.steps import Graph, Shape, Step, Values

#: Layers whose call is their activation of something linear.
FUSED = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Dense,
    keras.layers.EinsumDense,
)


class _Shapes(dict[int, Shape]):
    """Shapes by tensor number; keeps the tensors alive, whose identities these are."""

    def __init__(self, tensors: Mapping[int, Any]) -> None:
        super().__init__({key: tuple(tensor.shape) for key, tensor in tensors.items()})
        self.tensors = tensors


def flat(
    image: keras.KerasTensor, output: keras.KerasTensor, found: Entered, known: set[int]
) -> Graph:
    """List the steps between two symbolic tensors."""
    nodes = _nodes(output)
    # The numbers of tensors are their identities, so they must live with the graph.
    tensors = {id(t): t for n in nodes for t in (*n.input_tensors, *n.output_tensors)}
    tensors[id(image)], tensors[id(output)] = image, output
    blocks: dict[int, list[str]] = {}
    for name, made in found.blocks[:-1]:  # the last is the model itself
        for tensor in keras.tree.flatten(made):
            blocks.setdefault(id(tensor), []).append(name)
    steps = [_read(s, w) for s, w in found.weights if id(s) in tensors]
    names: set[str] = set()
    for node in nodes:
        label = _label(node.operation, known, names)
        names.add(label)
        ends = [name for t in node.output_tensors for name in blocks.get(id(t), ())]
        steps += _steps(node, label, tuple(ends), tensors)
    return Graph(id(image), id(output), tuple(steps), _Shapes(tensors))


def _read(symbol: keras.KerasTensor, weight: Any) -> Step:
    return Step(weight.name, weight, (), (id(symbol),), lambda _: [weight()])


def _label(operation: Any, known: set[int], names: set[str]) -> str:
    """Name a call, in the same way whenever a model is traced.

    Operations that a `call` makes anew have a running number of Keras in their name.
    """
    name = str(operation.name)
    if id(operation) not in known:
        name = re.sub(r"_\d+$", "", name)
    label, count = name, 1
    while label in names:
        count += 1
        label = f"{name}:{count}"
    return label


def _steps(
    node: Any, name: str, blocks: tuple[str, ...], tensors: dict[int, Any]
) -> list[Step]:
    """Return the step of a node, or two where an activation is inside a layer."""
    operation, outputs = node.operation, tuple(map(id, node.output_tensors))
    inputs = tuple(map(id, node.input_tensors))
    arguments = node.arguments.args, node.arguments.kwargs
    activation = _inside(operation)
    if activation is None:
        caller = _caller(operation, node)
        return [Step(name, operation, inputs, outputs, caller, arguments, blocks)]
    result = node.output_tensors[0]
    before = keras.KerasTensor(result.shape, result.dtype)
    tensors[id(before)] = before
    linear = twin(operation, activation=keras.activations.linear)
    middle = (id(before),)
    first = Step(
        f"{name}/linear", linear, inputs, middle, _caller(linear, node), arguments
    )

    def activate(values: Values) -> list[Any]:
        return [activation(values[middle[0]])]

    second = Step(name, activation, middle, outputs, activate, ((before,), {}), blocks)
    return [first, second]


def _inside(operation: Any) -> Any | None:
    """Return the activation function inside a layer; None where there is none."""
    own = {kind.call for kind in FUSED}
    if getattr(type(operation), "call", None) not in own:
        return None
    activation = operation.activation
    return None if activation is keras.activations.linear else activation


def _caller(operation: Any, node: Any) -> Callable[[Values], list[Any]]:
    """Return the call of an operation as its node recorded it, at inference."""

    def compute(values: Values) -> list[Any]:
        args, kwargs = node.arguments.fill_in(values)
        return list(
            keras.tree.flatten(operation(*args, **inference(operation, kwargs)))
        )

    return compute


def _nodes(output: keras.KerasTensor) -> list[Any]:
    """Return the calls that lead to a tensor, each after those it depends on."""
    order: list[Any] = []
    seen: set[int] = set()
    pending = [(output, False)]
    while pending:
        tensor, done = pending.pop()
        operation, place, _ = getattr(tensor, "_keras_history", (None, 0, 0))
        node = None if operation is None else operation._inbound_nodes[place]
        if done:
            order.append(node)
        elif node is not None and id(node) not in seen and node.input_tensors:
            seen.add(id(node))
            pending.append((tensor, True))
            pending += [(source, False) for source in reversed(node.input_tensors)]
    return order
