"""What steps add on their own: the biases of FullGrad."""

from typing import Any

import keras

from hrcam.engine.keras_models.operations import window
from hrcam.engine.keras_models.steps import Graph, Step, run, seeing


def bias(graph: Graph, step: Step) -> Any:
    """Return the additive bias of an affine step, to be broadcast to its output.

    It is what the step gives for nothing but zeros (Srinivas & Fleuret, NeurIPS 2019,
    for batch normalization: shift minus scaled mean).
    """
    operation = step.operation
    if isinstance(operation, keras.layers.Dense) or window(step, 0) is not None:
        return keras.ops.cast(operation.bias, "float32")
    per_channel = isinstance(operation, keras.layers.BatchNormalization)
    given = seeing(graph).intersection(step.inputs)
    zeros = {}
    for tensor in given:
        shape = graph.shapes[tensor]
        last = per_channel and operation.axis in (-1, len(shape) - 1)
        sides = [1] * (len(shape) - 2) if last else list(shape[1:-1])
        zeros[tensor] = keras.ops.zeros((1, *sides, shape[-1]))
    made = run(graph, zeros, step.outputs[:1])
    return keras.ops.cast(made[step.outputs[0]], "float32")
