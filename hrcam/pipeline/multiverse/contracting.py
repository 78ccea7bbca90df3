"""One pass: the channels of every layer contracted by all heads at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import flat
from hrcam.heads import Head
from hrcam.methods.grad_cam import draw

#: Images and classes that go through a network at a time.
BATCH = 8

#: What the network's own head on the last layer is called among the columns.
BASE = ("base", "last")


@dataclass(frozen=True, eq=False)
class Columns:
    """What a layer's channels are contracted by.

    Parameters
    ----------
    keys
        Head and set of layers of each column.
    table
        Weights, channels by columns by classes, float32.
    """

    keys: tuple[tuple[str, str], ...]
    table: Float[np.ndarray, "c s k"]


@dataclass(frozen=True, eq=False)
class Contracted:
    """Raw maps of a batch at the layers' own sizes.

    Parameters
    ----------
    columns
        By layer, a map for each of its columns, (n, h, w, s).
    grad_cam
        By layer, signed, (n, h, w).
    """

    columns: Mapping[str, Float[np.ndarray, "n _ _ _"]]
    grad_cam: Mapping[str, Float[np.ndarray, "n _ _"]]


#: From images, and coefficients on the logits, to raw maps.
Pass = Callable[[Any, Any], Contracted]


def stack(
    fitted: Mapping[tuple[str, str], Head], layers: Sequence[str]
) -> dict[str, Columns]:
    """Put the weights of all heads for each layer side by side."""
    found = {}
    for layer in layers:
        keys = tuple(key for key, head in fitted.items() if layer in head.weights)
        if keys:
            rows = [fitted[key].weights[layer] for key in keys]
            found[layer] = Columns(keys, np.stack(rows, axis=1).astype(np.float32))
    return found


def contract(
    ops: Ops, features: Array, table: Float[np.ndarray, "c s k"], target: Array
) -> Array:
    """Weight channels by every head's weights for each image's target, (n, h, w, s).

    ``target`` holds coefficients on the logits, (n, k). The weights of the target are
    made first, so the features are multiplied once.
    """
    weights = ops.einsum("csk,nk->ncs", table, target)
    maps = ops.matmul(flat(ops, features), weights)
    return ops.reshape(maps, (-1, *features.shape[1:-1], table.shape[1]))


def passing(
    probe: Any, columns: Mapping[str, Columns], gradients: Sequence[str]
) -> Pass:
    """Compile the pass that draws all raw maps of up to :data:`BATCH` images."""
    from hrcam.engine.images import as_batch
    from hrcam.engine.pooling import to_numpy, to_tensor

    call = probe.compile(_looking(probe, columns, tuple(gradients)))

    def draw_all(
        images: Shaped[np.ndarray, "n h w *c"], targets: Float[np.ndarray, "n k"]
    ) -> Contracted:
        pixels, count = as_batch(images), len(images)
        # A smaller batch is filled up and cut again: one shape, one compilation.
        full = np.pad(pixels, [(0, BATCH - count), (0, 0), (0, 0), (0, 0)])
        aims = np.pad(targets, [(0, BATCH - count), (0, 0)])
        found = call(to_tensor(probe, full), to_tensor(probe, aims))
        maps = [to_numpy(probe, part)[:count] for part in found]
        return Contracted(
            dict(zip(columns, maps, strict=False)),
            dict(zip(gradients, maps[len(columns) :], strict=True)),
        )

    return draw_all


def _looking(
    probe: Any, columns: Mapping[str, Columns], gradients: tuple[str, ...]
) -> Callable[[Any, Any], list[Any]]:
    """Return the function that is compiled: pixels and targets to all raw maps."""
    from hrcam.engine.probe import Wants

    names = tuple(dict.fromkeys((*columns, *gradients)))
    wants, ops = Wants(features=names, gradients=gradients), probe.ops

    def look(pixels: Any, target: Any) -> list[Any]:
        found = probe.look(pixels, target, wants)
        maps = [
            contract(ops, found.features[name], column.table, target)
            for name, column in columns.items()
        ]
        for name in gradients:
            features = found.features[name]
            size = tuple(features.shape[1:3])
            layer = Layer(name, size, features, found.gradients[name])
            maps.append(draw(ops, layer))
        return maps

    return look


def pairs(
    labels: Int[np.ndarray, " n"], predicted: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " p"], Int[np.ndarray, " p"], Int[np.ndarray, "n 2"]]:
    """List every image with each class that is explained of it, once.

    Returns
    -------
    rows, aims
        Image and class of each pair: all images with their true class, then those that
        are classified otherwise with the predicted one.
    place
        By image, the pair of the true and of the predicted class.
    """
    wrong = np.flatnonzero(labels != predicted)
    rows = np.concatenate([np.arange(len(labels)), wrong])
    aims = np.concatenate([labels, predicted[wrong]])
    place = np.stack([np.arange(len(labels))] * 2, axis=1)
    place[wrong, 1] = len(labels) + np.arange(len(wrong))
    return rows, aims, place
