"""Other libraries' implementations as methods beside ours.

A pytorch-grad-cam object, a captum attribution or any function of images and classes is
given the same images and the same targets as our methods, and its maps are checked.
Nothing here needs torch or those libraries to be installed.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from hrcam.capture import Geometry
from hrcam.engine.foreign_objects import captum, grad_cam
from hrcam.methods import METHODS


@dataclass(frozen=True)
class Found:
    """Maps of a batch, (n, h', w'), each ``ok``, ``constant_map`` or ``nonfinite``."""

    maps: Float[np.ndarray, "n i j"]
    status: tuple[str, ...]


@dataclass(frozen=True)
class Foreign:
    """Another library's object as a method.

    Parameters
    ----------
    name
        What the entry is called.
    library
        ``pytorch-grad-cam``, ``captum`` or ``callable``.
    raw
        Whether the maps are signed and of the layer's own size; else they are what the
        library gives last.
    remark
        What is taken from the object, in one sentence.
    layer
        Dotted name of the module whose maps these are; empty for the image's own grid
        or where that is unknown.
    geometry
        Where the units of that layer look, None where that is unknown.
    compute
        Images, classes and coefficients to maps.
    """

    name: str
    library: str
    raw: bool
    remark: str
    layer: str
    geometry: Geometry | None
    compute: Callable[[Any, Any, Any], Any]

    def explain(
        self,
        pixels: Float[np.ndarray, "n h w c"],
        labels: Int[np.ndarray, " n"],
        target: Float[np.ndarray, "n k"],
    ) -> Found:
        """Compute the maps of a batch and check them.

        Parameters
        ----------
        pixels
            What the network is given.
        labels
            The class explained of each image.
        target
            Its coefficients on the logits, where the library takes such targets.

        Raises
        ------
        ValueError
            If the object does not return one map per image.
        """
        given = np.asarray(self.compute(pixels, labels, target))
        if given.ndim != 3 or len(given) != len(pixels) or 0 in given.shape:
            msg = (
                f"method {self.name!r} must return one map per image, "
                f"({len(pixels)}, rows, columns), got shape {given.shape}; wrap it in "
                "a function of images and classes that returns such maps"
            )
            raise ValueError(msg)
        maps = given.astype(np.float32)
        return Found(maps, tuple(map(_status, maps)))


def is_torch_module(given: Any) -> bool:
    """Say whether an object is a torch module, without importing torch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(given, torch.nn.Module)


def adopt(name: str, given: Any, probe: Any) -> Foreign:
    """Make a method of another library's object.

    Parameters
    ----------
    name
        What its entry is called.
    given
        An object of pytorch-grad-cam (raw signed maps are taken where it has one
        layer and makes them by ``get_cam_image``), an attribution of captum (channels
        are added up), or a function of images (n, h, w, c) and classes (n,) that
        returns maps (n, rows, columns).
    probe
        The network's probe, for the place of a layer and the module's device.

    Raises
    ------
    ValueError
        If the name is taken by a method of ours.
    TypeError
        If the object is none of these.
    """
    if name in METHODS or not name or set(name) & set("@/"):
        msg = (
            f"name of another library's method must be free, without @ or /, got "
            f"{name!r}; choose another name"
        )
        raise ValueError(msg)
    if hasattr(given, "get_cam_image") and hasattr(given, "target_layers"):
        return Foreign(name, "pytorch-grad-cam", *grad_cam(given, probe))
    if hasattr(given, "attribute"):
        return Foreign(name, "captum", *captum(name, given, probe))
    if not callable(given) or is_torch_module(given):
        msg = (
            f"method {name!r} must be a pytorch-grad-cam object, a captum attribution "
            f"or a function of images and classes, got {type(given).__name__}"
        )
        raise TypeError(msg)
    remark = "the maps that the function returned"
    return Foreign(
        name, "callable", False, remark, "", None, lambda x, labels, _: given(x, labels)
    )


def _status(map: Float[np.ndarray, "i j"]) -> str:
    """Return the state of one map."""
    if not np.isfinite(map).all():
        return "nonfinite"
    return "constant_map" if map.min() == map.max() else "ok"
