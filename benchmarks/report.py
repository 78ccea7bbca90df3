"""How long a report takes and how large it gets with many images and methods.

Usage: python benchmarks/report.py IMAGES METHODS

The maps are smoothed noise with the lesion in it, fainter from method to method; they
are scored for real, with the images given, and the report is built in a process of its
own, which reads the scores folder and nothing else.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float32

SIZE = (96, 112)
BLOCKS = 8
REPORT = """
import json, sys, time
from pathlib import Path
from reports.writer import write
begin = time.perf_counter()
write(sys.argv[1], sys.argv[2])
seconds = time.perf_counter() - begin
status = Path("/proc/self/status").read_text()  # Linux; getrusage counts the parent too
peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
print(json.dumps({"seconds": seconds, "memory": peak}))
"""


def place(key: str) -> tuple[slice, slice]:
    """Return where the lesion of an image is."""
    row, column = int(key) * 7 % 70, int(key) * 11 % 80
    return slice(row, row + 9 + int(key) % 13), slice(column, column + 15)


def noise(streams: Sequence[int]) -> Float32[np.ndarray, "h w"]:
    """Draw noise, coarse and fine."""
    stream = np.random.default_rng(streams)
    coarse = stream.random((SIZE[0] // BLOCKS, SIZE[1] // BLOCKS), np.float32)
    return np.kron(coarse, np.ones((BLOCKS, BLOCKS), np.float32))


@dataclass(frozen=True)
class Maps:
    """Maps of one method, drawn when they are read."""

    method: int
    ids: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """What tells the entry apart."""
        return {"method": f"method {self.method}"}

    def read(self, ids: Sequence[str]) -> Float32[np.ndarray, "n h w"]:
        """Draw the maps of images."""
        maps = np.stack([noise([self.method, int(key)]) for key in ids])
        for map_, key in zip(maps, ids, strict=True):
            if int(key) % 2:
                map_[place(key)] += 1.2 - 0.05 * self.method
        return maps


@dataclass(frozen=True)
class Masks:
    """A rectangle in every second image."""

    ids: tuple[str, ...]

    def read(self, ids: Sequence[str]) -> Bool[np.ndarray, "n h w"]:
        """Draw the masks of images."""
        masks = np.zeros((len(ids), *SIZE), bool)
        for mask, key in zip(masks, ids, strict=True):
            mask[place(key)] = bool(int(key) % 2)
        return masks


def main(images: int, methods: int) -> None:
    """Score, build the report, and print seconds, megabytes and sizes."""
    from hrcam.pipeline.scoring import score

    ids = tuple(f"{index:07d}" for index in range(images))
    sources = {f"method {m}": Maps(m, ids) for m in range(methods)}
    kinds = ["focal", "diffuse", "ring"]
    strata = pd.DataFrame(
        {
            "image_id": ids,
            "subject": [f"{int(key) // 2}" for key in ids],
            "lesion": [kinds[int(k) // 2 % 3] if int(k) % 2 else "none" for k in ids],
        }
    )
    with tempfile.TemporaryDirectory() as place_:
        folder = Path(place_)
        begin = time.perf_counter()
        score(sources, Masks(ids), folder / "scores", strata=strata)
        scoring = time.perf_counter() - begin
        out = folder / "report.pdf"
        done = subprocess.run(
            [sys.executable, "-c", REPORT, str(folder / "scores"), str(out)],
            check=True,
            capture_output=True,
            text=True,
        )
        found = json.loads(done.stdout)
        sizes = [out.with_suffix(f".{end}").stat().st_size for end in ("pdf", "html")]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{images} images x {methods}: scored in {scoring:.0f} s ({memory} MB), "
        f"report in {found['seconds']:.1f} s ({found['memory']} MB), "
        f"PDF {sizes[0] / 1e6:.2f} MB, HTML {sizes[1] / 1e6:.2f} MB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
