"""Run methods on a network, batch by batch: one pass for all that can share it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from hrcam.capture import Capture, Layer, Truth
from hrcam.engine.pooling import to_numpy, to_tensor
from hrcam.engine.probe import Look, Probe, Wants
from hrcam.entries import Entry, run
from hrcam.heads import Head

#: By entry name, then by layer: raw maps, (n, h, w).
Batch = dict[str, dict[str, Float[np.ndarray, "n h w"]]]


@dataclass(frozen=True)
class Job:
    """What is explained: a network, entries, fitted heads, calls for each image."""

    probe: Probe
    entries: tuple[Entry, ...]
    heads: Mapping[str, Head]
    limit: int | None = None

    def wants(self, entries: Sequence[Entry]) -> Wants:
        """Return what entries need of a look."""
        members = [m for entry in entries for m in entry.members]
        return Wants(
            self._layers(members, "features"),
            self._layers(members, "gradients"),
            tuple(
                rule
                for rule in ("plain", "guided", "deconvnet")
                if any(f"slope:{rule}" in m.method.needs for m in members)
            ),
            any("biases" in m.method.needs for m in members),
        )

    def _layers(self, members: Sequence[Entry], need: str) -> tuple[str, ...]:
        wanted = {x for m in members if need in m.method.needs for x in m.layers}
        return tuple(t.name for t in self.probe.taps if t.name in wanted)


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


def coefficients(
    labels: Int[np.ndarray, " n"], classes: int, form: str = "contrast"
) -> Float[np.ndarray, "n classes"]:
    """Return the target's coefficients on the logits.

    Parameters
    ----------
    labels
        Class of each image that is explained.
    classes
        How many there are.
    form
        ``contrast``: the class's logit minus the mean of the others; ``logit``: the
        class's alone (of one sigmoid output: its logit, or minus that).

    Raises
    ------
    ValueError
        If a class is out of range.
    """
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        msg = f"target must be a class in 0..{classes - 1}, got {wrong}"
        raise ValueError(msg)
    others = -1.0 / (classes - 1) if form == "contrast" else 0.0
    table = np.full((classes, classes), others)
    np.fill_diagonal(table, 1.0)
    return table[labels].astype(np.float32)


def explain(job: Job, scenes: Iterable[Scene]) -> Iterator[Batch]:
    """Yield the raw parts of every entry for each batch.

    What needs features, gradients and pixel slopes is computed from one pass, compiled
    on the device where the network's library compiles; methods that ask the network
    again run in NumPy.

    Raises
    ------
    ValueError
        If a method's parts do not have their layer's size.
    """
    explainer = Explainer(job)
    for scene in scenes:
        yield explainer(scene)


class Explainer:
    """Explains batches for a job; compiles once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._asking = tuple(e for e in job.entries if "calls" in e.method.needs)
        self._direct = tuple(e for e in job.entries if e not in self._asking)
        self._call = job.probe.compile(partial(_explain, job, self._direct))
        self._look = _looking(job, self._asking)

    def __call__(self, scene: Scene) -> Batch:
        """Return the raw parts of every entry, (n, h, w) each."""
        job, found = self._job, {}
        if self._direct:
            found = self._call(*_tensors(job.probe, scene))
        if self._asking:
            capture = _recorded(job, scene, self._look)
            found |= {e.name: run(e, capture) for e in self._asking}
        batch = {
            entry.name: {
                layer: to_numpy(job.probe, part).astype(np.float32)
                for layer, part in found[entry.name].items()
            }
            for entry in job.entries
        }
        _check(job, batch, scene)
        return batch


def record(job: Job, scene: Scene, entries: Sequence[Entry]) -> Capture:
    """Record a batch as NumPy arrays, with the network to be asked again.

    The capture holds every head of the job under its key.
    """
    return _recorded(job, scene, _looking(job, entries))


def _looking(job: Job, entries: Sequence[Entry]) -> Callable[..., Any]:
    """Return the compiled look that entries need."""
    wants = job.wants(entries)
    return job.probe.compile(lambda x, target: vars(job.probe.look(x, target, wants)))


def _recorded(job: Job, scene: Scene, look: Callable[..., Any]) -> Capture:
    pixels, target, *_ = _tensors(job.probe, scene)
    found = _plain(job.probe, look(pixels, target))
    capture = _capture(job, Look(**found), _known(scene), np)
    calls = job.probe.calls(scene.pixels, scene.target, job.limit)
    return replace(capture, calls=calls)


def _known(scene: Scene) -> dict[str, Any]:
    """Return what is known of a batch besides the network, in NumPy."""
    known = {k: v for k, v in vars(scene).items() if v is not None}
    return {k: np.asarray(v, dtype=np.float32) for k, v in known.items()}


def _explain(job: Job, entries: Sequence[Entry], *inputs: Any) -> dict[str, Any]:
    """Explain a batch with every direct entry: the function that is compiled."""
    names = ("pixels", "target", "tissue", "tissue_median", "noise", "truth")
    known = dict(zip(names, inputs, strict=False))
    look = job.probe.look(known["pixels"], known["target"], job.wants(entries))
    capture = _capture(job, look, known, job.probe.ops)
    return {e.name: dict(run(e, capture)) for e in entries}


def _capture(job: Job, look: Look, known: Mapping[str, Any], ops: Any) -> Capture:
    """Build the capture of a batch, with all heads of the job by key."""
    target = known["target"]
    return Capture(
        size=tuple(known["pixels"].shape[1:3]),
        ops=ops,
        images=ops.mean(known["pixels"], axis=-1),
        layers=tuple(
            Layer(t.name, t.size, look.features.get(t.name), look.gradients.get(t.name))
            for t in job.probe.taps
        ),
        pixels=known["pixels"],
        slopes=look.slopes,
        biases=look.biases,
        logits=ops.sum(look.logits * target, axis=1),
        heads={
            key: {
                name: ops.matmul(target, np.float32(weights.T))
                for name, weights in head.weights.items()
            }
            for key, head in job.heads.items()
        },
        tissue=known["tissue"],
        tissue_median=known["tissue_median"],
        noise=known["noise"],
        truth=Truth(known["truth"][0], known["truth"][1]) if "truth" in known else None,
    )


def _tensors(probe: Probe, scene: Scene) -> list[Any]:
    """Return the scene's arrays in the order of the compiled function."""
    return [to_tensor(probe, x) for x in _known(scene).values()]


def _plain(probe: Probe, found: Any) -> Any:
    """Return what a compiled look gives as NumPy arrays."""
    if isinstance(found, dict):
        return {key: _plain(probe, value) for key, value in found.items()}
    if isinstance(found, tuple | list):
        return tuple(_plain(probe, value) for value in found)
    return to_numpy(probe, found)


def _check(job: Job, batch: Batch, scene: Scene) -> None:
    """Check every part's shape, once for all methods."""
    sizes = {tap.name: tap.size for tap in job.probe.taps}
    count, *image = scene.pixels.shape[:3]
    for name, parts in batch.items():
        for layer, part in parts.items():
            shape = (count, *sizes.get(layer, tuple(image)))
            if part.shape != shape:
                msg = (
                    f"{name} must return maps of shape {shape} for {layer}, "
                    f"got {part.shape}"
                )
                raise ValueError(msg)
