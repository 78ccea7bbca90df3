"""Pictures as an array of which only the rows that are asked for are decoded."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped, UInt8

from simbench.readers.listing import Picture
from simbench.readers.root import Root

#: Threads that decode at a time; Pillow lets others run meanwhile.
THREADS = min(8, os.cpu_count() or 1)


@dataclass(frozen=True, eq=False, repr=False)
class Decoded:
    """Images or masks that lie in files.

    Parameters
    ----------
    shape
        (n, h, w) or (n, h, w, 3).
    ids
        Of the images.
    pictures
        Gives the picture of each image, None where there is none; called when the first
        row is asked for.
    root
        The folder of the files.
    fit
        Brings what a picture decodes to ``shape[1:]``.
    """

    shape: tuple[int, ...]
    ids: Sequence[str]
    pictures: Callable[[], Sequence[Picture | None]]
    root: Root
    fit: Callable[[Shaped[np.ndarray, "h w *rgb"]], UInt8[np.ndarray, "r c *rgb"]]

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.shape))
        return f"Decoded({size}, from {self.root.folder})"

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bytes, whatever the depth of the files."""
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        return self.shape[0]

    def rows(self, places: Int[np.ndarray, " n"]) -> UInt8[np.ndarray, "n r c *rgb"]:
        """Decode some images.

        Raises
        ------
        ValueError
            If an image has no such picture, or a file is not what it was when the
            dataset was read.
        FileNotFoundError
            If a file has vanished.
        """
        values = np.empty((len(places), *self.shape[1:]), np.uint8)
        pictures = self.pictures()

        def decode(row: int) -> None:
            picture = pictures[int(places[row])]
            if picture is None:
                name = self.ids[int(places[row])]
                msg = f"mask of {name} must be known to be read, got none in the files"
                raise ValueError(msg)
            values[row] = self.fit(picture.read(self.root))

        if len(places) < 2:
            for row in range(len(places)):
                decode(row)
            return values
        with ThreadPoolExecutor(min(THREADS, len(places))) as pool:
            for _ in pool.map(decode, range(len(places))):
                pass
        return values
