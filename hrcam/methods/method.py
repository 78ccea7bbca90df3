"""What a method is: a function on a capture, and what must be known to run it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hrcam.capture import Capture, Parts

#: What a method reads besides the image: ``features``, ``gradients``; heads by name
#: (``head:base``); derivatives by the pixels by rule (``slope:plain``,
#: ``slope:guided``, ``slope:deconvnet``); ``biases``; ``calls`` of the network; the
#: ``truth`` of a simulated image.
Need = str


@dataclass(frozen=True)
class Method:
    """A saliency method.

    Parameters
    ----------
    name
        As users type it.
    label
        As reports print it.
    explain
        The method: raw signed parts, (n, h, w) per layer, from a capture.
    source
        Paper that defines the method, or what the baseline is for.
    kind
        ``model`` explains the classifier; ``baseline`` looks at the image only;
        ``ceiling`` looks at the truth and bounds what a map can reach.
    layers
        The layer choices shown by default, each one entry of the report: ``last``,
        ``before_last``, ``each``, ``all`` (the layers together), or ``image`` for
        methods that use no layer.
    needs
        What the capture must hold (see :data:`Need`).
    postprocessing
        Published post-processing, a name of :data:`hrcam.fusion.POSTPROCESSING`.
    head
        Name of the linear head that weights the channels, or the empty string.
    fusion
        How the enlarged parts of several layers become one map, a name of
        :data:`hrcam.fusion.FUSIONS`.
    network
        Which network is looked into: the explained one (the empty string), or a
        variant of it, a name of :data:`hrcam.engine.variants.VARIANTS`.
    last_only
        Why it looks at the last layer alone, where it does.
    """

    name: str
    label: str
    explain: Callable[[Capture], Parts]
    source: str
    kind: Literal["model", "baseline", "ceiling"] = "model"
    layers: tuple[str, ...] = ("image",)
    needs: frozenset[Need] = frozenset()
    postprocessing: str = "none"
    head: str = ""
    fusion: str = "sum"
    network: str = ""
    last_only: str = ""
