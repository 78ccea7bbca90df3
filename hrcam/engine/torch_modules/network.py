"""Run a torch module and meet its tensors on the way; the module stays as it was."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped

from hrcam.engine.torch_modules.layers import Place
from hrcam.engine.torch_modules.trace import as_logits, at_rest
from hrcam.engine.torch_modules.watch import Call, Observe, Watch, plain


@dataclass(frozen=True, eq=False)
class Network:
    """A torch module with the places where its tensors are met.

    Parameters
    ----------
    module
        The user's module.
    places
        By layer name.
    altered
        Layers whose tensor is worked on in place afterwards, so a copy is kept.
    logits
        Where the logits are met; None if they are what the module returns.
    single
        Whether there is one logit z, to be read as the two logits -z/2 and z/2.
    """

    module: torch.nn.Module
    places: Mapping[str, Place]
    altered: frozenset[str] = frozenset()
    logits: Place | None = None
    single: bool = False

    def image(self, pixels: Shaped[np.ndarray, "n h w c"]) -> torch.Tensor:
        """Return channels-last images as the module takes them, on its device."""
        first = np.ascontiguousarray(np.moveaxis(np.asarray(pixels), -1, 1))
        device, dtype = home(self.module)
        return torch.as_tensor(first).to(device=device, dtype=dtype)

    def run(
        self,
        image: torch.Tensor,
        names: Sequence[str] = (),
        *,
        call: Call = plain,
        observe: Observe | None = None,
        replaced: Mapping[str, torch.Tensor] | None = None,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Run a batch forward.

        Parameters
        ----------
        image
            (n, c, h, w).
        names
            Layers to meet.
        call, observe
            See :class:`hrcam.engine.torch_modules.watch.Watch`.
        replaced
            By layer, feature maps to go on with in place of the module's own.

        Returns
        -------
        logits, found
            (n, k), and by layer its feature maps (n, c, h', w').
        """
        meeting = _Meeting(self, dict(replaced or {}))
        wanted = {name: self.places[name] for name in (*names, *(replaced or {}))}
        if self.logits is not None:
            wanted[LOGITS] = self.logits
        keys = {where.key: name for name, where in wanted.items() if where.key}
        watched = bool(keys) or observe is not None or call is not plain
        with ExitStack() as stack:
            stack.enter_context(at_rest(self.module))
            for name, where in wanted.items():
                if where.module:
                    stack.callback(meeting.attend(name, where).remove)
            if watched:
                stack.enter_context(Watch(meeting.visitor(keys), observe, call))
            output = self.module(image)
        found = meeting.found
        logits = found.pop(LOGITS) if LOGITS in found else as_logits(output)
        return self._columns(logits), found

    def _columns(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the logits of every class, (n, k)."""
        table = logits.reshape(len(logits), -1)
        return torch.cat([-table / 2, table / 2], dim=1) if self.single else table


#: The name under which the logits are met.
LOGITS = "\0logits"


class _Meeting:
    """What is done where a wanted tensor appears."""

    def __init__(self, network: Network, replaced: dict[str, torch.Tensor]) -> None:
        self.found: dict[str, torch.Tensor] = {}
        self._network, self._replaced = network, replaced

    def attend(self, name: str, where: Place) -> Any:
        """Put a hook on a module; the handle removes it."""
        calls = iter(range(1 << 30))

        def hook(_: Any, __: Any, result: Any) -> Any:
            if next(calls) != where.call:
                return None
            return self.meet(name, result)

        part = self._network.module.get_submodule(where.module)
        return part.register_forward_hook(hook)

    def visitor(self, keys: Mapping[str, str]) -> Any:
        """Return the function to call with the result of every function of torch."""
        return lambda key, result: (
            self.meet(keys[key], result) if key in keys else result
        )

    def meet(self, name: str, result: torch.Tensor) -> torch.Tensor:
        """Keep a tensor; return the one to go on with."""
        result = self._replaced.get(name, result)
        self.found[name] = result
        return result.clone() if name in self._network.altered else result


def home(module: torch.nn.Module) -> tuple[torch.device, torch.dtype]:
    """Return where a module lives and its floating-point type."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            return tensor.device, tensor.dtype
    return torch.device("cpu"), torch.float32


def to_numpy(tensor: torch.Tensor) -> Float[np.ndarray, "..."]:
    """Return maps channels-last, (n, h, w, c), and other tensors as they are.

    Half precision becomes float32.
    """
    last = tensor.detach().movedim(1, -1) if tensor.dim() == 4 else tensor.detach()
    if last.dtype not in (torch.float32, torch.float64):
        last = last.float()
    return np.asarray(last.contiguous().cpu().numpy())
