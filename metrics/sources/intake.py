"""Read batches from sources and check them at the door."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float

from metrics.counting.truth import Truth, as_truth
from metrics.sources.source import MapSource, MaskSource
from metrics.sources.truths import alike, join

_BATCH_PIXELS = 2**20


def read_masks(
    masks: MaskSource, ids: Sequence[str]
) -> Iterator[tuple[Sequence[str], Truth]]:
    """Yield ids and truths in batches of one size, of about a million pixels.

    A source that has ``each(ids)``, which yields one image's truth after another, may
    hold images of different sizes: images that follow one another and are alike make a
    batch. Nothing is read twice.

    Raises
    ------
    ValueError
        If there is no image.
    """
    if not ids:
        msg = "masks must hold at least one image, got none"
        raise ValueError(msg)
    if hasattr(masks, "each"):
        yield from _group(ids, masks.each(ids))
        return
    first = as_truth(masks.read(ids[:1]))
    size = max(1, _BATCH_PIXELS // first.lesion[0].size)
    for start in range(0, len(ids), size):
        batch = ids[start : start + size]
        yield batch, as_truth(masks.read(batch))


def _group(
    ids: Sequence[str], truths: Iterator[Truth]
) -> Iterator[tuple[Sequence[str], Truth]]:
    """Put neighbors that are alike together."""
    keys: list[str] = []
    held: list[Truth] = []
    pixels = 0
    for key, given in zip(ids, truths, strict=True):
        truth = as_truth(given)
        full = pixels + truth.lesion.size > _BATCH_PIXELS
        if held and (full or not alike(held[0], truth)):
            yield keys, join(held)
            keys, held, pixels = [], [], 0
        keys.append(key)
        held.append(truth)
        pixels += truth.lesion.size
    yield keys, join(held)


def read_maps(
    name: str, source: MapSource, ids: Sequence[str], size: tuple[int, ...]
) -> Float[np.ndarray, "n ..."]:
    """Read maps and make sure that they are what a source promises.

    Raises
    ------
    ValueError
        If they are not real numbers, one image per id, of the masks' ``size``.
    """
    if hasattr(source, "each"):
        rows = []
        for key, map_ in zip(ids, source.each(ids), strict=True):
            _check_size(name, key, map_.shape, size)
            rows.append(map_)
        maps = np.stack(rows)
    else:
        maps = np.asarray(source.read(ids))
    if maps.dtype.kind not in "buif" or maps.shape[:1] != (len(ids),):
        msg = (
            f"maps of {name!r} must be read as real numbers (n, h, w), got dtype "
            f"{maps.dtype} and shape {maps.shape} for {len(ids)} images"
        )
        raise ValueError(msg)
    _check_size(name, ids[0], maps.shape[1:], size)
    return maps.astype(np.result_type(maps.dtype, np.float32), copy=False)


def read_present(
    name: str,
    source: MapSource,
    have: frozenset[str],
    ids: Sequence[str],
    size: tuple[int, ...],
) -> tuple[Float[np.ndarray, "n ..."], Bool[np.ndarray, " n"]]:
    """Read the maps there are, and say which; the others are NaN everywhere.

    Parameters
    ----------
    name, source, ids, size
        As of :func:`read_maps`.
    have
        Images that the source has.
    """
    present = np.array([key in have for key in ids])
    if present.all():
        return read_maps(name, source, ids, size), present
    maps = np.full((len(ids), *size), np.nan)
    wanted = [key for key in ids if key in have]
    if wanted:
        maps[present] = read_maps(name, source, wanted, size)
    return maps, present


def _check_size(
    name: str, key: str, size: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    """Refuse a map of another size than its mask, and say what looks wrong."""
    if size == wanted:
        return
    remedy = "enlarge the maps to the masks' size"
    if sorted(size) == sorted(wanted):
        remedy = "the axes look swapped: transpose the maps"
    elif sorted(n for n in size if n > 1) == sorted(n for n in wanted if n > 1):
        remedy = "drop the axes of one pixel"
    elif len(size) != len(wanted):
        remedy = "slices and volumes do not mix: save one like the other"
    msg = (
        f"maps and masks must have one shape, got {size} for the map of {key} in "
        f"{name!r} and {wanted} for its mask; {remedy}"
    )
    raise ValueError(msg)
