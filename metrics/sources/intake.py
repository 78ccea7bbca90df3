"""Read batches from sources and check them at the door."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from metrics.counting.truth import Truth, as_truth
from metrics.sources.source import MapSource, MaskSource, check_unique

_BATCH_PIXELS = 2**20


def read_masks(
    masks: MaskSource, ids: Sequence[str]
) -> Iterator[tuple[Sequence[str], Truth]]:
    """Yield ids and their truth in batches of about a million pixels.

    Raises
    ------
    ValueError
        If there is no image.
    """
    if not ids:
        msg = "masks must hold at least one image, got none"
        raise ValueError(msg)
    first = as_truth(masks.read(ids[:1]))
    size = max(1, _BATCH_PIXELS // first.lesion[0].size)
    for start in range(0, len(ids), size):
        batch = ids[start : start + size]
        yield batch, as_truth(masks.read(batch))


def read_maps(
    name: str, source: MapSource, ids: Sequence[str], size: tuple[int, ...]
) -> Float[np.ndarray, "n h w"]:
    """Read maps and make sure that they are what a source promises.

    Raises
    ------
    ValueError
        If they are not real numbers, one image per id, of the masks' ``size``.
    """
    maps = np.asarray(source.read(ids))
    if maps.dtype.kind not in "buif" or maps.shape[:1] != (len(ids),):
        msg = (
            f"maps of {name!r} must be read as real numbers (n, h, w), got dtype "
            f"{maps.dtype} and shape {maps.shape} for {len(ids)} images"
        )
        raise ValueError(msg)
    if maps.shape[1:] != size:
        msg = (
            f"maps and masks must have one shape, got {maps.shape[1:]} for the map "
            f"of {ids[0]} in {name!r} and {size} for its mask; "
            "enlarge the maps to the masks' size"
        )
        raise ValueError(msg)
    return maps.astype(np.result_type(maps.dtype, np.float32), copy=False)


def check_ids(name: str, have: Sequence[str], ids: Sequence[str]) -> None:
    """Make sure that every map has a mask.

    Raises
    ------
    ValueError
        If none has, some have not, or an id occurs twice.
    """
    check_unique(f"maps of {name!r}", have)
    known = frozenset(ids)
    extra = [key for key in have if key not in known]
    if len(extra) == len(have):
        msg = (
            f"maps of {name!r} must match masks by image_id, got no match: maps "
            f"{_some(have)} and masks {_some(ids)}; name both alike"
        )
        raise ValueError(msg)
    if extra:
        msg = (
            f"every map of {name!r} must have a mask, got none for {_some(extra)}; "
            "add the masks (all 0 for an image without lesion) or remove the maps"
        )
        raise ValueError(msg)


def _some(ids: Sequence[str]) -> str:
    """Name up to three ids."""
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return (", ".join(ids[:3]) or "none") + more
