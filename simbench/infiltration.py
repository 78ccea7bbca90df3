"""Additive lesions that keep to the tissue they grow in.

A region much wider than a focal lesion seldom fits between ventricles and skull, so it
is cut where its tissue ends, as an infiltration is.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float32

from simbench.additive import Pattern, added
from simbench.psf import blur
from simbench.scene import Change, Place, Scene
from simbench.streams import Stream

BORDER = 0.5  # pixels: standard deviation of the tissue's partial volume


def infiltrating(
    pattern: Pattern,
) -> Callable[[Any, Place, Scene, Stream], Change]:
    """Make the ``change`` of a lesion that adds amplitude x tint x pattern x tissue.

    Tissue is 1 where lesions may lie, and falls to 0 within a pixel of where they may
    not. The expected effect is the addition after the blur; no texture changes.
    """

    def change(parameters: Any, place: Place, scene: Scene, stream: Stream) -> Change:
        tissue = blur(scene.body.home.astype(np.float32), BORDER)

        def kept(
            parameters: Any, place: Place, size: tuple[int, int]
        ) -> Float32[np.ndarray, "h w"]:
            return tissue * pattern(parameters, place, size)

        return added(kept)(parameters, place, scene, stream)

    return change
