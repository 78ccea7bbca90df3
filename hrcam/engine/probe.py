"""What the engine asks of a network, whatever library it is made with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from hrcam.capture import Calls, Geometry, Ops
from hrcam.heads import Head


@dataclass(frozen=True)
class Tap:
    """One tapped layer of a network: name, (rows, columns), channels, geometry."""

    name: str
    size: tuple[int, int]
    channels: int
    geometry: Geometry | None


@dataclass(frozen=True)
class Wants:
    """What a look into a network is to find.

    Parameters
    ----------
    features
        Names of the layers whose feature maps are needed.
    gradients
        Names of the layers whose gradients are needed.
    slopes
        Rules of the derivatives by the pixels: ``plain``, ``guided``, ``deconvnet``.
    biases
        Whether FullGrad's parts are needed.
    """

    features: tuple[str, ...] = ()
    gradients: tuple[str, ...] = ()
    slopes: tuple[str, ...] = ()
    biases: bool = False


@dataclass(frozen=True)
class Look:
    """What a look into a network found; fields as in :class:`hrcam.capture.Capture`.

    ``logits`` holds every class, (n, k).
    """

    logits: Any
    features: Mapping[str, Any] = field(default_factory=dict)
    gradients: Mapping[str, Any] = field(default_factory=dict)
    slopes: Mapping[str, Any] = field(default_factory=dict)
    biases: tuple[Any, ...] = ()


@runtime_checkable
class Probe(Protocol):
    """A network prepared for looking into; the network itself stays as it was.

    Arrays are channels-last: images (n, h, w, c), feature maps (n, h', w', c').
    """

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The tapped layers, shallow to deep."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of the images."""

    @property
    def classes(self) -> int:
        """Classes; a single sigmoid output counts as two, with logits -z/2 and z/2."""

    @property
    def base(self) -> Head | None:
        """The network's own linear head on the pooled last tap; None without one."""

    @property
    def ops(self) -> Ops:
        """``keras.ops`` or ``numpy``: what the arrays of a look are computed with."""

    def look(self, pixels: Any, target: Any, wants: Wants) -> Look:
        """Run a batch forward, and the target logit backward as far as wanted.

        ``target`` holds each image's coefficients on the logits, (n, k).
        """

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a function of arrays that looks into the network."""

    def calls(self, pixels: Any, target: Any, limit: int | None = None) -> Calls:
        """Return the network to be asked again about a batch."""
