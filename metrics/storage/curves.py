"""Counts at all thresholds as arrays in ``curves.zarr``."""

from pathlib import Path

import numpy as np
import zarr

from metrics.counting.statuses import STATUSES
from metrics.measured import Counted, Measured
from metrics.storage.allocation import release

IMAGES = 1024
"""Images of one chunk of counts."""
_LONG = 64 * IMAGES
"""Images of one chunk of what is one number or a few."""


def write_counts(measured: Measured, path: Path) -> None:
    """Write counts of all entries; a chunk has one entry and some images.

    Images come in the order of ``scores.parquet``, whose first rows name them.
    """
    attributes = {
        "entries": list(measured.entries),
        "columns": [[column.score, column.threshold] for column in measured.columns],
        "statuses": list(STATUSES),
    }
    group = zarr.create_group(path, zarr_format=3, attributes=attributes)
    first = measured.sweeps[measured.entries[0]]
    for name in ("marked_lesion", "marked_healthy"):
        counts: np.ndarray = getattr(first, name)
        whole = counts.dtype.kind != "f"
        images, levels = counts.shape
        array = group.create_array(
            name,
            shape=(len(measured.entries), images, levels),
            dtype=np.int32 if whole else np.float64,
            chunks=(1, min(images, IMAGES), levels),
            dimension_names=("entry", "image", "threshold"),
        )
        for place, entry in enumerate(measured.entries):
            counts = getattr(measured.sweeps[entry], name)
            for start in range(0, images, IMAGES):
                rows = slice(start, min(start + IMAGES, images))
                array[place, rows] = counts[rows]
                release(counts)
    _write_long(group, "lesion", first.lesion, ("image",))
    _write_long(group, "healthy", first.healthy, ("image",))
    _write_long(group, "worst", measured.worst, ("column", "image"))
    _write_long(group, "status", measured.sweeps.codes, ("entry", "image"))


def _write_long(
    group: zarr.Group, name: str, values: np.ndarray, axes: tuple[str, ...]
) -> None:
    """Write an array whose last axis are images, a chunk after the other."""
    images = values.shape[-1]
    step = max(min(images, _LONG // max(values[..., :1].size, 1)), 1)
    array = group.create_array(
        name,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(*values.shape[:-1], step),
        dimension_names=axes,
    )
    for start in range(0, images, step):
        part = slice(start, min(start + step, images))
        array[..., part] = np.array(values[..., part])
        release(values)


def read_counts(group: zarr.Group, entries: tuple[str, ...]) -> Counted:
    """Read counts of all entries.

    Raises
    ------
    ValueError
        If there are counts of fewer entries, or statuses that there are not.
    """
    names = ("marked_lesion", "marked_healthy", "lesion", "healthy", "status")
    arrays = [np.asarray(group[name]) for name in names]
    for name in ("marked_lesion", "marked_healthy", "status"):
        found = arrays[names.index(name)]
        if len(found) < len(entries):
            msg = f"{name} of {len(found)} entries, not {len(entries)}"
            raise ValueError(msg)
    codes = arrays[-1]
    if codes.dtype != np.uint8 or codes.max(initial=0) >= len(STATUSES):
        msg = f"statuses of {codes.dtype}, not all below {len(STATUSES)}"
        raise ValueError(msg)
    return Counted(entries, *arrays)
