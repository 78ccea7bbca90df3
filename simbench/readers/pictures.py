"""One picture or one mask in a file: JPEG, PNG or TIFF, of whatever mode.

The picture's kind is told from its first bytes and its size from its header, before a
pixel is decoded; the rotation that EXIF asks for is applied.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from jaxtyping import Float32, Shaped
from pydantic import AfterValidator

from simbench.parameters import Finite
from simbench.readers.root import PictureError, Root

#: How the names of picture files end.
SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
}


def _rising(window: tuple[float, float]) -> tuple[float, float]:
    if not window[0] < window[1]:
        msg = "must be [low, high] with low < high"
        raise ValueError(msg)
    return window


Window = Annotated[tuple[Finite, Finite], AfterValidator(_rising)]
"""Stored values that become black and white."""
_DEEP = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")


@dataclass(frozen=True)
class PictureFile:
    """An image in a file of its own.

    Parameters
    ----------
    name
        The file, relative to the root.
    window
        Stored values that become 0 and 255; by default 0 and the largest that the bits
        of a pixel allow.
    """

    name: str
    window: tuple[float, float] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return (self.name,)

    def read(self, root: Root) -> Shaped[np.ndarray, "h w *rgb"]:
        """Decode it: gray (h, w) or color (h, w, 3).

        uint8, or float32 in [0, 255] if pixels have more than 8 bits or there is a
        window. What is transparent lies over black.

        Raises
        ------
        PictureError
            If it is damaged or is no picture.
        BombError
            If it has more pixels than ``root`` allows.
        """
        picture = decoded(root, self.name)
        if picture.mode in _DEEP:
            window = self.window or _range(picture, root, self.name)
            return scaled(np.asarray(picture), window)
        pixels = np.asarray(_plain(picture, root, self.name))
        return pixels if self.window is None else scaled(pixels, self.window)


@dataclass(frozen=True)
class MaskFile:
    """A mask in a file of its own: lesion is what is neither 0 nor transparent.

    Parameters
    ----------
    name
        The file, relative to the root.
    """

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return (self.name,)

    def read(self, root: Root) -> Shaped[np.ndarray, "h w"]:
        """Decode it: 255 on lesion; of a palette, the number of the color counts.

        Raises
        ------
        PictureError, BombError
            As of a picture.
        """
        picture = decoded(root, self.name)
        numbered = picture.mode in ("P", *_DEEP)
        plain = picture if numbered else _plain(picture, root, self.name)
        marked = np.asarray(plain) != 0
        flat = marked.any(axis=2) if marked.ndim == 3 else marked
        return flat.astype(np.uint8) * np.uint8(255)


def decoded(root: Root, name: str) -> Any:
    """Decode a file with Pillow, turned as EXIF asks.

    Raises
    ------
    PictureError
        If it is damaged, is no picture or holds several.
    BombError
        If it has more pixels than ``root`` allows.
    """
    from PIL import ImageOps

    content = root.read(name)
    with _whole(root, name):
        picture = _opened(content)
    root.allow(name, (picture.height, picture.width))
    with _whole(root, name):
        if getattr(picture, "n_frames", 1) > 1:
            msg = f"{picture.n_frames} pictures in one file"
            raise PictureError(msg)
        picture.load()
        return ImageOps.exif_transpose(picture)


@contextmanager
def _whole(root: Root, name: str) -> Iterator[None]:
    """Say in one line, naming the file, why Pillow cannot read it."""
    try:
        yield
    except Exception as error:  # libraries raise anything on broken files
        text = str(error).strip().splitlines()
        reason = text[0][:200] if text else type(error).__name__
        msg = f"{root.folder / name} must be a whole picture, got: {reason}"
        raise PictureError(msg) from error


def scaled(
    pixels: Shaped[np.ndarray, "h w *rgb"], window: tuple[float, float]
) -> Float32[np.ndarray, "h w *rgb"]:
    """Return values with the ends of the window at 0 and 255, cut off beyond."""
    low, high = window
    shares = (pixels.astype(np.float64) - low) / (high - low)
    return (np.clip(shares, 0.0, 1.0) * 255.0).astype(np.float32)


def _opened(content: bytes) -> Any:
    """Open a picture without Pillow's own, global, limit of pixels."""
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.TiffImagePlugin import TiffImageFile

    kinds: dict[str, Any]
    kinds = {"JPEG": JpegImageFile, "PNG": PngImageFile, "TIFF": TiffImageFile}
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return kinds[kind](io.BytesIO(content))
    msg = "neither JPEG nor PNG nor TIFF" if content else "an empty file"
    raise PictureError(msg)


def _plain(picture: Any, root: Root, name: str) -> Any:
    """Return a picture of mode L or RGB; what is transparent lies over black."""
    from PIL import Image

    gray = picture.mode in ("1", "L", "LA", "La")
    clear = picture.mode in ("LA", "La", "PA", "RGBA", "RGBa")
    with _whole(root, name):
        if clear or "transparency" in picture.info:
            over = picture.convert("RGBA")
            under = Image.new("RGBA", over.size, (0, 0, 0, 255))
            picture = Image.alpha_composite(under, over)
        return picture.convert("L" if gray else "RGB")


def _range(picture: Any, root: Root, name: str) -> tuple[float, float]:
    """Return the least and largest value that the bits of a deep pixel allow."""
    if picture.mode.startswith("I;16") or picture.format == "PNG":
        return 0.0, 65535.0
    msg = (
        f"{root.folder / name} has values of no known range (mode {picture.mode}); "
        "give their window"
    )
    raise ValueError(msg)
