"""Find the layers of a recorded torch module that are tapped.

Tapped are the tensors that enter a spatial down-sampling, and the last feature map: the
rule of :mod:`hrcam.engine.keras_models.graph`, on what was recorded. Padding in front
of a down-sampling is looked through; a window of stride 1 without padding is none.
Where two branches of one block shrink the map at different depths (a strided shortcut
beside a strided second convolution), the tensor that the other is computed from is
taken, so a stage is tapped once.

A tensor is named by the outermost module that returns it at its last call
(``layer1``), else by the function of torch that makes it, numbered in the order of the
calls (``relu_3``).
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from hrcam.engine.torch_modules.geometry import window
from hrcam.engine.torch_modules.record import Record, Value


@dataclass(frozen=True)
class Place:
    """Where a tensor is met in a run: a module's or a function's n-th result.

    ``module`` is a dotted name, or empty where ``key`` names the function.
    """

    module: str = ""
    call: int = 0
    key: str = ""


def place(value: Value, record: Record) -> tuple[str, Place] | None:
    """Name a tensor and say where it is met; None if it has no name."""
    named = [
        (name, call)
        for name, call in value.modules
        if record.modules[name] == (value, call)
    ]
    if named:
        name, call = min(named, key=lambda row: (row[0].count("."), len(row[0])))
        return name, Place(name, call)
    return (value.key, Place(key=value.key)) if value.key else None


def tapped(record: Record) -> dict[str, tuple[Value, Place]]:
    """Find the feature maps to tap, shallow to deep, by name.

    Raises
    ------
    ValueError
        If nothing that was recorded is a feature map.
    """
    used = _ancestors(record.output)
    maps = [x for x in record.values if x.spatial and id(x) in used]
    if not maps:
        msg = "module must have a convolutional feature map (n, c, h, w), got none"
        raise ValueError(msg)
    entering = {
        id(source): source
        for target in record.values
        if id(target) in used
        for source in _shrunk(target)
        if source.spatial
    }
    chosen = [x for x in entering.values() if not _is_later(x, entering)]
    found = {id(x) for x in [*chosen, maps[-1]]}
    places = [(x, place(x, record)) for x in record.values if id(x) in found]
    return {where[0]: (x, where[1]) for x, where in places if where is not None}


def named(
    record: Record, module: torch.nn.Module, layers: Sequence[str]
) -> dict[str, tuple[Value, Place]]:
    """Find the named feature maps, shallow to deep.

    Raises
    ------
    ValueError
        If there is no such layer, or it gives no feature maps.
    """
    found = {name: find(record, module, name) for name in layers}
    order = {id(x): row for row, x in enumerate(record.values)}
    return dict(sorted(found.items(), key=lambda row: order[id(row[1][0])]))


def find(record: Record, module: torch.nn.Module, name: str) -> tuple[Value, Place]:
    """Find one feature map by the name of a module or of a function.

    Raises
    ------
    ValueError
        If there is no such layer, or it gives no feature maps.
    """
    if name in record.modules:
        value, call = record.modules[name]
        where = Place(name, call)
    else:
        keys = {x.key: x for x in record.values if x.key}
        if name not in keys:
            raise ValueError(_unknown(record, module, name))
        value, where = keys[name], Place(key=name)
    if len(value.shape) != 4 or value.axes not in (None, (2, 3)):
        msg = (
            f"layer must give feature maps (n, c, h, w), got {name!r} of shape "
            f"{('n', *value.shape[1:])}; name a layer before the pooling, such as "
            f"{', '.join(map(repr, tapped(record)))}"
        )
        raise ValueError(msg)
    return value, where


def _unknown(record: Record, module: torch.nn.Module, name: str) -> str:
    """Say that a layer is not there, or that the forward pass never calls it."""
    if name in dict(module.named_modules()):
        reason = f"got {name!r}, which returned no tensor"
    else:
        reason = f"got {name!r}"
    known = [*record.modules, *(x.key for x in record.values if x.key)]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else ""
    hint = hint or f"tapped by default are {', '.join(map(repr, tapped(record)))}"
    return f"layers must be modules that run or functions they call, {reason}; {hint}"


def _shrunk(target: Value) -> Iterator[Value]:
    """Yield the tensors that a spatial down-sampling makes smaller, before padding."""
    after = target.size
    if after is None or after == (1, 1) or target.function == "pad":
        return
    for entering in target.inputs:
        source = entering
        while source.function == "pad":
            source = source.inputs[0]
        before = source.size
        if before is None or source.axes != target.axes:
            continue
        windows = [window(target, entering, axis) for axis in (0, 1)]
        steps = [x[0] for x in windows if x is not None]
        smaller = after[0] < before[0] or after[1] < before[1]
        if smaller and (not steps or max(steps) > 1):
            yield source


def _is_later(value: Value, others: dict[int, Value]) -> bool:
    """Say whether a tensor follows from another one of its size without shrinking."""
    pending, seen = list(value.inputs), set()
    while pending:
        current = pending.pop()
        if id(current) in seen or current.size != value.size:
            continue
        if id(current) in others:
            return True
        seen.add(id(current))
        pending.extend(current.inputs)
    return False


def _ancestors(value: Value) -> set[int]:
    """Return the identities of a tensor and of all it was made from."""
    pending, seen = [value], set()
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen.add(id(current))
            pending.extend(current.inputs)
    return seen
