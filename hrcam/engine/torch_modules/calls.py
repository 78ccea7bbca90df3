"""Ask a torch module again about a batch: the same networks, other inputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from hrcam.engine.torch_modules.network import Network, to_numpy
from hrcam.engine.torch_modules.trace import graded
from hrcam.engine.torch_modules.watch import RULES

#: Inputs put through a network at a time.
CHUNK = 32


@dataclass(eq=False)
class ModuleCalls:
    """A torch module to be asked again; see :class:`hrcam.capture.Calls`.

    Parameters
    ----------
    network
        The module with its places.
    pixels
        The images of the capture, (n, h, w, c).
    target
        Coefficients of each image's target on the logits, (n, k).
    limit
        Images a method may put through the network per explained image.
    """

    network: Network
    pixels: Float[np.ndarray, "n h w c"]
    target: Float[np.ndarray, "n k"]
    limit: int | None = None

    def responses(
        self, pixels: Float[np.ndarray, "m h w c"], rows: Int[np.ndarray, " m"]
    ) -> Float[np.ndarray, " m"]:
        """Return the target logit of other pixels, (m,)."""
        parts = []
        with graded(False):
            for some in _chunks(len(rows)):
                logits, _ = self.network.run(self.network.image(pixels[some]))
                parts.append(to_numpy(self._aims(logits, rows[some])))
        return np.concatenate(parts)

    def slopes(
        self,
        pixels: Float[np.ndarray, "m h w c"],
        rows: Int[np.ndarray, " m"],
        rule: str = "plain",
    ) -> Float[np.ndarray, "m h w c"]:
        """Return the target logit's derivative by the pixels, (m, h, w, c)."""
        parts = []
        for some in _chunks(len(rows)):
            with graded(True):
                image = self.network.image(pixels[some]).requires_grad_()
                logits, _ = self.network.run(image.clone(), call=RULES[rule])
                aim = self._aims(logits, rows[some]).sum()
                parts.append(to_numpy(*torch.autograd.grad(aim, image)))
        return np.concatenate(parts)

    def tails(
        self,
        layer: str,
        features: Float[np.ndarray, "m i j f"],
        rows: Int[np.ndarray, " m"],
    ) -> Float[np.ndarray, " m"]:
        """Return the target logit where a layer's feature maps are replaced, (m,)."""
        parts = []
        with graded(False):
            for some in _chunks(len(rows)):
                image = self.network.image(self.pixels[rows[some]])
                maps = self.network.image(features[some])
                logits, _ = self.network.run(image, replaced={layer: maps})
                parts.append(to_numpy(self._aims(logits, rows[some])))
        return np.concatenate(parts)

    def looks(
        self,
        pixels: Float[np.ndarray, "m h w c"],
        rows: Int[np.ndarray, " m"],
        layers: tuple[str, ...],
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return features and gradients of other pixels, even of another size."""
        features: dict[str, list[Any]] = {name: [] for name in layers}
        gradients: dict[str, list[Any]] = {name: [] for name in layers}
        for some in _chunks(len(rows)):
            with graded(True):
                image = self.network.image(pixels[some]).requires_grad_()
                logits, found = self.network.run(image.clone(), layers)
                aim = self._aims(logits, rows[some]).sum()
                slopes = differentiate(aim, {name: found[name] for name in layers})
            for name in layers:
                features[name].append(to_numpy(found[name]))
                gradients[name].append(to_numpy(slopes[name]))
        return (
            {name: np.concatenate(x) for name, x in features.items()},
            {name: np.concatenate(x) for name, x in gradients.items()},
        )

    def _aims(self, logits: torch.Tensor, rows: Int[np.ndarray, " m"]) -> torch.Tensor:
        return aims(logits, self.target[rows])


def aims(logits: torch.Tensor, target: Any) -> torch.Tensor:
    """Return the target logit of each image, (n,)."""
    coefficients = torch.as_tensor(np.asarray(target)).to(logits)
    return (logits * coefficients).sum(dim=1)


def differentiate(
    aim: torch.Tensor, tensors: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Return the derivatives of a number by tensors of its graph, in one backward.

    Raises
    ------
    ValueError
        If the graph does not reach a tensor.
    """
    cut = [name for name, tensor in tensors.items() if not tensor.requires_grad]
    if not cut and tensors:
        slopes = torch.autograd.grad(aim, list(tensors.values()), allow_unused=True)
        cut = [n for n, s in zip(tensors, slopes, strict=True) if s is None]
        if not cut:
            return dict(zip(tensors, slopes, strict=True))
    if not tensors:
        return {}
    msg = (
        f"layer must reach the logits by differentiable functions, got {cut[0]!r}, "
        "which is detached, computed without gradients or unused; name another layer, "
        "or take torch.no_grad() and detach() out of the module's forward"
    )
    raise ValueError(msg)


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, start + CHUNK)
