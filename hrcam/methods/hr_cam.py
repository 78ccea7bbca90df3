"""HR-CAM: feature maps of all tapped layers, weighted by a linear head on them all.

The head is fitted on the pooled features of every tapped layer of the frozen network
(Shinde et al., MICCAI 2019; PeerJ Computer Science 622, 2021). The paper leaves the
fit open; five heads are five answers, see :mod:`hrcam.heads`. ``hr_cam`` has the one
that found lesions best on networks that it was not chosen on (docs/fusion-study.md).
"""

from collections.abc import Callable

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method

#: The head of HR-CAM and of its rivals.
HEAD = "hotelling"


def explanation(head: str) -> Callable[[Capture], Parts]:
    """Return the HR-CAM that weights the channels by the named head."""

    def explain(capture: Capture) -> Parts:
        """Weight each layer's channels by the head; one raw map per layer."""
        weights = capture.heads[head]
        return {
            layer.name: capture.ops.einsum(
                "nhwc,nc->nhw", layer.features, weights[layer.name]
            )
            for layer in capture.layers
        }

    return explain


def variant(name: str, label: str, head: str, source: str) -> Method:
    """Return HR-CAM with the named head as a method."""
    return Method(
        name,
        label,
        explanation(head),
        source=source,
        layers=("all",),
        needs=frozenset({"features", f"head:{head}"}),
        head=head,
    )


METHOD = variant(
    "hr_cam",
    "HR-CAM",
    HEAD,
    "PeerJ CS 622, 2021, with class means whitened over pixels and layers balanced",
)
