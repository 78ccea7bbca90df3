"""Batch normalization for training on a CPU, in fewer passes over memory.

Keras composes it, and TensorFlow its derivative, of a dozen operations that each read
and write whole feature maps. TensorFlow's own kernels do the same in four passes; they
are fast where the number of channels is a multiple of 16, so neighboring pixels are
folded into channels until it is.
"""

import math
from typing import Any

import keras

#: Numbers that a vector register of today's processors holds.
VECTOR = 16


def quickened(model: keras.Model) -> keras.Model:
    """Return a network of the same layers and variables that trains faster.

    Its results are the network's, but for rounding. Off TensorFlow, or on a GPU, it is
    the network itself.
    """
    if not _helps():
        return model
    return keras.models.clone_model(
        model,
        clone_function=lambda layer: layer,
        call_function=_call,
    )


class Normalization(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Trains a batch normalization, whose variables it shares."""

    layer: keras.layers.BatchNormalization

    @classmethod
    def of(cls, layer: keras.layers.BatchNormalization) -> "Normalization":
        """Make one for a layer; Keras does not take an ``__init__`` under jaxtyping."""
        made = cls(name=f"{layer.name}_quick")
        made.layer = layer
        return made

    def call(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize by the batch and update the moving averages; or by those."""
        layer = self.layer
        if not training or not layer.trainable or mask is not None:
            return layer(x, training=training, mask=mask)
        y, mean, variance = normalize(x, layer.gamma, layer.beta, layer.epsilon)
        for moving, now in (
            (layer.moving_mean, mean),
            (layer.moving_variance, variance),
        ):
            moving.assign(moving * layer.momentum + now * (1 - layer.momentum))
        return y


def normalize(x: Any, gamma: Any, beta: Any, epsilon: float) -> tuple[Any, Any, Any]:
    """Normalize feature maps by their batch (Ioffe & Szegedy, ICML 2015).

    Parameters
    ----------
    x
        TensorFlow tensor of float32, (n, h, w, c); h, w and c are known.
    gamma, beta
        New standard deviation and mean of each channel.
    epsilon
        Added to the variance.

    Returns
    -------
    y, mean, variance
        The first like ``x``, the others of length c; the variance is divided by n h w.
        The derivative counts what mean and variance depend on.
    """
    import tensorflow as tf

    nothing = tf.zeros(0)

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # as TensorFlow is
    def run(x: Any, gamma: Any, beta: Any) -> Any:
        channels, fold = x.shape[-1], _fold(x.shape)
        folded = tf.reshape(x, (tf.shape(x)[0], -1, 1, channels * fold))
        mean, variance = _moments(folded, fold)
        y = tf.raw_ops.FusedBatchNormV3(
            x=folded,
            scale=tf.tile(gamma, [fold]),
            offset=tf.tile(beta, [fold]),
            mean=tf.tile(mean, [fold]),
            variance=tf.tile(variance, [fold]),
            epsilon=epsilon,
            is_training=False,
        ).y

        def back(slopes: Any, *_: Any) -> Any:
            found = tf.raw_ops.FusedBatchNormGradV3(
                y_backprop=slopes,
                x=x,
                scale=gamma,
                reserve_space_1=mean,
                reserve_space_2=variance,
                reserve_space_3=nothing,
                epsilon=epsilon,
                is_training=True,
            )
            return found.x_backprop, found.scale_backprop, found.offset_backprop

        return (tf.reshape(y, tf.shape(x)), mean, variance), back

    tensors = (keras.ops.convert_to_tensor(given) for given in (x, gamma, beta))
    return tuple(run(*tensors))


def _moments(folded: Any, fold: int) -> tuple[Any, Any]:
    """Return mean and variance of each channel, of maps with ``fold`` pixels in one."""
    import tensorflow as tf

    width = folded.shape[-1]
    found = tf.raw_ops.FusedBatchNormV3(
        x=folded,
        scale=tf.ones(width),
        offset=tf.zeros(width),
        mean=tf.zeros(0),
        variance=tf.zeros(0),
        is_training=True,
    )
    count = tf.cast(tf.size(folded) // width, tf.float32)
    means = tf.reshape(found.batch_mean, (fold, -1))
    variances = tf.reshape(found.batch_variance, (fold, -1)) * (count - 1) / count
    mean = tf.reduce_mean(means, axis=0)
    return mean, tf.reduce_mean(variances + (means - mean) ** 2, axis=0)


def _fold(shape: Any) -> int:
    """Return how many pixels are put into one; 1 where they do not divide a map."""
    _, height, width, channels = shape
    fold = VECTOR // math.gcd(VECTOR, channels)
    return 1 if height * width % fold else fold


def _call(layer: keras.layers.Layer, *given: Any, **named: Any) -> Any:
    """Call a layer, or what trains it faster."""
    quick = isinstance(layer, keras.layers.BatchNormalization) and _fits(layer, *given)
    return (Normalization.of(layer) if quick else layer)(*given, **named)


def _fits(layer: keras.layers.BatchNormalization, x: Any, *_: Any) -> bool:
    """Say whether a layer normalizes maps by channel, in single precision."""
    return (
        len(x.shape) == 4
        and None not in x.shape[1:]
        and layer.axis in (-1, 3)
        and layer.compute_dtype == "float32"
        and layer.center
        and layer.scale
        and not layer.renorm
        and not layer.synchronized
    )


def _helps() -> bool:
    """Say whether layers run in TensorFlow on a CPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not tf.config.list_logical_devices("GPU")
