"""How objects of pytorch-grad-cam and captum are asked for their maps."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Float

from hrcam.capture import IDENTITY, Geometry

#: ``raw, remark, layer, geometry, compute`` of :class:`hrcam.engine.foreign.Foreign`.
Taken = tuple[bool, str, str, Geometry | None, Callable[[Any, Any, Any], Any]]


def grad_cam(given: Any, probe: Any) -> Taken:
    """Take a pytorch-grad-cam object."""
    ours = type(given).__mro__
    own = next(x for x in ours if "compute_cam_per_layer" in vars(x))
    raw = len(given.target_layers) == 1 and own.__name__ == "BaseCAM"
    layer, geometry = (
        _place(given.target_layers[0], given.model, probe) if raw else NONE
    )
    remark = (
        "signed maps of get_cam_image, before ReLU, scaling and resizing"
        if raw
        else "the maps as returned: rectified, scaled to [0, 1] and resized"
    )

    def compute(pixels: Any, _: Any, target: Any) -> Any:
        targets = [_Coefficients(row) for row in target]
        image = probe.network.image(pixels)
        with _unchanged(given.model), _recorded(given) as maps:
            result = given(input_tensor=image, targets=targets)
        return maps[-1] if raw else result

    return raw, remark, layer, geometry, compute


def captum(name: str, given: Any, probe: Any) -> Taken:
    """Take an attribution of captum."""
    module = getattr(given, "forward_func", getattr(given, "model", None))
    owner = getattr(module, "__self__", module)
    layer, geometry = (
        _place(given.layer, owner, probe) if hasattr(given, "layer") else ("", IDENTITY)
    )

    def compute(pixels: Any, labels: Any, _: Any) -> Any:
        image = probe.network.image(pixels).requires_grad_()
        target = _captum_target(name, labels, probe)
        with _unchanged(owner):
            result = given.attribute(image, target=target)
        first = result[0] if isinstance(result, tuple) else result
        maps = first.detach().float().cpu().numpy()
        return maps.sum(axis=1) if maps.ndim == 4 else maps

    remark = "attributions of the class's own output, added up over channels"
    return True, remark, layer, geometry, compute


def _captum_target(name: str, labels: Any, probe: Any) -> Any:
    """Return captum's targets: classes, or the only output of a single logit."""
    if not probe.single:
        return [int(label) for label in labels]
    if (np.asarray(labels) != 1).any():
        msg = (
            f"target of {name!r} must be class 1, for captum explains outputs and the "
            "network has one; give the network two outputs to explain class 0"
        )
        raise ValueError(msg)
    return 0


#: A layer that is not known, and its geometry.
NONE: tuple[str, None] = ("", None)


def _place(layer: Any, owner: Any, probe: Any) -> tuple[str, Geometry | None]:
    """Return the dotted name of a module inside another, and where its units look."""
    names = {id(part): name for name, part in owner.named_modules()}
    name = names.get(id(layer), "")
    if not name or owner is not probe.module:
        return name, None
    return name, probe.tap(name).geometry


class _Coefficients:
    """A target of pytorch-grad-cam: a linear form of one image's outputs."""

    def __init__(self, row: Float[np.ndarray, " k"]) -> None:
        self._row = row

    def __call__(self, output: Any) -> Any:
        row, output = self._row, output.reshape(-1)
        if len(output) == 1:  # the logits -z/2 and z/2 of one output z
            return output[0] * float(row[1] - row[0]) / 2
        return (output * output.new_tensor(row)).sum()


@contextmanager
def _recorded(given: Any) -> Iterator[list[Any]]:
    """Keep what ``get_cam_image`` returns; the object is as it was afterwards."""
    maps: list[Any] = []
    original = given.get_cam_image

    def record(*args: Any, **named: Any) -> Any:
        maps.append(original(*args, **named))
        return maps[-1]

    given.get_cam_image = record
    try:
        yield maps
    finally:
        del given.get_cam_image


@contextmanager
def _unchanged(module: Any) -> Iterator[None]:
    """Put a module to rest; give training flags and ``.grad`` back afterwards."""
    from hrcam.engine.torch_modules.trace import at_rest, graded

    kept: Mapping[Any, Any] = {x: x.grad for x in module.parameters()}
    try:
        with at_rest(module), graded(True):
            for parameter in kept:
                parameter.grad = None
            yield
    finally:
        for parameter, slope in kept.items():
            parameter.grad = slope
