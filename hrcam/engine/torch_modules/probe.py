"""The probe of :mod:`hrcam.engine.probe` for a torch module."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from hrcam.capture import Calls, Ops
from hrcam.engine.probe import Look, Tap, Wants
from hrcam.engine.torch_modules.biases import Biases
from hrcam.engine.torch_modules.calls import ModuleCalls, aims, differentiate
from hrcam.engine.torch_modules.geometry import geometry
from hrcam.engine.torch_modules.layers import Place, find
from hrcam.engine.torch_modules.measure import measured
from hrcam.engine.torch_modules.network import Network, home, to_numpy
from hrcam.engine.torch_modules.record import Record, Value
from hrcam.engine.torch_modules.trace import graded
from hrcam.engine.torch_modules.watch import RULES
from hrcam.heads import Head

#: The name of the pixels among what is differentiated by.
PIXELS = "\0pixels"


@dataclass(frozen=True, eq=False)
class ModuleProbe:
    """A torch module prepared for looking into; see :class:`hrcam.engine.probe.Probe`.

    Parameters
    ----------
    network
        The module with the places where its tensors are met.
    record
        What one run of it computed.
    taps, shape, classes, base
        As a probe has them.
    """

    network: Network
    record: Record
    taps: tuple[Tap, ...]
    shape: tuple[int, int, int]
    classes: int
    base: Head | None
    ops: Ops = np

    @property
    def module(self) -> torch.nn.Module:
        """The user's module."""
        return self.network.module

    @property
    def single(self) -> bool:
        """Whether the network has one logit."""
        return self.network.single

    def tap(self, name: str) -> Tap:
        """Describe a feature map of the network, tapped or not.

        Raises
        ------
        ValueError
            If there is no such layer, or it gives no feature maps.
        """
        value, where = find(self.record, self.module, name)
        return describe(name, value, where, self.network, self.shape)

    def look(self, pixels: Any, target: Any, wants: Wants) -> Look:
        """Run a batch forward, and the target logit backward as far as wanted.

        Features and gradients of all layers, the plain slope and the biases take one
        forward and one backward; each other rule of the slopes takes one more of both.

        Parameters
        ----------
        pixels
            (n, h, w, c).
        target
            Each image's coefficients on the logits, (n, k).
        wants
            What to find.

        Raises
        ------
        ValueError
            If a layer does not reach the logits by differentiable functions.
        """
        names = tuple(dict.fromkeys((*wants.features, *wants.gradients)))
        pixelwise = wants.biases or "plain" in wants.slopes
        backward = pixelwise or bool(wants.gradients)
        with graded(backward):
            image = self.network.image(pixels).requires_grad_(backward)
            given = image.clone()
            biases = Biases(given) if wants.biases else None
            observe = biases.observe if biases else None
            logits, found = self.network.run(given, names, observe=observe)
            tensors = {name: found[name] for name in wants.gradients}
            if pixelwise:
                tensors[PIXELS] = image
            slopes = differentiate(aims(logits, target).sum(), tensors)
        rules = {}
        for rule in wants.slopes:
            plain = rule == "plain"
            rules[rule] = slopes[PIXELS] if plain else self._slope(image, target, rule)
        return Look(
            logits=to_numpy(logits),
            features={name: to_numpy(found[name]) for name in wants.features},
            gradients={name: to_numpy(slopes[name]) for name in wants.gradients},
            slopes={rule: to_numpy(slope) for rule, slope in rules.items()},
            biases=tuple(map(to_numpy, biases.parts())) if biases else (),
        )

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function itself: what a look finds is computed on in NumPy."""
        return function

    def calls(self, pixels: Any, target: Any, limit: int | None) -> Calls:
        """Return the network to be asked again about a batch."""
        return ModuleCalls(self.network, np.asarray(pixels), np.asarray(target), limit)

    def _slope(self, image: torch.Tensor, target: Any, rule: str) -> torch.Tensor:
        """Run a batch forward and back to the pixels by another rule."""
        with graded(True):
            leaf = image.detach().requires_grad_()
            logits, _ = self.network.run(leaf.clone(), call=RULES[rule])
            aim = aims(logits, target).sum()
            return differentiate(aim, {PIXELS: leaf})[PIXELS]


def describe(
    name: str,
    value: Value,
    where: Place,
    network: Network,
    shape: tuple[int, int, int],
) -> Tap:
    """Describe a feature map that was met in a run."""
    alone = Network(network.module, {name: where})

    def run(image: torch.Tensor, call: Any) -> torch.Tensor:
        return alone.run(image, (name,), call=call)[1][name]

    measure = partial(measured, run, trial(network.module, shape)[:1])
    size = int(value.shape[2]), int(value.shape[3])
    return Tap(name, size, int(value.shape[1]), geometry(value, measure))


def trial(module: torch.nn.Module, shape: tuple[int, int, int]) -> torch.Tensor:
    """Return two images of noise, one in [0, 1) and one in [0, 255)."""
    rows, columns, channels = shape
    noise = np.random.default_rng(0).random((2, channels, rows, columns))
    noise[1] *= 255
    device, dtype = home(module)
    return torch.as_tensor(noise).to(device=device, dtype=dtype)
