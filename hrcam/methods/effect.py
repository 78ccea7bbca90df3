"""The expected-effect map of the simulated lesions: the oracle."""

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def explain(capture: Capture) -> Parts:
    """Return the effect the mask was cut from, (n, h, w)."""
    return {"image": capture.truth.effect}  # type: ignore[union-attr]  # `needs`


METHOD = Method(
    "effect",
    "Effect (oracle)",
    explain,
    source="expected effect of the lesions, before bias and noise",
    kind="ceiling",
    needs=frozenset({"truth"}),
)
