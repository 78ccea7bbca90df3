"""Rays through a long bone: a tube of compact bone, flared and spongy at its end."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from simbench.compiled import compiled

FLARE = 0.75  # of the radius, added at the end
METAPHYSIS = 1.1  # how far from its end a bone flares, in half shorter sides
WALL_AT_END = 0.25  # of the wall's thickness in the shaft
WALL, CANAL, SPONGIOSA = 1, 2, 3
"""What a pixel shows of a bone: its wall, or its cavity before the far and the near
wall."""


@dataclass(frozen=True)
class Tube:
    """A long bone of round cross-section that begins at depth 0."""

    radius: float
    """Of the shaft; the end is wider by ``FLARE``, and rounded."""
    wall: float
    """Thickness of the compact bone in the shaft; towards the end it gets thinner."""


def lay(
    tube: Tube,
    paints: Float32[np.ndarray, "3 layers"],
    depth: Float32[np.ndarray, "h w"],
    across: Float32[np.ndarray, "h w"],
    layers: Float32[np.ndarray, "layers h w"],
) -> UInt8[np.ndarray, "h w"]:
    """Add what parallel rays, at right angles to a bone, meet of it.

    Parameters
    ----------
    tube
        The bone.
    paints
        What half a unit of length of compact bone, marrow and spongy bone adds to each
        layer.
    depth
        Distance of every pixel from the bone's end, along the bone; negative outside.
    across
        Distance from the bone's middle, in the same unit (half the shorter side).
    layers
        What is added to, in place.

    Returns
    -------
    What each pixel shows: 0 nothing of the bone, WALL, CANAL or SPONGIOSA.

    Notes
    -----
    A ray at distance c from the middle of a cylinder of radius r is 2 sqrt(r**2 - c**2)
    long inside it.
    """
    shown = np.zeros(depth.shape, np.uint8)
    numbers = np.array([tube.radius, tube.wall, WALL_AT_END * tube.wall], np.float32)
    _lay(numbers, paints, depth, across, layers, shown)
    return shown


@compiled
def _rounded(depth: np.float32, cap: np.float32) -> np.float32:
    """Return the square of the width's share that is left at a rounded end."""
    rest = max(np.float32(1) - depth / cap, np.float32(0))
    return np.float32(1) - rest * rest * rest * rest


@compiled
def _lay(
    numbers: Float32[np.ndarray, "3"],
    paints: Float32[np.ndarray, "3 layers"],
    depth: Float32[np.ndarray, "h w"],
    across: Float32[np.ndarray, "h w"],
    layers: Float32[np.ndarray, "layers h w"],
    shown: UInt8[np.ndarray, "h w"],
) -> None:
    one, half, nothing = np.float32(1), np.float32(0.5), np.float32(0)
    radius, wall, plate = numbers
    for row in range(depth.shape[0]):
        for column in range(depth.shape[1]):
            deep, squared = depth[row, column], across[row, column] ** 2
            flare = max(one - max(deep, nothing) / np.float32(METAPHYSIS), nothing)
            flare *= flare * flare
            outside = radius * (one + np.float32(FLARE) * flare)
            outer = outside * outside * _rounded(deep, radius) - squared
            if deep <= 0 or outer <= 0:
                continue
            spongy = min(max(np.float32(4) * flare - half, nothing), one)
            thin = one - np.float32(1 - WALL_AT_END) * np.sqrt(spongy)
            inside = outside - wall * thin
            inner = inside * inside * _rounded(deep - plate, radius - plate) - squared
            inner = max(inner, nothing)
            core = np.sqrt(inner)
            shell = np.sqrt(outer) - core
            for layer in range(layers.shape[0]):
                layers[layer, row, column] += (
                    shell * paints[0, layer]
                    + core * (one - spongy) * paints[1, layer]
                    + core * spongy * paints[2, layer]
                )
            if inner == 0:
                shown[row, column] = WALL
            elif spongy < half:
                shown[row, column] = CANAL
            else:
                shown[row, column] = SPONGIOSA
