"""Keep a scored shard in a file, whole or not at all."""

import logging
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from metrics.pooled.froc import Candidates
from metrics.shards import Shard
from metrics.storage.archives import read_arrays, write_arrays

_ARRAYS = ("values", "codes", "worst", "marked", "sizes", "status")
_LOG = logging.getLogger(__name__)


def write_shard(path: Path, shard: Shard, identity: str) -> None:
    """Write a shard and the hash of what it follows from, under another name first."""
    arrays = {name: getattr(shard, name) for name in _ARRAYS}
    for entry, candidates in enumerate(shard.candidates):
        arrays |= {f"{entry:04d}.{k}": v for k, v in asdict(candidates).items()}
    arrays["identity"] = np.array(identity)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    write_arrays(draft, arrays)
    draft.replace(path)


def read_shard(path: Path) -> tuple[Shard, str] | None:
    """Read a shard and that hash; None if there is no whole file."""
    if not path.is_file():
        return None
    try:
        arrays = read_arrays(path)
        identity = str(arrays.pop("identity"))
        found = {name: arrays.pop(name) for name in _ARRAYS}
        entries = sorted({name.partition(".")[0] for name in arrays})
        candidates = tuple(
            Candidates(*(arrays[f"{entry}.{f.name}"] for f in fields(Candidates)))
            for entry in entries
        )
    except (ValueError, KeyError) as error:
        _LOG.warning("%s is not whole and is made again: %s", path, error)
        return None
    return Shard(**found, candidates=candidates), identity
