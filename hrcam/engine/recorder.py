"""Look into a network: feature maps, their gradients, pooled features, logits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from jaxtyping import Float

from hrcam.capture import Geometry
from hrcam.engine.graph import base_head, geometry, tapped
from hrcam.engine.training import Images, as_batch
from hrcam.heads import Head


@dataclass(frozen=True)
class Tap:
    """One tapped layer of a network: name, (rows, columns), channels, geometry."""

    name: str
    size: tuple[int, int]
    channels: int
    geometry: Geometry | None


@dataclass(frozen=True)
class Recorder:
    """A network prepared for looking into; the network itself stays as it was.

    Parameters
    ----------
    taps
        The tapped layers, shallow to deep.
    probe
        Images to a list: the feature map of each tap, then the logits.
    base
        The network's own head on the last tap.
    """

    taps: tuple[Tap, ...]
    probe: keras.Model
    base: Head

    def tap(self, name: str) -> Tap:
        """Return the tap of that name."""
        return next(tap for tap in self.taps if tap.name == name)


def prepare(model: keras.Model) -> Recorder:
    """Find what can be recorded in a model.

    Raises
    ------
    ValueError
        If the model has no feature maps or no base head
        (see :mod:`hrcam.engine.graph`).
    """
    tensors = tapped(model)
    logits, dense = base_head(model)
    taps = tuple(
        Tap(name, tensor.shape[1:3], tensor.shape[3], geometry(tensor))
        for name, tensor in tensors.items()
    )
    kernel, bias = (np.asarray(w, dtype=np.float64) for w in dense.get_weights())
    base = Head("base", {taps[-1].name: kernel}, bias)
    probe = keras.Model(model.inputs[0], [*tensors.values(), logits])
    return Recorder(taps, probe, base)


def pool(
    recorder: Recorder,
    images: Images,
    batch: int = 64,
) -> Float[np.ndarray, "n d"]:
    """Return the spatial means of all tapped feature maps, side by side, in one pass.

    This is all that the heads need of the frozen network.
    """
    *features, _ = recorder.probe.outputs
    means = [keras.ops.mean(x, axis=(1, 2)) for x in features]
    pooler = keras.Model(recorder.probe.inputs[0], keras.ops.concatenate(means, axis=1))
    call = compiled(lambda x: pooler(x, training=False))
    rows = []
    for start in range(0, len(images), batch):
        pixels = as_batch(images[start : start + batch])
        count = len(pixels)
        # One shape, one trace: the last batch is filled up and cut again.
        full = np.pad(pixels, [(0, batch - count), (0, 0), (0, 0), (0, 0)])
        rows.append(keras.ops.convert_to_numpy(call(full))[:count])
    return np.concatenate(rows).astype(np.float64)


def features_and_gradients(
    recorder: Recorder, pixels: Any, target: Any, wanted: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run a batch forward and the target logit backward to the wanted layers.

    Parameters
    ----------
    recorder
        The prepared network.
    pixels
        Images as float32 tensor, (n, h, w, c).
    target
        Coefficients of each image's target on the logits, (n, classes).
    wanted
        Names of the layers whose gradients are needed.

    Returns
    -------
    features, gradients
        By layer name, (n, h, w, c).
    """
    import tensorflow as tf

    wanted = tuple(wanted)
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        *maps, logits = recorder.probe(pixels, training=False)
        aim = keras.ops.sum(logits * target)
    features = {tap.name: x for tap, x in zip(recorder.taps, maps, strict=True)}
    if not wanted:
        return features, {}
    slopes = tape.gradient(aim, [features[name] for name in wanted])
    return features, dict(zip(wanted, slopes, strict=True))


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of tensors on the back end.

    Raises
    ------
    RuntimeError
        If Keras runs on another back end than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        msg = (
            "the engine needs Keras on TensorFlow, got the back end "
            f"{keras.backend.backend()!r}; set KERAS_BACKEND=tensorflow"
        )
        raise RuntimeError(msg)
    import tensorflow as tf

    return tf.function(function, autograph=False, reduce_retracing=True)
