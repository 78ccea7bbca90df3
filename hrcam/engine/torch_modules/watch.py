"""Watch a torch module run: every function of torch it calls, in order, by name.

A function is named as it is in torch, and numbered from its second call on: ``relu``,
``relu_1``, ``max_pool2d``. Module code and ``torch.nn.functional`` look alike here, so
what a network computes is seen however it is written.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

#: Called with a function's numbered name and its result; returns the result to use.
Visit = Callable[[str, torch.Tensor], torch.Tensor]
#: Called with a function's name, itself, its arguments and its result.
Observe = Callable[[str, Any, tuple[Any, ...], Mapping[str, Any], Any], None]
#: Calls a function, or something in its place, and returns the result.
Call = Callable[[str, Any, tuple[Any, ...], Mapping[str, Any]], Any]


def plain(
    name: str,  # noqa: ARG001  one signature for all
    func: Any,
    args: tuple[Any, ...],
    named: Mapping[str, Any],
) -> Any:
    """Call a function as it is."""
    return func(*args, **named)


class Watch(TorchFunctionMode):  # type: ignore[misc]  # torch may be absent
    """See, and where wanted change, what the functions of torch return.

    Parameters
    ----------
    visit
        Called for every function that returns one tensor.
    observe
        Called for every function, before ``visit``.
    call
        Calls the functions; see :data:`RULES`.
    """

    def __init__(
        self, visit: Visit, observe: Observe | None = None, call: Call = plain
    ) -> None:
        super().__init__()
        self._visit, self._observe, self._call = visit, observe, call
        self._count: Counter[str] = Counter()

    def __torch_function__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        name = getattr(func, "__name__", "function").strip("_")
        result = self._call(name, func, args, named)
        if self._observe is not None:
            self._observe(name, func, args, named, result)
        if not isinstance(result, torch.Tensor):
            return result
        if name == "clone":  # copies have no name: looking into a run makes some
            return self._visit("", result)
        number = self._count[name]
        self._count[name] += 1
        return self._visit(f"{name}_{number}" if number else name, result)


def guided(
    name: str, func: Any, args: tuple[Any, ...], named: Mapping[str, Any]
) -> Any:
    """Let rectifiers pass positive slopes where their input was positive.

    Source: Springenberg et al., ICLR workshop 2015.
    """
    result = func(*args, **named)
    if rectifies(name, args, named) and result.requires_grad:
        result.register_hook(lambda slope: slope.clamp(min=0))
    return result


def deconvnet(
    name: str, func: Any, args: tuple[Any, ...], named: Mapping[str, Any]
) -> Any:
    """Let rectifiers pass positive slopes, whatever their input was.

    Source: Zeiler & Fergus, ECCV 2014.
    """
    if not rectifies(name, args, named):
        return func(*args, **named)
    inside = named.get("input", args[0] if args else None)
    rest = {key: value for key, value in named.items() if key != "input"}
    return Deconvolved.apply(inside, lambda x: func(x, *args[1:], **rest))


#: How rectifiers are passed backward, by the name of the rule.
RULES: Mapping[str, Call] = {"plain": plain, "guided": guided, "deconvnet": deconvnet}


def rectifies(name: str, args: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
    """Say whether a call is a ReLU, or one that is cut off above."""
    if name in ("relu", "relu6"):
        return True
    if name in ("clamp", "clip", "clamp_min", "hardtanh"):
        lowest = args[1] if len(args) > 1 else named.get("min", named.get("min_val"))
        return isinstance(lowest, int | float) and lowest == 0
    return False


class Deconvolved(torch.autograd.Function):  # type: ignore[misc]  # as above
    """A rectifier whose slope is rectified in its place."""

    @staticmethod
    def forward(ctx: Any, x: Any, function: Callable[[Any], Any]) -> Any:
        """Call the function, which may work in place."""
        result = function(x)
        if result is x:
            ctx.mark_dirty(x)
        return result

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:  # noqa: ARG004
        """Pass the positive slopes."""
        return slopes[0].clamp(min=0), None
