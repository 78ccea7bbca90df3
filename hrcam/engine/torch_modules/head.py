"""Find a torch module's logits, and its own linear head on the pooled last map."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float

from hrcam.engine.torch_modules.layers import Place, place
from hrcam.engine.torch_modules.network import Network
from hrcam.engine.torch_modules.record import Record, Value
from hrcam.engine.torch_modules.trace import graded
from hrcam.heads import Head

#: Functions that turn logits into probabilities.
SQUASHING = ("softmax", "log_softmax", "sigmoid", "logsigmoid")
#: Functions that only arrange numbers.
ARRANGING = ("squeeze", "unsqueeze", "view", "reshape", "flatten", "dropout", "getitem")


def logits_of(record: Record) -> tuple[Value, Place | None]:
    """Find the logits: what a final softmax or sigmoid is given, else the output.

    Raises
    ------
    ValueError
        If the output is no table of classes.
    """
    value, where = record.output, None
    behind = value
    while behind.function in ARRANGING and behind.inputs:
        behind = behind.inputs[0]
    if behind.function in SQUASHING:
        value = behind.inputs[0]
        named = place(value, record)
        if named is None:
            msg = (
                f"module must give its logits a name, got a {behind.function} of one "
                "tensor out of several; return the logits themselves"
            )
            raise ValueError(msg)
        where = named[1]
    count = int(np.prod(value.shape[1:]))
    if max(value.shape[1:], default=1) != count:
        msg = (
            "module must return logits (n, classes), got shape "
            f"{('n', *value.shape[1:])}; wrap it in a module that pools them"
        )
        raise ValueError(msg)
    return value, where


def base_head(
    network: Network, layer: str, logits: Value, image: torch.Tensor
) -> Head | None:
    """Return the network's linear head on the pooled feature maps of a layer.

    Candidates are the last dense layer (or 1 x 1 convolution) before the logits, and
    the identity, for networks that pool maps of the classes. Each is checked: the
    spatial means of the layer's maps times its weights plus its bias must be the
    logits.

    Returns
    -------
    head
        None if no candidate gives the logits.
    """
    with graded(False):
        table, found = network.run(image, (layer,))
    means = found[layer].double().mean(dim=(2, 3)).cpu().numpy()
    wanted = table.double().cpu().numpy()
    scale = np.abs(wanted).max(initial=0.0)
    near = 1e-4 if table.dtype in (torch.float32, torch.float64) else 2e-2
    for filters, offsets in _candidates(logits, means.shape[1]):
        weights, bias = filters, offsets
        if network.single and filters.shape[1] == 1:
            weights = np.concatenate([-filters, filters], axis=1) / 2
            bias = np.concatenate([-offsets, offsets]) / 2
        if len(weights) != means.shape[1] or weights.shape[1] != wanted.shape[1]:
            continue
        if np.abs(means @ weights + bias - wanted).max() <= near * scale:
            return Head("base", {layer: weights}, bias)
    return None


def _candidates(
    logits: Value, channels: int
) -> Iterator[tuple[Float[np.ndarray, "c k"], Float[np.ndarray, " k"]]]:
    """Yield weights (channels, classes) and biases."""
    while logits.function in ARRANGING and logits.inputs:
        logits = logits.inputs[0]
    if logits.function in ("linear", "conv2d"):
        weight = logits.settings["weight"].detach().double().cpu().numpy()
        bias = logits.settings.get("bias")
        offset = np.zeros(len(weight))
        if bias is not None:
            offset = bias.detach().double().cpu().numpy()
        if weight.size == weight.shape[0] * weight.shape[1]:
            yield weight.reshape(weight.shape[:2]).T, offset
    yield np.eye(channels), np.zeros(channels)
