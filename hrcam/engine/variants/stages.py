"""Cut a network into the stages that are randomized one after the other."""

import math
from dataclasses import dataclass
from typing import Any

import keras

#: Layers with weights that nothing learned.
PREPROCESSING = (keras.layers.Normalization,)
#: Layers that no stage is named after: they prepare the next one.
PADDING = (keras.layers.ZeroPadding2D,)


@dataclass(frozen=True)
class Stage:
    """Layers between two changes of the feature maps' size.

    Parameters
    ----------
    name
        Of its last layer.
    leaves
        Places of its layers that have weights, in the network's list of layers.
    """

    name: str
    leaves: tuple[int, ...]


def stages(model: Any) -> tuple[Stage, ...]:
    """Cut a network into stages, first to last.

    A stage ends where the feature maps get smaller, and before the layers behind the
    last feature map. Where the sizes are unknown, as in subclassed models, each layer
    with weights is a stage, in the order in which the model lists them.

    Raises
    ------
    ValueError
        If it is no Keras model.
    """
    if not isinstance(model, keras.Model):
        msg = f"model must be a Keras model to be randomized, got {type(model)!r}"
        raise ValueError(msg)
    layers = leaves(model)
    sizes = [_pixels(layer) for layer in layers]
    spatial = [k for k, size in enumerate(sizes) if size > 1]
    learned = [k for k, layer in enumerate(layers) if _learned(layer)]
    if not spatial:
        return tuple(Stage(layers[k].name, (k,)) for k in learned)
    found: dict[int, list[int]] = {}
    smallest = sizes[spatial[0]]
    for k in range(len(layers)):
        if sizes[k] > 1:
            smallest = min(smallest, sizes[k])
        found.setdefault(smallest if k <= spatial[-1] else 0, []).append(k)
    cut = []
    for size, members in found.items():
        own = tuple(k for k in members if k in set(learned))
        shown = [k for k in members if not isinstance(layers[k], PADDING)]
        if own:
            cut.append(Stage(layers[shown[-1] if size else own[-1]].name, own))
    return tuple(cut)


def leaves(model: Any) -> list[Any]:
    """List the layers that hold no others, or weights beside them, each once."""
    found: dict[int, Any] = {}
    for layer in parts(model):
        inner = parts(layer)
        held = {id(w) for part in inner for w in part.weights}
        bare = inner and all(id(w) in held for w in layer.weights)
        for leaf in leaves(layer) if bare else [layer]:
            found.setdefault(id(leaf), leaf)
    return list(found.values())


def parts(layer: Any) -> list[Any]:
    """List the layers directly inside a layer, in its order."""
    return list(layer._flatten_layers(include_self=False, recursive=False))


def _learned(layer: Any) -> bool:
    return bool(layer.weights) and not isinstance(layer, PREPROCESSING)


def _pixels(layer: Any) -> int:
    """Return rows times columns of a layer's feature maps, 0 where there are none."""
    try:
        output = layer.output
    except (AttributeError, ValueError):  # never called on a graph, or called twice
        return 0
    shape: tuple[Any, ...] = getattr(output, "shape", ())
    sides = tuple(shape[1:3])
    return math.prod(sides) if len(shape) == 4 and all(sides) else 0
