"""Record how a torch module computes its output, from one run of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch

from hrcam.engine.torch_modules.record import (
    ARGUMENTS,
    LEARNED,
    Record,
    Value,
    axes_after,
)
from hrcam.engine.torch_modules.watch import Watch


@contextmanager
def at_rest(module: torch.nn.Module) -> Iterator[None]:
    """Put a module in evaluation mode; afterwards every part is as it was."""
    flags = [(part, part.training) for part in module.modules()]
    try:
        for part, _ in flags:
            part.training = False
        yield
    finally:
        for part, flag in flags:
            part.training = flag


@contextmanager
def graded(enabled: bool) -> Iterator[None]:
    """Build a graph for gradients or none, whatever mode the user is in."""
    # Leaving inference mode turns gradients on, so this order.
    with torch.inference_mode(mode=False), torch.set_grad_enabled(enabled):
        yield


def trace(module: torch.nn.Module, image: torch.Tensor) -> Record:
    """Run a module once and record what it computes.

    Parameters
    ----------
    module
        Left exactly as it was, also after an exception.
    image
        A batch, (n, c, h, w).

    Raises
    ------
    ValueError
        If a convolution needs other channels than it gets, or the output is no tensor.
    """
    recorder = _Recorder(image)
    with ExitStack() as stack:
        stack.enter_context(at_rest(module))
        stack.enter_context(graded(False))
        for name, part in module.named_modules():
            if name:
                hook = part.register_forward_hook(partial(recorder.returned, name))
                stack.callback(hook.remove)
        stack.enter_context(Watch(recorder.kept, recorder.observe))
        output = as_logits(module(image))
    return recorder.finish(output)


def as_logits(output: Any) -> torch.Tensor:
    """Take the logits out of what a module returns.

    Raises
    ------
    ValueError
        If there is no tensor to take.
    """
    found = output
    if isinstance(output, Mapping):
        found = output.get("logits", next(iter(output.values()), None))
    elif isinstance(output, tuple | list):
        found = output[0] if output else None
    elif not isinstance(output, torch.Tensor):
        found = getattr(output, "logits", None)
    if not isinstance(found, torch.Tensor):
        msg = (
            f"module must return a tensor of logits, got {type(output).__name__}; "
            "wrap it in a module that returns its logits"
        )
        raise ValueError(msg)
    return found


class _Recorder:
    """Collects values; keeps every tensor, so that identities stay unique."""

    def __init__(self, image: torch.Tensor) -> None:
        shape = tuple(image.shape)
        self._known = {id(image): Value(shape, axes=(2, 3))}
        self._kept: list[tuple[torch.Tensor, Value, int]] = []
        self._values: list[Value] = []
        self._modules: dict[str, tuple[Value, int]] = {}
        self._pending: tuple[str, tuple[Value, ...], Mapping[str, Any]] | None = None
        self._image = image
        self._calls: Counter[str] = Counter()

    def observe(
        self, name: str, _: Any, args: Any, named: Mapping[str, Any], result: Any
    ) -> None:
        """Note what a function was given; ``kept`` follows where it made one tensor."""
        inputs = tuple(self._values_in([*args, *named.values()]))
        words = ARGUMENTS.get(name, ())
        settings = {**dict(zip(words, args, strict=False)), **named}
        settings["rest"] = args[1:]
        self._pending = (name, inputs, settings)
        if inputs and isinstance(result, tuple | list):
            for part in result:
                if isinstance(part, torch.Tensor):
                    self._add(part, "", self._pending)

    def kept(self, key: str, result: torch.Tensor) -> torch.Tensor:
        """Note what a function returned."""
        if self._pending is not None and self._pending[1]:
            self._add(result, key, self._pending)
        return result

    def returned(self, name: str, _: Any, args: Any, result: Any) -> None:
        """Note what a module returned."""
        number = self._calls[name]
        self._calls[name] += 1
        if not isinstance(result, torch.Tensor):
            return
        if id(result) not in self._known:
            inputs = tuple(self._values_in(args))
            if not inputs:
                return
            self._add(result, "", ("", inputs, {}))
        value = self._known[id(result)]
        value.modules.append((name, number))
        self._modules[name] = value, number

    def finish(self, output: torch.Tensor) -> Record:
        """Close the record."""
        for tensor, value, version in self._kept:
            if tensor._version != version:
                value.altered.append(True)
        last = self._known.get(id(output), Value(tuple(output.shape)))
        return Record(self._values, last, self._modules)

    def _add(
        self,
        tensor: torch.Tensor,
        key: str,
        made: tuple[str, tuple[Value, ...], Mapping[str, Any]],
    ) -> None:
        function, inputs, settings = made
        value = Value(
            tuple(tensor.shape),
            key,
            function,
            inputs,
            settings,
            axes_after(function, inputs, settings, tuple(tensor.shape)),
            function in LEARNED or any(x.learned for x in inputs),
        )
        self._known[id(tensor)] = value
        self._kept.append((tensor, value, tensor._version))
        self._values.append(value)

    def _values_in(self, given: Any) -> Iterator[Value]:
        """Yield the known tensors among arguments, one level of lists deep."""
        for item in given:
            if isinstance(item, torch.Tensor):
                if id(item) in self._known:
                    yield self._known[id(item)]
            elif isinstance(item, tuple | list):
                yield from self._values_in(item)
