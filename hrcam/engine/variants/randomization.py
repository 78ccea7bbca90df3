"""Take away what a network has learned, from the top down, on copies of it.

Cascading randomization (Adebayo et al., NeurIPS 2018): the weights of the topmost stage
are drawn anew, then those of the next one too, and so on to the first. A map that shows
what the network learned must change. Every copy stands on its own, the network that was
given stays as it was, and stages that are not reached keep their weights bit for bit.

New weights come from each layer's own initializers, with seeds of a stream of its own,
so a layer gets the same ones at every step. Batch normalization gets what a fresh layer
has: scale 1, shift 0, moving mean 0, moving variance 1. ``Normalization`` is
preprocessing and keeps its statistics.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from hrcam.engine.variants.duplication import duplicate
from hrcam.engine.variants.stages import leaves, stages

__all__ = ["cascade", "randomized", "stages"]


def cascade(model: Any, seed: int = 0) -> Iterator[tuple[str, keras.Model]]:
    """Yield a copy of a network for each stage, randomized from the top down to it.

    Parameters
    ----------
    model
        A Keras model; it stays as it was.
    seed
        Of the new weights.

    Yields
    ------
    name, copy
        The stage that is randomized last, and the network with it and all stages above
        randomized.

    Raises
    ------
    ValueError
        If the model cannot be copied, or a layer cannot be made anew.
    """
    reached: list[int] = []
    for stage in reversed(stages(model)):
        reached += stage.leaves
        yield stage.name, randomized(model, reached, seed)


def randomized(model: keras.Model, places: Sequence[int], seed: int) -> keras.Model:
    """Return a copy of a network in which the layers at these places are fresh."""
    copy = duplicate(model)
    layers = leaves(copy)
    for place in places:
        stream = np.random.default_rng([seed, place])
        layers[place].set_weights(_fresh(layers[place], stream))
    return copy


def _fresh(layer: Any, stream: np.random.Generator) -> list[np.ndarray]:
    """Draw the weights of a layer as if it were new.

    Initializers without a ``seed`` in their configuration draw as they do.
    """
    try:
        new = type(layer).from_config(_seeded(layer.get_config(), stream))
        built = layer.get_build_config()
        if built is not None and not new.built:
            new.build_from_config(built)
        weights = new.get_weights()
    except Exception as error:  # Keras raises many kinds
        reason = str(error).strip().partition("\n")[0]
        msg = (
            f"layer {layer.name!r} must be made anew by its get_config and build, got: "
            f"{reason}"
        )
        raise ValueError(msg) from error
    if [w.shape for w in weights] != [w.shape for w in layer.get_weights()]:
        msg = f"layer {layer.name!r} must have its own shapes anew, got others"
        raise ValueError(msg)
    return weights


def _seeded(config: Any, stream: np.random.Generator) -> Any:
    """Give every initializer in a configuration a seed of the stream."""
    if isinstance(config, list | tuple):
        return type(config)(_seeded(part, stream) for part in config)
    if not isinstance(config, dict):
        return config
    found = {key: _seeded(part, stream) for key, part in config.items()}
    inner = found.get("config")
    if "class_name" in found and isinstance(inner, dict) and "seed" in inner:
        found["config"] = {**inner, "seed": int(stream.integers(2**31))}
    return found
