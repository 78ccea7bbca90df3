"""What Keras' operations are, as far as taps, geometry and rectifiers must know."""

from collections.abc import Sequence
from typing import Any

import keras

from hrcam.engine.keras_models.steps import Step

#: Give what they are given when nothing is trained.
IDENTITIES = (
    keras.layers.Identity,
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.ActivityRegularization,
)

#: Names of functions and operations that do so.
IDENTICAL = frozenset(
    {"converttotensor", "identity", "linear", "cast", "stopgradient", "copy"}
)


def function_name(operation: Any) -> str:
    """Return the name of what an elementwise operation computes."""
    if isinstance(operation, keras.layers.Activation):
        operation = operation.activation
    if isinstance(operation, type(keras.activations.relu)):
        return operation.__name__.replace("_", "")
    return type(operation).__name__.lower()


def is_identity(step: Step) -> bool:
    """Say whether a step changes nothing, such as dropout at inference."""
    named = function_name(step.operation) in IDENTICAL
    return named or isinstance(step.operation, IDENTITIES)


def rectifies(step: Step) -> bool:
    """Say whether a step is a rectifier: ReLU, ReLU6, the maximum with 0."""
    name = function_name(step.operation)
    if name == "maximum":
        constants = [x for x in step.arguments[0] if isinstance(x, int | float)]
        return len(step.inputs) == 1 and constants == [0]
    slope = getattr(step.operation, "negative_slope", 0)
    return name in ("relu", "relu6") and not slope


def padding(step: Step, axis: int) -> int | None:
    """Return how many rows or columns are put in front; negative where cut off.

    None if the step does not only pad or crop, by whole units.
    """
    operation = step.operation
    if isinstance(operation, keras.layers.ZeroPadding2D):
        return int(operation.padding[axis][0])
    if isinstance(operation, keras.layers.Cropping2D):
        return -int(operation.cropping[axis][0])
    if function_name(operation) == "pad":
        widths = operation.pad_width
        return int(widths[1 + axis][0] if len(widths) > 1 else widths[0][0])
    part = sliced(step, axis)
    return None if part is None or part[1] != 1 else -part[0]


def pads(step: Step) -> bool:
    """Say whether a step only pads or crops, by whole units."""
    return padding(step, 0) is not None and padding(step, 1) is not None


def stride(step: Step, axis: int) -> int | None:
    """Return the stride of a convolution, pooling or slice; None for others."""
    part = sliced(step, axis)
    if part is not None:
        return part[1]
    if window(step, axis) is None:
        return None
    strides = step.operation.strides
    strides = step.operation.pool_size if strides is None else strides
    return at(strides, axis)


def window(step: Step, axis: int) -> int | None:
    """Return the rows or columns of a kernel or a pool; None for others."""
    operation = step.operation
    found = getattr(operation, "kernel_size", None)
    found = found or getattr(operation, "pool_size", None)
    if found is None and hasattr(operation, "strides"):
        positional, named = step.arguments
        kernel = named.get("kernel", positional[1] if len(positional) > 1 else None)
        found = None if kernel is None else tuple(kernel.shape[:2])
    return None if found is None else at(found, axis)


def transposed(step: Step) -> bool:
    """Say whether a step is a convolution that enlarges."""
    return "transpose" in function_name(step.operation) and window(step, 0) is not None


def learns(step: Step) -> bool:
    """Say whether a step holds a matrix of weights, or is given one."""
    weights = getattr(step.operation, "weights", ())
    return any(len(w.shape) > 1 for w in weights) or (
        window(step, 0) is not None and not hasattr(step.operation, "pool_size")
    )


def sliced(step: Step, axis: int) -> tuple[int, int] | None:
    """Return start and step of a slice along an axis; None if it is no such slice."""
    if function_name(step.operation) != "getitem":
        return None
    positional, named = step.arguments
    key = named.get("key", positional[1] if len(positional) > 1 else None)
    keys = key if isinstance(key, tuple) else (key,)
    if any(k is None for k in keys):
        return None
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        missing = (slice(None),) * (5 - len(keys))
        keys = (*keys[:place], *missing, *keys[place + 1 :])
    part = keys[1 + axis] if len(keys) > 1 + axis else slice(None)
    if not isinstance(part, slice):
        return None
    start, hop = part.start or 0, part.step or 1
    return (start, hop) if start >= 0 and hop > 0 else None


def moves(step: Step) -> bool:
    """Say whether a step moves pixels in a way of its own though it keeps the size."""
    name = function_name(step.operation)
    if name in ("flip", "roll", "take"):
        return getattr(step.operation, "axis", None) not in (-1, 3)
    return name in ("rot90", "transpose", "permute", "getitem")


def at(value: int | Sequence[int], axis: int) -> int:
    """Return a setting for one axis; a single number stands for both."""
    return value if isinstance(value, int) else int(value[axis % len(value)])
