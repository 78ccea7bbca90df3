"""Bounds of what one file may hold; that of one image is in ``check_image``."""

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

from metrics.sources.formats.image import ImageError, complete
from metrics.sources.formats.limits import BYTES, IMAGES, MARKED, VOXELS


def check_count(name: str, count: int) -> None:
    """Refuse more images in one file than anybody keeps there.

    Raises
    ------
    ImageError
        Naming the limit.
    """
    if count > IMAGES.most:
        msg = (
            f"{name} must hold at most {IMAGES.most} images, got {count}; {IMAGES.hint}"
        )
        raise ImageError(msg)


def check_marked(name: str, lesions: int, size: Sequence[int]) -> None:
    """Refuse more lesions in one image than memory can hold one by one.

    Raises
    ------
    ImageError
        Naming the limit.
    """
    if lesions * prod(map(int, size)) > MARKED.most:
        msg = (
            f"{name} must have lesions of at most {MARKED.most} pixels in all, got "
            f"{lesions} on {tuple(size)}; {MARKED.hint}"
        )
        raise ImageError(msg)


def check_bytes(path: Path) -> None:
    """Refuse a file of text too large to be taken into memory.

    Raises
    ------
    ImageError
        Naming the limit; also if the file has vanished.
    """
    with complete(str(path)):
        size = path.stat().st_size
    if size > BYTES.most:
        msg = f"{path} must have at most {BYTES.most} bytes, got {size}; {BYTES.hint}"
        raise ImageError(msg)


def check_chunks(name: str, array: Any) -> None:
    """Refuse an array whose chunks, each read as a whole, are too large to be meant.

    Raises
    ------
    ImageError
        Naming the limit.
    """
    chunk = getattr(array, "chunks", None) or ()
    if prod(map(int, chunk)) > VOXELS.most:
        msg = (
            f"{name} must have chunks of at most {VOXELS.most} pixels, got {chunk}; "
            f"{VOXELS.hint}"
        )
        raise ImageError(msg)
