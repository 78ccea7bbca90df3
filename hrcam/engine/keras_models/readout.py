"""Find where a classifier has its logits, and the weights that make them."""

from dataclasses import dataclass
from typing import Any, Literal

import keras

from hrcam.engine.keras_models.operations import function_name, is_identity
from hrcam.engine.keras_models.steps import Graph, Step


@dataclass(frozen=True)
class Readout:
    """Where a graph has its logits: before a softmax or sigmoid if it ends in one.

    Parameters
    ----------
    tensor
        Its number.
    outputs
        How many there are; one counts as two classes.
    kind
        What the model ends in.
    """

    tensor: int
    outputs: int
    kind: Literal["softmax", "sigmoid", "logits"]


def readout(graph: Graph) -> Readout:
    """Find the logits of a classifier.

    Raises
    ------
    ValueError
        If the model's output is no row of class scores per image.
    """
    shape = graph.shapes[graph.output]
    if len(shape) != 2 or shape[1] is None:
        msg = (
            "model must give one row of class scores per image, got outputs of shape "
            f"{shape}; pool them over the image inside the model"
        )
        raise ValueError(msg)
    step = graph.maker(graph.output)
    while step is not None and is_identity(step):
        step = graph.maker(step.inputs[0])
    kind = _closing(step)
    tensor = step.inputs[0] if step is not None and kind != "logits" else graph.output
    return Readout(tensor, int(shape[1]), kind)


def logits_of(scores: Any) -> Any:
    """Return the logits of all classes, float32: one alone counts as -z/2 and z/2."""
    scores = keras.ops.cast(scores, "float32")
    if scores.shape[1] > 1:
        return scores
    return keras.ops.concatenate([-scores / 2, scores / 2], axis=1)


def dense_before(graph: Graph, tensor: int) -> Any | None:
    """Return the layer that makes a tensor by a matrix of (channels, classes).

    A dense layer or a convolution of 1 x 1, looked for behind reshaping; None if
    there is no such.
    """
    step = graph.maker(tensor)
    while step is not None and (is_identity(step) or _reshapes(step)):
        step = graph.maker(step.inputs[0])
    if step is None:
        return None
    pointwise = getattr(step.operation, "kernel_size", None) == (1, 1)
    convolves = isinstance(step.operation, keras.layers.Conv2D) and pointwise
    dense = isinstance(step.operation, keras.layers.Dense)
    return step.operation if dense or convolves else None


def _reshapes(step: Step) -> bool:
    return function_name(step.operation) in ("reshape", "flatten", "squeeze")


def _closing(step: Step | None) -> Literal["softmax", "sigmoid", "logits"]:
    """Say what a classifier's last step is."""
    name = function_name(step.operation) if step is not None else ""
    if name in ("softmax", "logsoftmax"):
        return "softmax"
    return "sigmoid" if name == "sigmoid" else "logits"
