"""A network as a flat list of steps, and how to run some of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from hrcam.engine.backend import untouched

#: Axes of a tensor; None where open, as the batch is.
Shape = tuple[Any, ...]

#: By tensor number, a tensor of the back end.
Values = dict[int, Any]


@dataclass(frozen=True, eq=False)
class Step:
    """One call of an operation.

    Parameters
    ----------
    name
        Of the layer or operation; a second call of a layer, or a call of another layer
        of that name, is named ``NAME:2``.
    operation
        The Keras operation; a layer with an activation inside is two steps, the second
        with the activation function. A weight that is used outside of layers is a step
        without inputs.
    inputs, outputs
        Numbers of its tensors.
    compute
        From the values of its inputs to a list of outputs.
    arguments
        Positional and named ones as they were recorded, tensors being symbolic.
    blocks
        Names of the submodels and custom layers that end in this step.
    """

    name: str
    operation: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    compute: Callable[[Values], list[Any]]
    arguments: tuple[tuple[Any, ...], Mapping[str, Any]] = ((), {})
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Graph:
    """A model as a flat list of steps.

    Parameters
    ----------
    image, output
        Numbers of the tensors that go in and come out.
    steps
        In the order of their calls.
    shapes
        Of every tensor, the batch axis being None.
    """

    image: int
    output: int
    steps: tuple[Step, ...]
    shapes: Mapping[int, Shape]

    def maker(self, tensor: int) -> Step | None:
        """Return the step that makes a tensor; None for the image."""
        return next((s for s in self.steps if tensor in s.outputs), None)


#: Computes a step in another way than its own.
Rule = Callable[[Step, Values], list[Any]]


def run(
    graph: Graph,
    known: Mapping[int, Any],
    wanted: Iterable[int],
    rules: Mapping[str, Rule] | None = None,
    shifts: Mapping[int, Any] | None = None,
) -> Values:
    """Compute tensors from known ones, doing only the steps that this takes.

    Nothing is written to the network: neither losses nor states of its layers.

    Parameters
    ----------
    graph
        What :func:`hrcam.engine.keras_models.tracing.trace` returned.
    known
        Tensors by number; steps that would make them are not done.
    wanted
        Numbers of the tensors to compute.
    rules
        By step name, what replaces the step.
    shifts
        By number, what is added to a tensor when it is made.

    Returns
    -------
    values
        Every tensor that was known or computed.
    """
    values, rules, shifts = dict(known), rules or {}, shifts or {}

    def compute() -> Values:
        for step in needed(graph, known, wanted):
            made = rules.get(step.name, _plain)(step, values)
            for tensor, value in zip(step.outputs, made, strict=True):
                values[tensor] = value + shifts[tensor] if tensor in shifts else value
        return values

    return quietly(compute)


def quietly(function: Callable[[], Any]) -> Any:
    """Call a function that runs layers, writing nothing to them."""
    with untouched():
        return _QUIET(function=function)


class _Quiet(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Calls a function inside of a layer: layers called there keep their losses.

    A layer that is called on its own forgets the losses of its last call.
    """

    def call(self, function: Callable[[], Any]) -> Any:
        return function()


_QUIET = _Quiet(dtype="float32", name="quiet")


def needed(graph: Graph, known: Iterable[int], wanted: Iterable[int]) -> list[Step]:
    """Return the steps that lead from known tensors to wanted ones, in order."""
    have = set(known)
    missing, steps = set(wanted) - have, []
    for step in reversed(graph.steps):
        if not missing.isdisjoint(step.outputs):
            steps.append(step)
            missing |= set(step.inputs) - have
    return steps[::-1]


def seeing(graph: Graph) -> set[int]:
    """Return the tensors that depend on the image."""
    found = {graph.image}
    for step in graph.steps:
        if not found.isdisjoint(step.inputs):
            found |= set(step.outputs)
    return found


def _plain(step: Step, values: Values) -> list[Any]:
    return step.compute(values)
