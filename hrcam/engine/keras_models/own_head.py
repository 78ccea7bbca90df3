"""The linear head of a network itself, where it has one: the weights of CAM."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from jaxtyping import Float

from hrcam.engine.backend import once
from hrcam.engine.keras_models.readout import Readout, dense_before
from hrcam.engine.keras_models.steps import Graph, run
from hrcam.heads import Head

#: Relative tolerance of the check that logits are a linear form of pooled features.
LINEAR = 1e-3

#: Weights (channels, classes) and bias (classes,), read anew from the network.
Reader = Callable[[], tuple[np.ndarray, np.ndarray]]


def own_head(
    network: keras.Model, graph: Graph, end: Readout, place: tuple[str, int]
) -> Callable[[], Head] | None:
    """Find the head that makes a network's logits of the pooled features of a layer.

    Parameters
    ----------
    network, graph
        The model and its steps.
    end
        Where the logits are.
    place
        Name and tensor number of the last feature map.

    Returns
    -------
    head
        Reads the head from the network's weights as they are when it is called; None
        if the logits are no linear form of the spatial means.
    """
    name, tensor = place
    channels = graph.shapes[tensor][3] or 0
    shape = graph.shapes[graph.image][1:]
    noise = np.random.default_rng(0).uniform(0, 255, (2, *shape))

    def look(pixels: Any) -> Any:
        ends = (tensor, end.tensor)
        values = run(graph, {graph.image: pixels}, ends)
        return [_float(values[i]) for i in ends]

    pixels = keras.ops.convert_to_tensor(noise, dtype="float32")
    found = [keras.ops.convert_to_numpy(x) for x in once(look, network)(pixels)]
    features, logits = found[0].mean(axis=(1, 2)), found[1]
    for read in _readers(graph, end, channels):
        weights, bias = read()
        error = np.abs(features @ weights + bias - logits).max()
        if error <= LINEAR * (np.abs(logits).max() + np.abs(bias).max()):
            return lambda read=read: _head(name, read)  # type: ignore[misc]  # bound now
    return None


def _readers(graph: Graph, end: Readout, channels: int) -> list[Reader]:
    """Return the heads that a network may have: a matrix, or one channel per class."""
    readers: list[Reader] = []
    dense = dense_before(graph, end.tensor)
    if dense is not None and dense.kernel.shape[-2] == channels:
        readers.append(lambda: _matrix(dense))
    if channels == end.outputs:
        readers.append(lambda: (np.eye(channels), np.zeros(channels)))
    return readers


def _matrix(dense: Any) -> tuple[np.ndarray, np.ndarray]:
    kernel = _numpy(dense.kernel)
    kernel = kernel.reshape(-1, kernel.shape[-1])
    bias = np.zeros(kernel.shape[1]) if dense.bias is None else _numpy(dense.bias)
    return kernel, bias


def _head(name: str, read: Reader) -> Head:
    """Return the head; a single output counts as two classes, -z/2 and z/2."""
    weights, bias = read()
    if weights.shape[1] == 1:
        weights, bias = (np.concatenate([-x, x], axis=-1) / 2 for x in (weights, bias))
    return Head("base", {name: weights}, bias)


def _numpy(variable: Any) -> Float[np.ndarray, "..."]:
    return np.asarray(keras.ops.convert_to_numpy(variable), dtype=np.float64)


def _float(tensor: Any) -> Any:
    return keras.ops.cast(tensor, "float32")
