"""The networks that can be trained here, by name.

Every network takes raw gray or color values in [0, 255], scales them itself (so a
saved model contains its preprocessing) and ends in global average pooling, a dense
layer ``logits`` and a softmax ``probabilities``: the paper's base head.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
from keras import layers

#: Channels of the compact network's convolutions, stage by stage.
STAGES = ((16,), (24,), (32, 32), (48, 48), (64,))

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
        ``random``, ``imagenet`` (downloads once) or a local ``.weights.h5`` file.
    """

    shape: tuple[int, int, int]
    classes: int
    mean: float
    variance: float
    weights: str = "random"


def compact(x: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Stack five stages of 3 x 3 convolutions with 2 x 2 max-pooling between them."""
    if plan.weights != "random":
        msg = f"weights must be 'random' for the compact network, got {plan.weights!r}"
        raise ValueError(msg)
    for stage, widths in enumerate(STAGES, start=1):
        for step, width in enumerate(widths, start=1):
            last = step == len(widths)
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization(momentum=0.9)(x)
            x = layers.ReLU(name=f"stage{stage}" if last else None)(x)
        if stage < len(STAGES):
            x = layers.MaxPooling2D(2)(x)
    return x


def resnet50(x: keras.KerasTensor, plan: Plan) -> keras.KerasTensor:
    """Put ResNet-50 (He et al., CVPR 2016) on the scaled image."""
    local = plan.weights not in WEIGHTS
    if local and not Path(plan.weights).is_file():
        msg = (
            "weights must be 'random', 'imagenet' or an existing .weights.h5 file, "
            f"got {plan.weights!r}"
        )
        raise ValueError(msg)
    if x.shape[-1] == 1:
        x = layers.Concatenate(name="repeated")([x, x, x])
    elif x.shape[-1] != 3 and plan.weights != "random":
        msg = (
            f"images must have 1 or 3 channels for {plan.weights} weights, "
            f"got {x.shape[-1]}"
        )
        raise ValueError(msg)
    stock = None if plan.weights == "random" else plan.weights
    inner = keras.applications.ResNet50(
        include_top=False, weights=stock, input_tensor=x
    )
    return inner.output


@dataclass(frozen=True)
class Network:
    """A network: how it is built, and the smallest image side it takes."""

    name: str
    label: str
    features: Callable[[keras.KerasTensor, Plan], keras.KerasTensor]
    smallest: int


NETWORKS = {
    n.name: n
    for n in (
        Network("compact", "compact CNN", compact, smallest=32),
        Network("resnet50", "ResNet-50", resnet50, smallest=32),
    )
}


def find(name: str) -> Network:
    """Return the network of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in NETWORKS:
        msg = f"network must be one of {', '.join(NETWORKS)}, got {name!r}"
        raise ValueError(msg)
    return NETWORKS[name]


def read(path: Path) -> keras.Model:
    """Read a ``.keras`` file, in safe mode: no code of the file is run.

    Raises
    ------
    ValueError
        If it is no model or damaged.
    """
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # Keras raises many kinds for a damaged archive
        reason = str(error).strip().splitlines()[0] if str(error) else repr(error)
        msg = f"{path} must be a Keras model, got: {reason}"
        raise ValueError(msg) from error


def build(name: str, plan: Plan) -> keras.Model:
    """Build an untrained network with the base head.

    Raises
    ------
    ValueError
        If the name is unknown or the images are too small.
    OSError
        If ImageNet weights cannot be downloaded.
    """
    network = find(name)
    if min(plan.shape[:2]) < network.smallest:
        msg = (
            f"images must have sides of at least {network.smallest} for {name}, "
            f"got {plan.shape[0]} x {plan.shape[1]}"
        )
        raise ValueError(msg)
    image = keras.Input(plan.shape, name="image")
    scaled = layers.Rescaling(
        plan.variance**-0.5, -plan.mean * plan.variance**-0.5, name="scaled"
    )(image)
    pooled = layers.GlobalAveragePooling2D(name="pooled")(
        network.features(scaled, plan)
    )
    logits = layers.Dense(plan.classes, name="logits")(pooled)
    return keras.Model(image, layers.Softmax(name="probabilities")(logits), name=name)
