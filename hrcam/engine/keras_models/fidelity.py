"""Check what a network is given, and that its steps are what it does."""

import re
from typing import Any

import keras
import numpy as np

from hrcam.engine.backend import once
from hrcam.engine.keras_models.steps import Graph, quietly, run

#: How far outputs may differ, relative to the largest.
TOLERANCE = 1e-3


def own_shape(network: keras.Model) -> tuple[int, int, int]:
    """Return the shape of the images that a model was built for.

    Raises
    ------
    ValueError
        If the model leaves it open.
    """
    inputs = getattr(network, "inputs", None) or []
    shape = tuple(inputs[0].shape[1:]) if inputs else ()
    if len(shape) != 3 or None in shape:
        msg = (
            f"shape must be given for model {network.name!r}, which takes images of "
            f"{shape or 'unknown shape'}; pass the images' rows, columns, channels"
        )
        raise ValueError(msg)
    return shape


def check_batch(
    pixels: Any, target: Any, shape: tuple[int, int, int], classes: int
) -> None:
    """Check the shapes of a batch.

    Raises
    ------
    ValueError
        If the images have another shape, or there are more or fewer targets.
    """
    if tuple(pixels.shape[1:]) != tuple(shape):
        msg = (
            f"pixels must have shape (n, {', '.join(map(str, shape))}), got "
            f"{tuple(pixels.shape)}; prepare the model for this shape"
        )
        raise ValueError(msg)
    if tuple(target.shape) != (pixels.shape[0], classes):
        msg = (
            "target must have a row per image and a column per class, "
            f"{(pixels.shape[0], classes)}, got {tuple(target.shape)}; give one target "
            "for each image"
        )
        raise ValueError(msg)


def check_faithful(network: keras.Model, graph: Graph) -> None:
    """Run model and steps on the same noise; they must give the same.

    Where a model is prepared for images of another size than it was built for, it
    cannot be called, and nothing is compared.

    Raises
    ------
    ValueError
        If the steps cannot be run or give something else.
    """
    shape = graph.shapes[graph.image][1:]
    built = [x.shape[1:] for x in getattr(network, "inputs", None) or []]
    if any(b not in (None, s) for x in built for b, s in zip(x, shape, strict=True)):
        return
    noise = np.random.default_rng(0).uniform(0, 255, (2, *shape))
    pixels = keras.ops.convert_to_tensor(noise, dtype="float32")

    def both(pixels: Any) -> list[Any]:
        made = quietly(lambda: network(pixels, training=False))
        expected = keras.tree.flatten(made)[0]
        found = run(graph, {graph.image: pixels}, (graph.output,))[graph.output]
        return [keras.ops.cast(x, "float32") for x in (expected, found)]

    try:
        one, two = map(keras.ops.convert_to_numpy, once(both, network)(pixels))
    except Exception as error:  # the back ends raise many kinds
        msg = (
            f"model {network.name!r} must do the same whatever the batch, got: "
            f"{reason(error)}; put code that asks for the batch's size into a layer of "
            "its own"
        )
        raise ValueError(msg) from error
    scale = np.abs(one).max(initial=0.0)
    if not np.allclose(one, two, rtol=0, atol=TOLERANCE * scale, equal_nan=True):
        msg = (
            f"model {network.name!r} must give the same output whenever it is called, "
            f"got a difference of {np.abs(one - two).max():.2g} between two calls; "
            "take out what changes from call to call"
        )
        raise ValueError(msg)


def reason(error: Exception) -> str:
    """Return the first line of an exception that says what is wrong."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("Exception encountered")]
    return told[0].rstrip(".") if told else type(error).__name__
