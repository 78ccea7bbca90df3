"""What a network showed, as plain arrays: everything a method may look at.

A :class:`Capture` is filled by :mod:`hrcam.engine` with tensors of the deep-learning
back end (the compiled route) or with NumPy arrays (the recorded route); methods cannot
tell, because they compute through ``capture.ops`` only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

#: A NumPy array or a tensor of the back end; the axes stand in the field's docstring.
Array = Any


@runtime_checkable
class Ops(Protocol):
    """The operations that NumPy and ``keras.ops`` share and methods may use."""

    #: Of its functions only ``eigh``: eigenvalues in ascending order, eigenvectors.
    linalg: Any

    def einsum(self, subscripts: str, *operands: Array) -> Array: ...
    def matmul(self, x1: Array, x2: Array) -> Array: ...
    def tensordot(self, x1: Array, x2: Array, axes: Any) -> Array: ...
    def swapaxes(self, x: Array, axis1: int, axis2: int) -> Array: ...
    def mean(self, x: Array, axis: Any = None) -> Array: ...
    def abs(self, x: Array) -> Array: ...
    def sqrt(self, x: Array) -> Array: ...
    def square(self, x: Array) -> Array: ...
    def maximum(self, x1: Array, x2: Array) -> Array: ...
    def minimum(self, x1: Array, x2: Array) -> Array: ...
    def where(self, condition: Array, x1: Array, x2: Array) -> Array: ...
    def sum(self, x: Array, axis: Any = None, *, keepdims: bool = False) -> Array: ...
    def max(self, x: Array, axis: Any = None, *, keepdims: bool = False) -> Array: ...
    def min(self, x: Array, axis: Any = None, *, keepdims: bool = False) -> Array: ...
    def sign(self, x: Array) -> Array: ...
    def exp(self, x: Array) -> Array: ...
    def tanh(self, x: Array) -> Array: ...
    def ones_like(self, x: Array) -> Array: ...
    def zeros_like(self, x: Array) -> Array: ...
    def stack(self, x: Any, axis: int = 0) -> Array: ...
    def concatenate(self, x: Any, axis: int = 0) -> Array: ...
    def reshape(self, x: Array, newshape: Any) -> Array: ...


@dataclass(frozen=True)
class Geometry:
    """Where the units of a layer look.

    The receptive field of unit ``i`` is centered on pixel ``offset + stride * i``
    (pixel centers are whole numbers), for rows and columns.
    """

    stride: tuple[float, float]
    offset: tuple[float, float]


#: The geometry of the image itself: unit i is pixel i.
IDENTITY = Geometry(stride=(1.0, 1.0), offset=(0.0, 0.0))


@dataclass(frozen=True)
class Layer:
    """One tapped layer.

    Parameters
    ----------
    name
        The layer's name in the model.
    size
        Rows and columns of its feature maps.
    features
        Feature maps, (n, h, w, c).
    gradients
        Derivative of the target logit by the features, (n, h, w, c); None where no
        method asked for it.
    """

    name: str
    size: tuple[int, int]
    features: Array
    gradients: Array | None = None


@dataclass(frozen=True)
class Truth:
    """What a simulated image is known to hold; for ceilings only.

    ``mask`` is the ground-truth mask and ``effect`` the expected-effect map, both
    (n, h, w) float.
    """

    mask: Array
    effect: Array


@runtime_checkable
class Calls(Protocol):
    """The network itself, for methods that must ask it again and again.

    NumPy in, NumPy out, on the recorded route. Each of ``m`` inputs belongs to the
    image of the capture that ``rows`` (m,) names and is judged by that image's target.
    """

    #: Images that a method may put through the network per explained image; None
    #: leaves the published number.
    limit: int | None

    def responses(self, pixels: Array, rows: Array) -> Array:
        """Return the target logit of other pixels (m, h, w, c), (m,)."""

    def slopes(self, pixels: Array, rows: Array, rule: str = "plain") -> Array:
        """Return the target logit's derivative by the pixels, (m, h, w, c).

        ``rule`` says how rectifiers are passed backward, see ``Capture.slopes``.
        """

    def tails(self, layer: str, features: Array, rows: Array) -> Array:
        """Return the target logit where a layer's feature maps are replaced, (m,).

        ``features`` is (m, h', w', c') at that layer's size; what does not pass
        through the layer is as it was for the image.
        """

    def looks(self, pixels: Array, rows: Array, layers: tuple[str, ...]) -> Any:
        """Return features and gradients of other pixels, even of another size.

        ``pixels`` is (m, h*, w*, c); two mappings by layer name, (m, h', w', c').
        """


@dataclass(frozen=True)
class Capture:
    """A batch of images as one network saw it.

    Parameters
    ----------
    size
        Rows and columns of the images.
    ops
        ``numpy`` or ``keras.ops``.
    images
        Gray values (mean over channels), (n, h, w), float, in [0, 255] where the
        network takes them so.
    pixels
        What the network was given, (n, h, w, c).
    layers
        Tapped layers, shallow to deep.
    slopes
        By rule, derivative of the target logit by the pixels, (n, h, w, c): ``plain``;
        ``guided`` and ``deconvnet`` change what passes back through rectifiers.
    biases
        For FullGrad: each additive bias of the network times the target's derivative
        by what it is added to, (n, h', w', c') or (n, c'), shallow to deep.
    logits
        Of the target, (n,).
    heads
        By head name, then by layer name: weights of the target (per image),
        (n, c). The target is a linear form of the logits: class minus the mean of
        the others unless another was asked for.
    tissue
        1 inside the body and 0 outside, (n, h, w); all 1 where unknown.
    tissue_median
        Median gray value inside the tissue, (n,).
    noise
        Uniform numbers in [0, 1), one stateless stream per image, (n, h, w).
    truth
        Mask and effect where the images are simulated, else None.
    calls
        The network to ask again; None on the compiled route, which methods that need
        calls never take.
    """

    size: tuple[int, int]
    ops: Ops
    images: Array
    layers: tuple[Layer, ...]
    pixels: Array = None
    slopes: Mapping[str, Array] = field(default_factory=dict)
    biases: tuple[Array, ...] = ()
    logits: Array = None
    heads: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)
    tissue: Array = None
    tissue_median: Array = None
    noise: Array = None
    truth: Truth | None = None
    calls: Calls | None = None

    def at(self, names: tuple[str, ...]) -> "Capture":
        """Return the capture with only the named layers, in the network's order."""
        return replace(self, layers=tuple(x for x in self.layers if x.name in names))


#: What a method returns: one signed array (n, h, w) per layer it used, raw, at the
#: layer's own size; the key ``"image"`` stands for the image's own grid.
Parts = dict[str, Array]
