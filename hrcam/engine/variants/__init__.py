"""Networks that HR-CAM competes with, and copies to be changed."""

from hrcam.engine.variants.making import (
    VARIANTS,
    available,
    destrided,
    doubled,
    untrained,
    vary,
)

__all__ = ["VARIANTS", "available", "destrided", "doubled", "untrained", "vary"]
