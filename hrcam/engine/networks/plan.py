"""What a network is built for, and what it is called."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

#: What ``weights`` may say besides the path of a local file.
WEIGHTS = ("random", "imagenet")


@dataclass(frozen=True)
class Plan:
    """What a network is built for.

    Parameters
    ----------
    shape
        Rows, columns and channels of the images.
    classes
        How many there are.
    mean, variance
        Of the training images' values, for the scaling inside the model.
    weights
        ``random``, ``imagenet`` (downloads once) or a local ``.keras``, ``.weights.h5``
        or ``.h5`` file.
    """

    shape: tuple[int, int, int]
    classes: int
    mean: float
    variance: float
    weights: str = "random"


@dataclass(frozen=True)
class Network:
    """A network: its name, how its last feature map is made from raw values, its sides.

    Parameters
    ----------
    features
        Makes the last feature map from the image, raw values in [0, 255].
    smallest
        The smallest side of an image that it takes, in pixels.
    stock
        Whether it is one of ``keras.applications`` and takes weights.
    """

    name: str
    label: str
    features: Callable[[keras.KerasTensor, Plan], keras.KerasTensor]
    smallest: int
    stock: bool = False


def scaled(
    image: keras.KerasTensor, plan: Plan, divisor: float = 1.0
) -> keras.KerasTensor:
    """Subtract the training images' mean and divide by their standard deviation.

    The result is ``divisor`` times as large, for a network that divides by it first.
    """
    scale = divisor * plan.variance**-0.5
    return layers.Rescaling(scale, -plan.mean * scale, name="scaled")(image)


def convolved(
    x: keras.KerasTensor, width: int, name: str | None = None
) -> keras.KerasTensor:
    """Convolve 3 x 3, normalize over the batch, cut at zero."""
    x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU(name=name)(x)
