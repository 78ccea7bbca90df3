"""A trained network, with what the fusion study asks of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from hrcam.balancing import Batches
from hrcam.heads import Head
from hrcam.pipeline.fitting import labeled_maps
from hrcam.pools import Pool
from simbench.dataset import Dataset

#: Side and step of occlusion, in pixels.
SIDE, STEP = 12, 8


class Network:
    """A trained network, with what the study asks of it."""

    def __init__(self, folder: Path, dataset: Dataset) -> None:
        from hrcam.engine.preparation import prepare
        from hrcam.pipeline.model import load

        self.model, self.dataset = load(folder), dataset
        self.probe = prepare(self.model.network)
        self.taps = self.probe.taps
        self.layers = tuple((tap.name, tap.channels) for tap in self.taps)
        self.geometry = [tap.geometry for tap in self.taps]

    def ids(self, split: str, lesions: bool = False) -> list[str]:
        """Return a split's images, or those of it with a lesion."""
        ids = self.dataset.ids(split)
        return [
            i for i, y in zip(ids, self.labels(ids), strict=True) if y or not lesions
        ]

    def labels(self, ids: list[str]) -> np.ndarray:
        """Return the classes of images."""
        from hrcam.pipeline.scenes import labels_of

        return labels_of(self.dataset, ids)

    def look(self, ids: list[str]) -> Iterator[dict[str, np.ndarray]]:
        """Yield feature maps batch by batch."""
        for maps, _ in self.labeled(ids):
            yield dict(maps)

    def labeled(self, ids: list[str]) -> Batches:
        """Yield feature maps batch by batch, with the classes of the images."""
        names = [tap.name for tap in self.taps]
        return labeled_maps(self.probe, self.dataset, ids, names)

    def pool(self, split: str) -> Pool:
        """Return the pooled features of a split."""
        from hrcam.engine.pooling import pool

        ids = self.ids(split)
        images = self.dataset.read("image", ids)
        return Pool(self.layers, pool(self.probe, images), self.labels(ids))

    def occlude(self, ids: list[str]) -> np.ndarray:
        """Return how the contrast falls where a gray square lies on the image."""
        from hrcam.engine.images import as_batch
        from hrcam.engine.pooling import logits

        out = []
        for pixels in as_batch(self.dataset.read("image", ids)):
            height, width, _ = pixels.shape
            rows, columns = np.arange(0, height, STEP), np.arange(0, width, STEP)
            places = [(y, x) for y in rows for x in columns]
            images = np.repeat(pixels[None], len(places) + 1, axis=0)
            for image, (y, x) in zip(images, places, strict=False):
                edge = (SIDE - STEP) // 2
                cut = slice(max(y - edge, 0), y + STEP + edge)
                image[cut, max(x - edge, 0) : x + STEP + edge] = pixels.mean()
            contrast = logits(self.probe, images) @ np.array([-1.0, 1.0])
            drop = (contrast[-1] - contrast[:-1]).reshape(len(rows), len(columns))
            out.append(np.kron(drop, np.ones((STEP, STEP)))[:height, :width])
        return np.stack(out)


def maps_of(
    network: Network, heads: Mapping[str, Head], ids: list[str]
) -> dict[str, list[np.ndarray]]:
    """Return each head's raw maps of images, by its layers, shallow to deep."""
    parts: dict[str, list[list[np.ndarray]]] = {
        name: [[] for _ in network.taps] for name in heads
    }
    for features in network.look(ids):
        for place, tap in enumerate(network.taps):
            for name, head in heads.items():
                if tap.name in head.weights:
                    weights = head.weights[tap.name]
                    vector = (weights[:, 1] - weights[:, 0]).astype(np.float32)
                    parts[name][place].append(features[tap.name] @ vector)
    return {
        name: [np.concatenate(rows) for rows in layers if rows]
        for name, layers in parts.items()
    }
