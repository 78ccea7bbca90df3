"""Networks of ``keras.applications``: their preprocessing and where weights come from.

With random weights the image is scaled by the training images' mean and variance, as
for every network here. With weights trained on ImageNet it gets what those were trained
on: the preprocessing of ``keras.applications``, in layers of the saved model.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers

from hrcam.engine.networks.plan import WEIGHTS, Plan, scaled
from hrcam.engine.networks.weights import load

#: Mean and standard deviation of ImageNet's red, green and blue, of values in [0, 1].
MEANS = (0.485, 0.456, 0.406)
DEVIATIONS = (0.229, 0.224, 0.225)
#: Mean of red, green and blue that the weights converted from Caffe subtract.
CAFFE_MEANS = (123.68, 116.779, 103.939)


@dataclass(frozen=True)
class Preprocessing:
    """What values in [0, 255] go through before a network trained on ImageNet.

    Parameters
    ----------
    scale, offset
        Values are multiplied, then shifted; one number for each of red, green, blue.
    reversed
        Whether the channels are then put in the order blue, green, red.
    """

    scale: tuple[float, ...] = (1.0, 1.0, 1.0)
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)
    reversed: bool = False


CAFFE = Preprocessing(offset=tuple(-m for m in CAFFE_MEANS), reversed=True)
TORCH = Preprocessing(
    tuple(1 / (255 * s) for s in DEVIATIONS),
    tuple(-m / s for m, s in zip(MEANS, DEVIATIONS, strict=True)),
)
SIGNED = Preprocessing((1 / 127.5,) * 3, (-1.0,) * 3)
#: The network does it itself.
INSIDE = Preprocessing()


def backbone(
    image: keras.KerasTensor,
    plan: Plan,
    application: Callable[..., keras.Model],
    preprocessing: Preprocessing,
    divisor: float = 1.0,
) -> keras.KerasTensor:
    """Put a stock network without its head on an image of raw values.

    Parameters
    ----------
    application
        A function of ``keras.applications``.
    preprocessing
        What its ImageNet weights were trained on.
    divisor
        What the network itself divides values by first; undone for random weights.
    """
    if plan.weights == "random":
        x = _three(scaled(image, plan, divisor))
        return application(include_top=False, weights=None, input_tensor=x).output
    _check(plan)
    x = _prepared(_three(image), preprocessing)
    if plan.weights == "imagenet":
        return _downloaded(application, x).output
    inner = application(include_top=False, weights=None, input_tensor=x)
    load(inner, Path(plan.weights), application.__name__)
    _mend(inner)
    return inner.output


def _check(plan: Plan) -> None:
    """Refuse weights that are no file, and images that ImageNet's do not fit."""
    if plan.weights not in WEIGHTS and not Path(plan.weights).is_file():
        msg = (
            "weights must be 'random', 'imagenet' or an existing .keras, .weights.h5 "
            f"or .h5 file, got {plan.weights!r}"
        )
        raise ValueError(msg)
    if plan.shape[2] not in (1, 3):
        msg = (
            f"images must have 1 or 3 channels for {plan.weights} weights, "
            f"got {plan.shape[2]}"
        )
        raise ValueError(msg)


def _three(x: keras.KerasTensor) -> keras.KerasTensor:
    """Repeat a single channel three times."""
    if x.shape[-1] != 1:
        return x
    return layers.Concatenate(name="repeated")([x, x, x])


def _prepared(x: keras.KerasTensor, how: Preprocessing) -> keras.KerasTensor:
    """Scale, shift and reverse the channels as said."""
    if how != INSIDE:
        scale, offset = list(how.scale), list(how.offset)
        x = layers.Rescaling(scale, offset, name="prepared")(x)
    return keras.ops.flip(x, axis=-1) if how.reversed else x


def _downloaded(
    application: Callable[..., keras.Model], x: keras.KerasTensor
) -> keras.Model:
    """Build a network with the weights that Keras offers for download.

    Raises
    ------
    OSError
        If they cannot be had.
    """
    try:
        with warnings.catch_warnings():
            # MobileNetV2 says which image size its weights are from; any size fits
            warnings.filterwarnings("ignore", message="`input_shape` is undefined")
            return application(include_top=False, weights="imagenet", input_tensor=x)
    except Exception as error:  # Keras raises a bare Exception for a failed download
        if not isinstance(error, OSError) and "URL fetch" not in str(error):
            raise
        msg = (
            "ImageNet weights must be downloadable or at hand, got: "
            f"{str(error).strip().splitlines()[0]}; "
            "give a local .weights.h5, .keras or .h5 file as weights instead"
        )
        raise OSError(msg) from error


def _mend(model: keras.Model) -> None:
    """Turn deviations that a file gives for variances into variances.

    EfficientNet's ImageNet files hold the deviations of red, green and blue where the
    normalizing layer expects variances. Keras makes up for it by one more layer, but
    only for weights that it downloads itself.
    """
    for layer in model.layers:
        if isinstance(layer, layers.Normalization):
            mean, variance, *rest = layer.get_weights()
            if np.allclose(variance, DEVIATIONS, atol=1e-3):
                layer.set_weights([mean, variance**2, *rest])
            layer.finalize_state()
