"""Read any Keras model as one flat list of steps.

A model is called once on a symbolic image, and models, blocks and custom layers inside
it are entered rather than called, so Functional, Sequential, nested and subclassed
models all become the same thing: operations in the order of their calls. The user's
model is left exactly as it was; its layers, and so its weights, are shared.
"""

import keras

from hrcam.engine.keras_models.entering import entering, operations, twin
from hrcam.engine.keras_models.fidelity import reason
from hrcam.engine.keras_models.flattening import flat
from hrcam.engine.keras_models.steps import (
    Graph,
    Rule,
    Step,
    Values,
    needed,
    quietly,
    run,
)

__all__ = ["Graph", "Rule", "Step", "Values", "needed", "run", "trace", "twin"]


def trace(model: keras.Model, shape: tuple[int, int, int]) -> Graph:
    """Read a model as a flat list of steps.

    Parameters
    ----------
    model
        Functional, Sequential, nested or subclassed; takes one image.
    shape
        Rows, columns and channels of the images.

    Raises
    ------
    ValueError
        If the model does not take one image of that shape, or cannot be followed.
    """
    _check(model, shape)
    with entering(model) as found:
        image = keras.Input(shape)
        try:
            output = quietly(lambda: found.enter(model, image))
        except Exception as error:  # whatever a user's `call` may raise
            msg = (
                f"model {model.name!r} must take images of shape {shape} and be made "
                f"of Keras layers and keras.ops, got: {reason(error)}; put other "
                "code into a layer of its own"
            )
            raise ValueError(msg) from error
        outputs = keras.tree.flatten(output)
        if len(outputs) != 1 or not isinstance(outputs[0], keras.KerasTensor):
            msg = (
                f"model {model.name!r} must have one output, got {len(outputs)}; wrap "
                "it in a model that returns the class scores alone"
            )
            raise ValueError(msg)
        known = {id(operation) for operation in operations(model)}
        return flat(image, outputs[0], found, known)


def _check(model: keras.Model, shape: tuple[int, int, int]) -> None:
    """Refuse what cannot be called, or cannot take such images."""
    if not model.built:
        msg = f"model {model.name!r} must be built, got no weights; call it on an image"
        raise ValueError(msg)
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) > 1:
        msg = (
            f"model {model.name!r} must take one image, got {len(inputs)} inputs; wrap "
            "it in a model that fixes the others"
        )
        raise ValueError(msg)
    if len(inputs) == 1 and len(inputs[0].shape) != 4:
        msg = (
            f"model {model.name!r} must take images (n, h, w, c), got inputs of shape "
            f"{tuple(inputs[0].shape)}; reshape inside the model"
        )
        raise ValueError(msg)
    if len(inputs) == 1 and inputs[0].shape[3] not in (None, shape[2]):
        msg = (
            f"images must have {inputs[0].shape[3]} channels for model {model.name!r}, "
            f"got {shape[2]}; repeat or average them"
        )
        raise ValueError(msg)
