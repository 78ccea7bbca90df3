"""Decode every picture of a listing once, and keep nothing but its size."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from simbench.readers.decoded import THREADS
from simbench.readers.listing import Empty, Listing, Picture
from simbench.readers.root import PictureError, Root

#: Images that are looked at before the next are handed out.
BLOCK = 256


@dataclass(frozen=True)
class Look:
    """What one picture is; ``problem`` is empty unless it or its mask is damaged."""

    height: int = 0
    width: int = 0
    color: bool = False
    problem: str = ""

    @property
    def size(self) -> dict[str, int]:
        """Columns of the index."""
        return {"height": self.height, "width": self.width}


def look_at_all(
    root: Root,
    listing: Listing,
    order: Sequence[int],
    progress: Callable[[int], None] | None = None,
) -> dict[int, Look]:
    """Look at the images at the given places, and at their masks.

    Every file is read once: its checksum, its size and whether it is whole come from
    the same bytes. ``progress`` is called with the number of images just looked at.
    """
    looks: dict[int, Look] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(order), BLOCK):
            block = order[start : start + BLOCK]
            found = pool.map(partial(_look, root, listing), block)
            for place, look in zip(block, found, strict=True):
                looks[place] = look
                if progress is not None:
                    progress(1)
    return looks


def _look(root: Root, listing: Listing, place: int) -> Look:
    """Decode an image and its mask, and let go of them."""
    mask = listing.masks[place] if listing.masks else None
    try:
        pixels = listing.pictures[place].read(root)
        height, width = pixels.shape[:2]
        if mask is not None and not isinstance(mask, Empty):
            _check(root, mask, (height, width), mask.read(root).shape)
    except PictureError as error:
        return Look(problem=str(error))
    return Look(height, width, pixels.ndim == 3)


def _check(
    root: Root, mask: Picture, size: tuple[int, ...], found: tuple[int, ...]
) -> None:
    """Refuse a mask whose sides are in another proportion than its picture's.

    Sides may be rounded by a pixel where pictures were made smaller than their masks.
    """
    across, along = size[1] * found[0], size[0] * found[1]
    if abs(across - along) > max(*size, *found):
        shapes = [" x ".join(map(str, shape)) for shape in (size, found)]
        msg = (
            f"{root.folder / mask.names[0]} must have the shape of its picture, "
            f"{shapes[0]}, got {shapes[1]}"
        )
        raise PictureError(msg)
