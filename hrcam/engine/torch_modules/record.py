"""What one run of a torch module computed: its tensors, and what made each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Arguments of the functions that move a unit or weight channels, in their order.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "conv2d": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "max_pool2d": ("input", "kernel_size", "stride", "padding", "dilation"),
    "avg_pool2d": ("input", "kernel_size", "stride", "padding"),
    "pad": ("input", "pad", "mode", "value"),
    "linear": ("input", "weight", "bias"),
    "softmax": ("input", "dim"),
    "log_softmax": ("input", "dim"),
}
#: Functions that learn channels.
LEARNED = ("conv2d", "conv_transpose2d", "linear")
#: Functions of maps whose channels come first.
FLAT = (
    "conv2d",
    "conv_transpose2d",
    "max_pool2d",
    "avg_pool2d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "interpolate",
)


@dataclass(frozen=True, eq=False)
class Value:
    """One tensor that depends on the image.

    Parameters
    ----------
    shape
        Of the tensor.
    key
        Numbered name of the function that made it, see
        :mod:`hrcam.engine.torch_modules.watch`; empty where it cannot be told.
    function
        Its name without the number.
    inputs
        What it was made from.
    settings
        The function's arguments by name, for the functions of :data:`ARGUMENTS`.
    axes
        Places of rows and columns among the axes; None where that is unknown.
    learned
        Whether a layer with a kernel lies between the image and the tensor.
    modules
        ``(dotted name, number of the call)`` of the modules that return it, inner
        before outer.
    altered
        True where a later function works in place on the tensor.
    """

    shape: tuple[int, ...]
    key: str = ""
    function: str = ""
    inputs: tuple["Value", ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    axes: tuple[int, int] | None = None
    learned: bool = False
    modules: list[tuple[str, int]] = field(default_factory=list)
    altered: list[bool] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int] | None:
        """Rows and columns; None if the tensor is no map."""
        if self.axes is None:
            return None
        return self.shape[self.axes[0]], self.shape[self.axes[1]]

    @property
    def spatial(self) -> bool:
        """Whether the tensor holds learned maps (n, c, h, w) of more than one unit."""
        return self.learned and self.axes == (2, 3) and self.size != (1, 1)


@dataclass(frozen=True)
class Record:
    """The tensors of one run in the order they were made, and who returned them."""

    values: list[Value]
    output: Value
    modules: Mapping[str, tuple[Value, int]]
    """By dotted name: what a module returned last, and the number of that call."""


def axes_after(
    function: str,
    inputs: tuple[Value, ...],
    settings: Mapping[str, Any],
    shape: tuple[int, ...],
) -> tuple[int, int] | None:
    """Follow the axes of rows and columns through a function."""
    if len(shape) != 4:
        return None
    if function in FLAT:
        return 2, 3
    sources = [x for x in inputs if x.axes is not None]
    found = {x.axes for x in sources}
    axes = found.pop() if len(found) == 1 else None
    if axes is None or function in ("matmul", "bmm", "einsum"):
        return None
    if function in ("permute", "transpose", "swapaxes"):
        order = _order(function, settings)
        return order.index(axes[0]), order.index(axes[1])
    if function in ("view", "reshape", "unflatten", "flatten"):
        return axes if sources[0].shape == shape else None
    return axes


def _order(function: str, settings: Mapping[str, Any]) -> list[int]:
    """Return which axis stands at each place after a permutation of four."""
    words = ("dims", "dim0", "dim1", "axis0", "axis1")
    given = [*settings["rest"], *(settings[word] for word in words if word in settings)]
    dims = [int(x) % 4 for item in given for x in _flat(item)]
    if function == "permute":
        return dims
    order = [0, 1, 2, 3]
    order[dims[0]], order[dims[1]] = dims[1], dims[0]
    return order


def _flat(item: Any) -> tuple[Any, ...]:
    return tuple(item) if isinstance(item, tuple | list) else (item,)
