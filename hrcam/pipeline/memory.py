"""What a limit on memory is enough for: how many workers, how many images at once.

What a worker holds is what its packages take and one shard at work. The process that
scores holds statistics of all images besides, which no number of workers changes;
``docs/scale.md`` says how much that is.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from simbench.blocks import LENGTH, layout
from simbench.dataset import Dataset
from simbench.recipe import Recipe

UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30}
#: Bytes of a process that draws or scores, before its first shard.
PROCESS = 400 * 10**6
#: Bytes of a process that trains or explains, before its first image: TensorFlow's.
ENGINE = 1100 * 10**6


def parse_memory(text: str) -> int:
    """Read a size as ``4GB`` or ``1.5GiB``; 0 of an empty text sets no limit.

    Raises
    ------
    ValueError
        If it is no size.
    """
    if not text:
        return 0
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]+)", text)
    if found is None or found[2] not in UNITS or float(found[1]) == 0:
        msg = f"memory must be a size as in 4GB ({', '.join(UNITS)}), got {text!r}"
        raise ValueError(msg)
    return int(float(found[1]) * UNITS[found[2]])


def block_bytes(recipe: Recipe) -> int:
    """Return what a process holds while it draws and writes one shard.

    All arrays of a block; and the largest twice more, on its way through the codec.
    """
    sizes = [
        LENGTH * int(np.prod(entry.shape)) * entry.dtype.itemsize
        for entry in layout(recipe).values()
    ]
    return sum(sizes) + 2 * max(sizes)


def afford(workers: int, memory: str, shard: int = 0) -> int:
    """Return how many of the workers there is memory for.

    Parameters
    ----------
    workers
        As many as asked for.
    memory
        As :func:`parse_memory` reads it.
    shard
        Bytes that a shard takes.

    Raises
    ------
    ValueError
        If there is not enough for one.
    """
    each = PROCESS + shard
    left = leave(memory, each, "for one worker and its shard")
    return workers if left is None else min(workers, 1 + left // each)


def leave(memory: str, least: int, what: str) -> int | None:
    """Return what a limit leaves beside the bytes that are needed; None if no limit.

    ``what`` they are needed for is told where they are more than the limit.

    Raises
    ------
    ValueError
        If there is not enough.
    """
    limit = parse_memory(memory)
    if not limit:
        return None
    if limit < least:
        msg = f"memory must be at least {-(-least // 10**6)}MB {what}, got {memory}"
        raise ValueError(msg)
    return limit - least


def sparing(dataset: Dataset, memory: str, least: int, what: str) -> Dataset:
    """Return a dataset whose images are read batch by batch where they are too many.

    Two splits may be held at a time. The arguments are those of :func:`leave`.
    """
    left = leave(memory, least, what)
    return dataset if left is None else replace(dataset, most=left // 2)


def map_bytes(
    networks: Mapping[str, Any], entries: Sequence[Any], size: tuple[int, int]
) -> tuple[int, int]:
    """Return what an image's maps take, and what is looked at to make them.

    Parameters
    ----------
    networks
        Probes by name, as :func:`hrcam.pipeline.lookout.planned` returns them.
    entries
        What is explained. Each has maps of its layers' sizes or of the images'.
    size
        Of the images.
    """
    image, maps, looked = math.prod(size), 0, 0
    for entry in entries:
        taps = {tap.name: tap for tap in networks[entry.method.network].taps}
        maps += max(sum(math.prod(taps[name].size) for name in entry.layers), image)
    for probe in networks.values():
        seen = sum(math.prod(tap.size) * tap.channels for tap in probe.taps)
        looked = max(looked, 2 * seen)  # features and their gradients
    return 4 * maps, 4 * looked


def batch_bytes(dataset: Dataset, batch: int) -> int:
    """Return what batches of images take as a network gets them: one more is ahead."""
    pixels = int(np.prod(dataset.arrays["image"].shape[1:]))
    return 2 * batch * pixels * 4
