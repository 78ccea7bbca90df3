"""Gradient: how much the target logit changes with each pixel."""

from collections.abc import Callable

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def explanation(rule: str) -> Callable[[Capture], Parts]:
    """Return the map of the derivatives by the pixels that a rule gives."""

    def explain(capture: Capture) -> Parts:
        """Add the derivatives of the pixel's channels up, (n, h, w), signed.

        A gray image that was repeated over three channels has the gradient of the
        gray image. The published absolute value is post-processing.
        """
        return {"image": capture.ops.sum(capture.slopes[rule], axis=-1)}

    return explain


def variant(name: str, label: str, rule: str, source: str) -> Method:
    """Return the map of a rule's derivatives as a method.

    The absolute value is taken after the sum over channels. Elsewhere it is the
    maximum of the channels' absolute values (Simonyan et al.; for gray images
    repeated three times not the gradient of the gray image) or their sum.
    """
    return Method(
        name,
        label,
        explanation(rule),
        source=source,
        needs=frozenset({f"slope:{rule}"}),
        postprocessing="absolute",
    )


METHOD = variant("gradient", "Gradient", "plain", "Simonyan et al., ICLR workshop 2014")
