"""Prepare any network for looking into, whatever library it is made with."""

import sys
from collections.abc import Sequence
from typing import Any

import keras

from hrcam.engine.keras_models.recorder import prepare as prepare_keras
from hrcam.engine.probe import Probe


def prepare(
    network: Any,
    shape: tuple[int, int, int] | None = None,
    layers: Sequence[str] | None = None,
) -> Probe:
    """Return the probe of a Keras model or of a PyTorch module.

    Parameters
    ----------
    network
        A ``keras.Model`` or a ``torch.nn.Module`` that takes images and gives logits,
        probabilities, or one sigmoid output.
    shape
        Rows, columns and channels of the images.
    layers
        Names of the layers to tap; by default found from the network.

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If it is no classifier of such images.
    """
    if isinstance(network, keras.Model):
        return prepare_keras(network, shape, layers)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(network, torch.nn.Module):
        from hrcam.engine.torch_modules.preparation import prepare_module

        return prepare_module(network, shape, layers)
    msg = f"model must be a Keras model or a torch.nn.Module, got {type(network)!r}"
    raise TypeError(msg)
