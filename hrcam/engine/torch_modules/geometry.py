"""Work out where the units of a recorded feature map look.

Kernel, stride, dilation and padding of what was recorded between the image and the map
give stride and offset; where they do not tell (slices, resizing, unknown functions),
:mod:`hrcam.engine.torch_modules.measure` does.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from hrcam.capture import Geometry
from hrcam.engine.torch_modules.record import Value

#: Stride and offset along one axis.
Line = tuple[Fraction, Fraction]

#: Functions that keep the size of a map and still move its units.
MOVING = ("roll", "flip", "rot90", "grid_sample", "conv_transpose2d", "interpolate")


def geometry(
    value: Value, measure: Callable[[], Geometry | None] | None = None
) -> Geometry | None:
    """Return where the units of a feature map look; None where that is undecidable.

    Parameters
    ----------
    value
        The recorded map.
    measure
        Asked where kernels and paddings do not tell.
    """
    lines = [_line(value, axis, {}) for axis in (0, 1)]
    rows, columns = lines
    if rows is None or columns is None:
        return None if measure is None else measure()
    return Geometry(
        (float(rows[0]), float(columns[0])), (float(rows[1]), float(columns[1]))
    )


def _line(value: Value, axis: int, known: dict[int, Line | None]) -> Line | None:
    """Return stride and offset of a tensor along one axis (memoized walk)."""
    pending = [value]
    while pending:
        current = pending[-1]
        before = [x for x in _sources(current) if id(x) not in known]
        if before:
            pending.extend(before)
            continue
        known[id(current)] = _through(current, axis, known)
        pending.pop()
    return known[id(value)]


def _sources(value: Value) -> list[Value]:
    """Return the maps a tensor was made from; one number a channel has no place."""
    small = (1, 1)
    return [
        x
        for x in value.inputs
        if len(x.shape) == 4 and (x.shape[2:] != small or value.shape[2:] == small)
    ]


def _through(value: Value, axis: int, known: Mapping[int, Line | None]) -> Line | None:
    """Carry stride and offset through one function."""
    if not value.inputs:
        return (Fraction(1), Fraction(0)) if value.axes == (2, 3) else None
    sources = _sources(value)
    places = {known[id(x)] for x in sources}
    place = places.pop() if len(places) == 1 else None
    if place is None or value.axes is None:
        return None
    (stride, offset), source = place, sources[0]
    if value.function == "pad":
        pads = (*value.settings["pad"], 0, 0, 0, 0)
        return stride, offset - pads[2 if axis == 0 else 0] * stride
    moved = window(value, source, axis)
    if moved is not None:
        step, reach, padding = moved
        return stride * step, offset + (Fraction(reach, 2) - padding) * stride
    same = value.size == source.size and value.function not in MOVING
    return (stride, offset) if same and value.function else None


def window(value: Value, source: Value, axis: int) -> tuple[int, int, int] | None:
    """Return step, reach (kernel minus one, dilated) and padding of a window."""
    settings, name = value.settings, value.function
    if name in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
        before, after = source.shape[2 + axis], value.shape[2 + axis]
        return None if before % after else (before // after, before // after - 1, 0)
    if name == "conv2d":
        kernel, default = settings["weight"].shape[2 + axis], 1
    elif name in ("max_pool2d", "avg_pool2d"):
        kernel = default = _at(settings["kernel_size"], axis)
    else:
        return None
    given = settings.get("stride")
    step = default if given is None or given == [] else _at(given, axis)
    reach = (kernel - 1) * _at(settings.get("dilation", 1), axis)
    padding = settings.get("padding", 0)
    if padding == "same":
        return step, reach, reach // 2
    return step, reach, 0 if padding == "valid" else _at(padding, axis)


def _at(setting: Any, axis: int) -> int:
    """Return a setting for rows or columns, given for both or for each."""
    if isinstance(setting, tuple | list):
        return int(setting[axis] if len(setting) > 1 else setting[0])
    return int(setting)
