"""Run methods on a network, batch by batch, compiled on the device."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from jaxtyping import Float, Int

from hrcam.capture import Capture, Layer, Truth
from hrcam.engine.recorder import Recorder, compiled, features_and_gradients
from hrcam.entries import Entry
from hrcam.heads import Head

#: By entry name, then by layer: raw maps, (n, h, w).
Batch = dict[str, dict[str, Float[np.ndarray, "n h w"]]]


@dataclass(frozen=True)
class Job:
    """What is explained: a network's taps, entries and fitted heads."""

    recorder: Recorder
    entries: tuple[Entry, ...]
    heads: Mapping[str, Head]

    @property
    def differentiated(self) -> tuple[str, ...]:
        """Names of the layers whose gradients some entry needs."""
        wanted = {e.layers[-1] for e in self.entries if "gradients" in e.method.needs}
        return tuple(t.name for t in self.recorder.taps if t.name in wanted)


@dataclass(frozen=True)
class Scene:
    """A batch of images with what methods may know of them; see ``Capture``.

    ``pixels`` is (n, h, w, c); ``target`` holds each image's coefficients on the
    logits, (n, classes); ``truth`` is mask and effect stacked, (2, n, h, w), or None.
    """

    pixels: Float[np.ndarray, "n h w c"]
    target: Float[np.ndarray, "n k"]
    tissue: Float[np.ndarray, "n h w"]
    tissue_median: Float[np.ndarray, " n"]
    noise: Float[np.ndarray, "n h w"]
    truth: Float[np.ndarray, "2 n h w"] | None = None


def contrast(
    labels: Int[np.ndarray, " n"], classes: int
) -> Float[np.ndarray, "n classes"]:
    """Return coefficients of the contrast logit: class minus mean of the others."""
    table = np.full((classes, classes), -1.0 / (classes - 1))
    np.fill_diagonal(table, 1.0)
    return table[labels].astype(np.float32)


def explain(job: Job, scenes: Iterable[Scene]) -> Iterator[Batch]:
    """Yield the raw parts of every entry for each batch, through the compiled route.

    Raises
    ------
    ValueError
        If a method's parts do not have their layer's size.
    """
    call = compiled(lambda *inputs: _explain(job, *inputs))
    for scene in scenes:
        found = call(*_tensors(scene))
        batch = {
            name: {k: np.asarray(v, dtype=np.float32) for k, v in parts.items()}
            for name, parts in found.items()
        }
        _check(job, batch, len(scene.pixels))
        yield batch


def record(job: Job, scene: Scene) -> Capture:
    """Record a batch as NumPy arrays, for methods run outside the device.

    The capture holds every head of the job under its key, so that
    :func:`at_entry` can narrow it to an entry.
    """
    capture = _capture(job, *_tensors(scene))
    heads = {
        key: {layer: np.asarray(w) for layer, w in weights.items()}
        for key, weights in capture.heads.items()
    }
    layers = tuple(
        replace(
            x,
            features=np.asarray(x.features),
            gradients=None if x.gradients is None else np.asarray(x.gradients),
        )
        for x in capture.layers
    )
    return replace(
        capture,
        ops=np,
        images=scene.pixels.mean(axis=-1),
        layers=layers,
        heads=heads,
        tissue=scene.tissue,
        tissue_median=scene.tissue_median,
        noise=scene.noise,
        truth=None if scene.truth is None else Truth(*scene.truth),
    )


def at_entry(capture: Capture, entry: Entry) -> Capture:
    """Narrow a capture to the layers and heads that an entry sees."""
    heads = {name: capture.heads[key] for name, key in entry.heads.items()}
    return replace(capture.at(entry.layers), heads=heads)


def _tensors(scene: Scene) -> list[Any]:
    """Return the scene's arrays in the order of the compiled function."""
    parts = [scene.pixels, scene.target, scene.tissue, scene.tissue_median, scene.noise]
    if scene.truth is not None:
        parts += list(scene.truth)
    return [keras.ops.convert_to_tensor(x, dtype="float32") for x in parts]


def _capture(job: Job, pixels: Any, target: Any, *rest: Any) -> Capture:
    """Build the capture of a batch of tensors, with all heads of the job by key."""
    features, gradients = features_and_gradients(
        job.recorder, pixels, target, job.differentiated
    )
    tissue, median, noise, *truth = rest
    return Capture(
        size=tuple(pixels.shape[1:3]),
        ops=keras.ops,
        images=keras.ops.mean(pixels, axis=-1),
        layers=tuple(
            Layer(t.name, t.size, features[t.name], gradients.get(t.name))
            for t in job.recorder.taps
        ),
        heads={
            key: {
                name: keras.ops.matmul(target, np.float32(weights.T))
                for name, weights in head.weights.items()
            }
            for key, head in job.heads.items()
        },
        tissue=tissue,
        tissue_median=median,
        noise=noise,
        truth=Truth(*truth) if truth else None,
    )


def _explain(job: Job, *inputs: Any) -> dict[str, dict[str, Any]]:
    """Explain a batch with every entry: the function that is compiled."""
    capture = _capture(job, *inputs)
    return {e.name: e.method.explain(at_entry(capture, e)) for e in job.entries}


def _check(job: Job, batch: Batch, count: int) -> None:
    """Check every part's shape, once for all methods."""
    for entry in job.entries:
        for layer, part in batch[entry.name].items():
            size = part.shape[1:] if layer == "image" else job.recorder.tap(layer).size
            if part.shape != (count, *size):
                msg = (
                    f"{entry.name} must return maps of shape {(count, *size)} for "
                    f"{layer}, got {part.shape}"
                )
                raise ValueError(msg)
