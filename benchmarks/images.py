"""How time and memory of scoring grow with the number of images.

Usage: python benchmarks/images.py IMAGES
"""

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

from metrics import score
from metrics.storage.folder import write

SIZE = (64, 80)
METHODS = 3


@dataclass(frozen=True)
class Maps:
    """Noise, drawn when it is read."""

    method: int
    ids: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """What tells the entry apart."""
        return {"method": f"method {self.method}"}

    def read(self, ids: Sequence[str]) -> Float32[np.ndarray, "n h w"]:
        """Draw the maps of images."""
        streams = (np.random.default_rng([self.method, int(key)]) for key in ids)
        return np.stack([stream.random(SIZE, np.float32) for stream in streams])


@dataclass(frozen=True)
class Masks:
    """A rectangle for each image."""

    ids: tuple[str, ...]

    def read(self, ids: Sequence[str]) -> Bool[np.ndarray, "n h w"]:
        """Draw the masks of images."""
        masks = np.zeros((len(ids), *SIZE), bool)
        for mask, key in zip(masks, ids, strict=True):
            start = int(key) % 40
            mask[start : start + 9, start : start + 12] = True
        return masks


def main(images: int) -> None:
    """Score, write, and print seconds and the process' largest memory."""
    ids = tuple(f"{index:07d}" for index in range(images))
    sources = {f"method {m}": Maps(m, ids) for m in range(METHODS)}
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = score(sources, Masks(ids), spill=Path(folder))
        write(found, Path(folder) / "scores")
    seconds = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{images} images x {METHODS}: {seconds:.1f} s, {memory} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]))
