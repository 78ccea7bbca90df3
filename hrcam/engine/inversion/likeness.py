"""How alike two images are to a layer, and how natural one of them is.

The terms that feature inversion adds up, see :mod:`hrcam.engine.inversion`.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras

from hrcam.engine.keras_models.recorder import Recorder
from hrcam.engine.keras_models.tracing import run

#: Exponent of the first prior; that of total variation is 2.
ALPHA = 6

#: What a squared relative feature error weighs against both priors.
C = 300.0

#: The normal change between neighbors, as a share of B.
CHANGE = 1 / 6.5


@dataclass(frozen=True)
class Aim:
    """What is to be reached, as tensors: feature maps, and the images' range.

    ``middle`` and ``reach`` are (n, 1, 1, 1); pixels are ``middle + reach * x`` with x
    in [-1, 1].
    """

    features: Any
    middle: Any
    reach: Any


def objective(recorder: Recorder, layer: str, x: Any, aim: Aim) -> tuple[Any, Any]:
    """Return the objective and the squared relative feature error, (n,) each.

    The error of a map that is to be 0 everywhere is NaN, and absolute in the objective.
    """
    ops = keras.ops
    found = look(recorder, layer, aim.middle + aim.reach * x)
    missed = ops.sum(ops.square(found - aim.features), axis=(1, 2, 3))
    norm = ops.sum(ops.square(aim.features), axis=(1, 2, 3))
    error = missed / ops.where(norm > 0, norm, 1.0)
    # The mean over all values, of which the last row and column have one neighbor less.
    values = math.prod(x.shape[1:])
    down, right = (
        ops.square(x[:, 1:] - x[:, :-1]),
        ops.square(x[:, :, 1:] - x[:, :, :-1]),
    )
    changes = ops.sum(down, axis=(1, 2, 3)) + ops.sum(right, axis=(1, 2, 3))
    prior = ops.mean(x**ALPHA, axis=(1, 2, 3)) + changes / (values * CHANGE**2)
    return error + prior / C, ops.where(norm > 0, error, float("nan"))


def look(recorder: Recorder, layer: str, pixels: Any) -> Any:
    """Return a layer's feature maps; nothing behind the layer is computed."""
    place = recorder.places[layer]
    values = run(recorder.graph, {recorder.graph.image: pixels}, (place,))
    return keras.ops.cast(values[place], "float32")
