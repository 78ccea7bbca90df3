"""Measure where the units of a torch module's feature map look.

The network is run with positive weights and without rectifiers, so every pixel that a
unit sees raises it, and these pixels are counted. The module itself is not changed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from hrcam.capture import Geometry
from hrcam.engine.torch_modules.record import ARGUMENTS
from hrcam.engine.torch_modules.trace import graded
from hrcam.engine.torch_modules.watch import Call, rectifies

#: Activations that are not rectifiers.
SMOOTH = ("gelu", "silu", "elu", "leaky_relu", "hardswish", "mish", "softplus")


def measured(
    run: Callable[[torch.Tensor, Call], torch.Tensor], image: torch.Tensor
) -> Geometry | None:
    """Count the pixels that units in the middle of a map answer to.

    Parameters
    ----------
    run
        Runs the network on an image by the given calls and returns the map.
    image
        One image, (1, c, h, w); its values do not matter.

    Returns
    -------
    geometry
        None if the map has fewer than three units a side, a unit sees the border of
        the image, so that the middle of what it sees is unknown, or the middles do not
        move on evenly.
    """
    with graded(True):
        pixels = torch.ones_like(image).requires_grad_()
        units = run(pixels, positive)
    if min(units.shape[2:]) < 3 or not units.requires_grad:
        return None
    middle = units.shape[2] // 2, units.shape[3] // 2
    before, here, after = (
        _center(units, pixels, (middle[0] + step, middle[1] + step))
        for step in (-1, 0, 1)
    )
    if before is None or here is None or after is None:
        return None
    strides = [there - back for there, back in zip(here, before, strict=True)]
    if min(strides) <= 0 or strides != [
        x - y for x, y in zip(after, here, strict=True)
    ]:
        return None
    rows, columns = (
        (stride, there - stride * at)
        for stride, there, at in zip(strides, here, middle, strict=True)
    )
    return Geometry((rows[0], columns[0]), (rows[1], columns[1]))


def positive(
    name: str, func: Any, args: tuple[Any, ...], named: Mapping[str, Any]
) -> Any:
    """Call a function so that every pixel a unit sees raises it.

    Kernels become means, and so do maxima; normalizations and activations do nothing.
    """
    words = ARGUMENTS.get(name, ("input",))
    settings = {**dict(zip(words, args, strict=False)), **named}
    if name in ("conv2d", "conv_transpose2d", "linear"):
        weight = args[1] if len(args) > 1 else named["weight"]
        flat = torch.full_like(weight, 1 / max(1, weight[0].numel()))
        rest = {key: value for key, value in named.items() if key != "weight"}
        return func(args[0], flat, *args[2:], **rest)
    if name == "max_pool2d":
        keys = ("kernel_size", "stride", "padding")
        return torch.nn.functional.avg_pool2d(
            settings["input"],
            **{key: settings[key] for key in keys if settings.get(key) is not None},
        )
    if name in ("batch_norm", "instance_norm", "group_norm", "layer_norm", "dropout"):
        return settings["input"]
    if rectifies(name, args, named) or name in SMOOTH:
        return settings["input"]
    return func(*args, **named)


def _center(
    units: torch.Tensor, pixels: torch.Tensor, unit: tuple[int, int]
) -> tuple[float, float] | None:
    """Return the middle of the pixels that a unit answers to, rows and columns."""
    response = units[0, :, unit[0], unit[1]].sum()
    (slope,) = torch.autograd.grad(response, pixels, retain_graph=True)
    seen = slope[0].abs().sum(dim=0) > 0
    places = []
    for lines in (seen.any(dim=1), seen.any(dim=0)):
        found = torch.nonzero(lines).flatten().tolist()
        if not found or found[0] == 0 or found[-1] == len(lines) - 1:
            return None
        places.append((found[0] + found[-1]) / 2)
    return places[0], places[1]
