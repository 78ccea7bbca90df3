"""Build networks with the paper's base head; read them from files."""

import re
from pathlib import Path

import keras
from keras import layers

from hrcam.engine.networks import (
    compact,
    compact_residual,
    compact_vgg,
    densenet121,
    efficientnet_b0,
    mobilenet_v2,
    resnet50,
    vgg19,
)
from hrcam.engine.networks.members import check_members
from hrcam.engine.networks.plan import Network, Plan

#: Every network that can be trained, by name.
NETWORKS = {
    m.NETWORK.name: m.NETWORK
    for m in (
        compact,
        compact_residual,
        compact_vgg,
        resnet50,
        vgg19,
        densenet121,
        efficientnet_b0,
        mobilenet_v2,
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
        If it is no model, damaged, or needs code that is not Keras' own.
    """
    check_members(path)
    try:
        return keras.saving.load_model(path, safe_mode=True)
    except Exception as error:  # Keras raises many kinds for a damaged archive
        msg = f"{path} must be a Keras model, got: {_reason(error)}"
        raise ValueError(msg) from error


def _reason(error: Exception) -> str:
    """Say in one line why a file cannot be read, and what to do about code in it."""
    text = str(error).strip()
    classes = re.findall(r"Could not locate (?:class|function) '([^']+)'", text)
    if not classes and "`Lambda` layer" not in text:
        return text.partition("\n")[0] or repr(error)
    what = f"code of its own, {classes[0]!r}" if classes else "code inside, in a Lambda"
    return f"{what}; if you trust it, load it in Python and explain the loaded model"


def build(name: str, plan: Plan) -> keras.Model:
    """Build an untrained network with the base head.

    Raises
    ------
    ValueError
        If the name is unknown, the images are too small, or the weights are not for
        this network.
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
    if not network.stock and plan.weights != "random":
        msg = f"weights must be 'random' for {name}, got {plan.weights!r}"
        raise ValueError(msg)
    image = keras.Input(plan.shape, name="image")
    last = network.features(image, plan)
    # The head is exact even where mixed precision makes the features coarse.
    pooled = layers.GlobalAveragePooling2D(name="pooled", dtype="float32")(last)
    logits = layers.Dense(plan.classes, name="logits", dtype="float32")(pooled)
    chances = layers.Softmax(name="probabilities", dtype="float32")(logits)
    return keras.Model(image, chances, name=name)
