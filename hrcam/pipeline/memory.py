"""How many workers a machine's memory is enough for.

What a worker holds is what its packages take and one shard at work. The process that
puts shards together holds the tables and statistics of all images besides, which no
number of workers changes; ``docs/scale.md`` says how much that is.
"""

import re

import numpy as np

from simbench.blocks import LENGTH, layout
from simbench.recipe import Recipe

UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30}
#: Bytes of a process that draws or scores, before its first shard.
PROCESS = 400 * 10**6


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
    limit = parse_memory(memory)
    if not limit:
        return workers
    each = PROCESS + shard
    if limit < each:
        msg = (
            f"memory must be at least {-(-each // 10**6)}MB for one worker and its "
            f"shard, got {memory}"
        )
        raise ValueError(msg)
    return min(workers, limit // each)
