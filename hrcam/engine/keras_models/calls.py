"""Ask a Keras network again and again, in pieces of few sizes: one compilation each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from jaxtyping import Float, Integer

from hrcam.engine.keras_models.steps import Shape
from hrcam.engine.pooling import batch_size
from hrcam.engine.probe import Wants

if TYPE_CHECKING:
    from hrcam.engine.keras_models.recorder import Recorder

Rows = Integer[np.ndarray, " m"]
Pixels = Float[np.ndarray, "m h w c"]

#: Inputs of a piece, where there are fewer than go through the network at a time.
FEW = (1, 4, 16)


@dataclass(eq=False)
class Asked:
    """A network to be asked about a batch: a :class:`hrcam.capture.Calls`.

    What is compiled is kept with the network, for the next batch.

    Parameters
    ----------
    recorder
        The prepared network.
    pixels, target
        The batch, (n, h, w, c), and each image's coefficients on the logits, (n, k).
    limit
        Images that a method may put through the network per explained image.
    """

    recorder: "Recorder"
    pixels: Pixels
    target: Float[np.ndarray, "n k"]
    limit: int | None = None

    def responses(self, pixels: Pixels, rows: Rows) -> Float[np.ndarray, " m"]:
        """Return the target logit of other pixels."""
        image = self.recorder.graph.image

        def respond(pixels: Any, target: Any) -> Any:
            logits, _ = self.recorder.run({image: pixels})
            return keras.ops.sum(logits * target, axis=1)

        self._check(pixels, self.recorder.shape)
        return self._pieces("responses", respond, (pixels,), rows)

    def slopes(
        self, pixels: Pixels, rows: Rows, rule: str = "plain"
    ) -> Float[np.ndarray, "m h w c"]:
        """Return the target logit's derivative by the pixels."""

        def derive(pixels: Any, target: Any) -> Any:
            return self.recorder.slope(pixels, target, rule)

        self._check(pixels, self.recorder.shape)
        return self._pieces(f"slopes {rule}", derive, (pixels,), rows)

    def tails(
        self, layer: str, features: Float[np.ndarray, "m y x d"], rows: Rows
    ) -> Float[np.ndarray, " m"]:
        """Return the target logit where a layer's feature maps are replaced.

        Only what follows the layer is computed, and what bypasses it.
        """
        place, image = self.recorder.places[layer], self.recorder.graph.image

        def finish(features: Any, pixels: Any, target: Any) -> Any:
            logits, _ = self.recorder.run({place: features, image: pixels})
            return keras.ops.sum(logits * target, axis=1)

        self._check(features, self.recorder.graph.shapes[place][1:])
        inputs = (features, self.pixels[rows])
        return self._pieces(f"tails {layer}", finish, inputs, rows)

    def looks(
        self, pixels: Pixels, rows: Rows, layers: tuple[str, ...]
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return features and gradients of other pixels, even of another size."""
        recorder = self.recorder.resized(pixels.shape[1:3])
        wants = Wants(layers, layers)

        def look(pixels: Any, target: Any) -> Any:
            found = recorder.look(pixels, target, wants)
            return dict(found.features), dict(found.gradients)

        return self._pieces(f"looks {layers}", look, (pixels,), rows)

    def _pieces(
        self,
        name: str,
        function: Callable[..., Any],
        inputs: tuple[np.ndarray, ...],
        rows: Rows,
    ) -> Any:
        """Call a compiled function piece by piece, the last piece being filled up."""
        if any(len(x) != len(rows) for x in inputs):
            msg = (
                f"rows must name an image for each of the {len(inputs[0])} inputs, got "
                f"{len(rows)}; repeat the image's row"
            )
            raise ValueError(msg)
        functions = self.recorder.functions
        key = name, inputs[0].shape[1:]
        if key not in functions:
            functions[key] = self.recorder.compile(function)
        largest = batch_size(inputs[-1].shape[1:3])
        size = next((few for few in FEW if len(rows) <= few < largest), largest)
        found = []
        for start in range(0, max(len(rows), 1), size):
            piece = slice(start, start + size)
            parts = [x[piece] for x in (*inputs, self.target[rows])]
            tensors = [
                keras.ops.convert_to_tensor(_filled(x, size), dtype="float32")
                for x in parts
            ]
            count = len(parts[0])
            made = functions[key](*tensors)
            found.append(keras.tree.map_structure(lambda t, n=count: _rows(t, n), made))
        return keras.tree.map_structure(lambda *x: np.concatenate(x), *found)

    def _check(self, given: np.ndarray, shape: Shape) -> None:
        if given.shape[1:] != tuple(shape):
            msg = (
                f"inputs must have shape (m, {', '.join(map(str, shape))}), got "
                f"{given.shape}; only looks take another size"
            )
            raise ValueError(msg)


def _filled(some: np.ndarray, size: int) -> np.ndarray:
    """Fill a piece up with zeros."""
    return np.pad(some, [(0, size - len(some)), *[(0, 0)] * (some.ndim - 1)])


def _rows(tensor: Any, count: int) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)[:count]
