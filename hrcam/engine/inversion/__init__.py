"""See what a layer keeps of an image."""

from hrcam.engine.inversion.searching import Inverted, invert

__all__ = ["Inverted", "invert"]
