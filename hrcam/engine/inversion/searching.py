r"""See what a layer keeps of an image: find another image with the same feature map.

Mahendran & Vedaldi (CVPR 2015; IJCV 120, 2016) minimize

.. math:: \frac{\|\Phi(x) - \Phi_0\|^2}{\|\Phi_0\|^2} + \frac{1}{C} \left(
    \frac{1}{N} \sum \left|\frac{x}{B}\right|^\alpha + \frac{1}{N} \sum
    \left(\frac{(\Delta_\downarrow x)^2 + (\Delta_\rightarrow x)^2}{V^2}
    \right)^{\beta / 2} \right)

over images of N values, starting from noise, x being measured from the middle of its
range, which reaches B to both sides, and V the change between neighbors that is thought
normal. Here the range is that of each image's own values and every step is cut to it;
steps are Adam's, at a rate that falls to nothing, taken at several scales at once (the
image is a sum of enlarged smaller images), without which broad differences of
brightness would never be found.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from jaxtyping import Float

from hrcam.engine.backend import differentiate
from hrcam.engine.inversion.likeness import Aim, look, objective
from hrcam.engine.inversion.scales import together, widths
from hrcam.engine.keras_models.recorder import Recorder

#: The first step's length, as a share of B, and Adam's two memories.
RATE, MOMENTUM, MEMORY = 0.03, 0.9, 0.999

#: How far the noise to start from reaches, as a share of B.
NOISE = 0.1


@dataclass(frozen=True)
class Inverted:
    """Images that a layer can hardly tell from those it was shown.

    Parameters
    ----------
    images
        In the range of the images that were shown.
    errors
        Relative feature errors, the norm of the difference of the feature maps over
        that of the map that was shown; NaN where that map is 0 everywhere.
    losses
        The objective before each step and at the end, (steps + 1, n).
    """

    images: Float[np.ndarray, "n h w c"]
    errors: Float[np.ndarray, " n"]
    losses: Float[np.ndarray, "steps n"]


def invert(
    recorder: Recorder,
    pixels: Float[np.ndarray, "n h w c"],
    layers: Sequence[str] | None = None,
    steps: int = 400,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Mapping[str, Inverted]:
    """Invert the feature maps of images.

    Parameters
    ----------
    recorder
        A prepared Keras network.
    pixels
        Images as the network takes them.
    layers
        Names of tapped layers; all by default.
    steps
        How many steps of Adam.
    seed
        Of the noise to start from, the same for every image and every layer: what is
        found of an image does not depend on the others in the batch.
    progress
        Called with 1 after each layer.

    Returns
    -------
    inverted
        By layer, shallow to deep.

    Raises
    ------
    ValueError
        If a layer is not tapped, or there are no steps.
    """
    if steps < 1:
        msg = f"steps must be at least 1, got {steps}"
        raise ValueError(msg)
    known = [tap.name for tap in recorder.taps]
    unknown = [name for name in layers or () if name not in known]
    if unknown:
        msg = f"layers must be among {', '.join(known)}, got {unknown[0]!r}"
        raise ValueError(msg)
    noise = np.random.default_rng(seed).uniform(-NOISE, NOISE, pixels.shape[1:])
    start = np.broadcast_to(noise, pixels.shape).astype(np.float32)
    found = {}
    for name in known:
        if layers is None or name in layers:
            found[name] = _invert(
                recorder, name, pixels.astype(np.float32), start, steps
            )
            if progress is not None:
                progress(1)
    return found


def _invert(
    recorder: Recorder,
    layer: str,
    pixels: Float[np.ndarray, "n h w c"],
    start: Float[np.ndarray, "n h w c"],
    steps: int,
) -> Inverted:
    """Invert one layer's feature maps."""
    low, high = (f(pixels, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    show = recorder.compile(lambda x: look(recorder, layer, x))
    middle, reach = _tensor((low + high) / 2), _tensor((high - low) / 2)
    aim = (show(_tensor(pixels)), middle, reach)
    advance, measure = _functions(recorder, layer, widths(pixels.shape[1:3]))
    sizes = widths(pixels.shape[1:3])
    empty = [np.zeros((len(pixels), *s, pixels.shape[3]), np.float32) for s in sizes]
    state = [[_tensor(x) for x in row] for row in ([start, *empty[1:]], empty, empty)]
    losses = []
    for step in range(steps):
        rate = RATE * (1 + math.cos(math.pi * step / steps)) / 2
        fading = (1 - MOMENTUM ** (step + 1), 1 - MEMORY ** (step + 1))
        loss, *state = advance(*state, *map(_tensor, (rate, *fading)), *aim)
        losses.append(_plain(loss))
    x, loss, error = map(_plain, measure(state[0], *aim))
    images = _plain(middle) + _plain(reach) * x
    # Rounding may leave the range by one unit in the last place.
    images = np.clip(images, low, high)
    return Inverted(images, np.sqrt(error), np.stack([*losses, loss]))


def _functions(
    recorder: Recorder, layer: str, sizes: Sequence[tuple[int, int]]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return Adam's step and what measures its end, both compiled."""
    count = len(sizes)

    def measure(parts: Any, *aim: Any) -> tuple[Any, Any, Any]:
        x = together(parts, sizes)
        return x, *objective(recorder, layer, x, Aim(*aim))

    def advance(parts: Any, means: Any, squares: Any, *rest: Any) -> tuple[Any, ...]:
        rate, mean_fading, square_fading, *aim = rest

        def forward(sources: Mapping[int, Any], shifts: Mapping[int, Any]) -> Any:
            some = {i: sources[i] + shifts.get(i, 0.0) for i in range(count)}
            _, loss, _ = measure(list(some.values()), *aim)
            return keras.ops.sum(loss), {**some, count: loss}

        known = dict(enumerate(parts))
        values, slopes = differentiate(forward, known, tuple(range(count)))
        means = [MOMENTUM * m + (1 - MOMENTUM) * slopes[i] for i, m in enumerate(means)]
        squares = [
            MEMORY * s + (1 - MEMORY) * keras.ops.square(slopes[i])
            for i, s in enumerate(squares)
        ]
        moved = [
            part - rate * _step(mean / mean_fading, square / square_fading)
            for part, mean, square in zip(parts, means, squares, strict=True)
        ]
        x = together(moved, sizes)
        moved[0] = moved[0] + keras.ops.clip(x, -1.0, 1.0) - x
        return values[count], moved, means, squares

    return recorder.compile(advance), recorder.compile(measure)


def _step(mean: Any, square: Any) -> Any:
    """Return Adam's step; none where no slope ever was."""
    spread = keras.ops.sqrt(square)
    return mean / keras.ops.where(spread > 0, spread, float("inf"))


def _tensor(values: Any) -> Any:
    return keras.ops.convert_to_tensor(values, dtype="float32")


def _plain(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)
