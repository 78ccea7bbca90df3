"""FullGrad's parts: each additive bias times the slope of what it is added to."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch

#: Where the bias stands among the arguments, by function.
_BIAS = {
    "conv2d": 2,
    "conv_transpose2d": 2,
    "linear": 2,
    "group_norm": 3,
}


class Biases:
    """Watches a run and collects its biases, in the order they are added.

    A bias is the value at zero of an affine function of what depends on the image:
    that of a convolution or dense layer, of a batch normalization at rest (``beta -
    mean * gamma / sd``), or a constant that is added or taken away. With the slope by
    the pixels they give the target logit back where the network is piecewise linear:
    ``logit = sum(slope * pixels) + sum(biases)``. Source: Srinivas & Fleuret, NeurIPS
    2019, equation 3 and section 3.1.

    Parameters
    ----------
    image
        The tensor that the module is given.
    """

    def __init__(self, image: torch.Tensor) -> None:
        self._live = {id(image): image}
        self._offsets: list[torch.Tensor] = []
        self._slopes: dict[int, torch.Tensor] = {}

    def observe(
        self, name: str, func: Any, args: Any, named: Mapping[str, Any], result: Any
    ) -> None:
        """Note the bias of a function, and see to it that its slope is kept."""
        if not any(self._depends(x) for x in _tensors((*args, *named.values()))):
            return
        for part in _tensors((result,)):
            self._live[id(part)] = part
        if not isinstance(result, torch.Tensor) or not result.requires_grad:
            return
        offset = self._offset(name, func, args, named)
        if offset is not None:
            place = len(self._offsets)
            self._offsets.append(offset.detach())
            # A hook sees the slope of this very value, whatever later happens in place.
            result.register_hook(lambda slope: self._slopes.__setitem__(place, slope))

    def parts(self) -> tuple[torch.Tensor, ...]:
        """Return bias times slope, (n, c', h', w') or (n, c'), after the backward."""
        products = (
            offset * self._slopes[place]
            for place, offset in enumerate(self._offsets)
            if place in self._slopes
        )
        return tuple(
            x if x.dim() in (2, 4) else x.flatten(1, -2).sum(dim=1) for x in products
        )

    def _offset(
        self, name: str, func: Any, args: Any, named: Mapping[str, Any]
    ) -> torch.Tensor | None:
        if name in _BIAS:
            at = _BIAS[name]
            bias = args[at] if len(args) > at else named.get("bias")
            if bias is None or name == "linear":
                return bias
            return bias.reshape(1, -1, *[1] * (args[0].dim() - 2))
        if name == "batch_norm":
            source = args[0]
            if args[1] is None or (args[5] if len(args) > 5 else named["training"]):
                bias = args[4] if len(args) > 4 else named.get("bias")
                return None if bias is None else bias.reshape(1, -1, 1, 1)
            zeros = source.new_zeros(1, source.shape[1], *[1] * (source.dim() - 2))
            with torch.no_grad():
                return func(zeros, *args[1:], **named)
        if name in ("add", "iadd", "radd", "sub", "isub", "rsub"):
            return self._constant(name, args, named)
        return None

    def _constant(
        self, name: str, args: Any, named: Mapping[str, Any]
    ) -> torch.Tensor | None:
        """Return the constant of a sum or difference, with its sign."""
        left, right = (*args, named.get("other"))[:2]
        factor = named.get("alpha", 1)
        here, there = self._depends(left), self._depends(right)
        if here == there:
            return None
        live = left if here else right
        constant = torch.as_tensor(right if here else left).to(live)
        minus = name in ("sub", "isub")
        if name == "rsub":  # the second minus the first
            return constant if here else -factor * constant
        if here:
            return -factor * constant if minus else factor * constant
        return constant

    def _depends(self, item: Any) -> bool:
        return isinstance(item, torch.Tensor) and id(item) in self._live


def _tensors(items: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors among arguments or results, inside lists too."""
    for item in items:
        if isinstance(item, torch.Tensor):
            yield item
        elif isinstance(item, tuple | list):
            yield from _tensors(item)
