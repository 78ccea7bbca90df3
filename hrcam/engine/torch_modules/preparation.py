"""Look into any torch module.

Images and maps are channels-last NumPy arrays outside and channels-first tensors
inside, on the device and in the precision of the module. The module is left exactly as
it was, also after an exception: training flags, hooks, weights, ``requires_grad`` and
``.grad``.
"""

from collections.abc import Sequence

import numpy as np
import torch

from hrcam.engine.torch_modules.head import base_head, logits_of
from hrcam.engine.torch_modules.layers import named, tapped
from hrcam.engine.torch_modules.network import Network
from hrcam.engine.torch_modules.probe import ModuleProbe, describe, trial
from hrcam.engine.torch_modules.record import Record
from hrcam.engine.torch_modules.trace import trace


@torch.inference_mode(mode=False)  # type: ignore[untyped-decorator]  # as above
def prepare_module(
    module: torch.nn.Module,
    shape: tuple[int, int, int],
    layers: Sequence[str] | None = None,
) -> ModuleProbe:
    """Find what can be looked at in a torch module.

    Parameters
    ----------
    module
        Any classifier that takes (n, c, h, w) and returns logits, probabilities behind
        a final softmax or sigmoid, or one logit of two classes.
    shape
        Rows, columns and channels of the images.
    layers
        Dotted names of modules, or numbered names of functions such as ``relu_1``;
        None taps what enters each spatial down-sampling and the last feature map
        (see :mod:`hrcam.engine.torch_modules.layers`).

    Raises
    ------
    ValueError
        If the module does not take such images or return logits, or a layer is
        unknown or gives no feature maps.
    """
    if isinstance(module, torch.nn.DataParallel):
        module = module.module
    image = trial(module, shape)
    record = _recorded(module, image, shape)
    chosen = tapped(record) if layers is None else named(record, module, layers)
    logits, where = logits_of(record)
    single = int(np.prod(logits.shape[1:])) == 1
    network = Network(
        module,
        {name: at for name, (_, at) in chosen.items()},
        frozenset(name for name, (value, _) in chosen.items() if value.altered),
        where,
        single,
    )
    taps = tuple(describe(n, x, at, network, shape) for n, (x, at) in chosen.items())
    classes = 2 if single else int(np.prod(logits.shape[1:]))
    base = base_head(network, taps[-1].name, logits, image)
    return ModuleProbe(network, record, taps, shape, classes, base)


def _recorded(
    module: torch.nn.Module, image: torch.Tensor, shape: tuple[int, int, int]
) -> Record:
    """Record a run; say what the module wants if it refuses the images."""
    try:
        return trace(module, image)
    except (RuntimeError, IndexError) as error:
        rows, columns, channels = shape
        kernels = [x for x in module.modules() if isinstance(x, torch.nn.Conv2d)]
        wanted = kernels[0].in_channels if kernels else channels
        remedy = "give the size and channels that the module was made for"
        if wanted != channels:
            remedy = f"its first convolution takes {wanted} channels, repeat or choose"
        msg = (
            f"module must take images of {rows} x {columns} pixels and {channels} "
            f"channels, got {error}; {remedy}"
        )
        raise ValueError(msg) from error
