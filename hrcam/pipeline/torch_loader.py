"""Make a dataset of arrays or batches: what users of Keras and PyTorch have in hand.

Nothing of torch is imported: batches are taken by what they can do.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int64

from hrcam.pipeline.batches import as_array, gathered
from simbench.dataset import Dataset
from simbench.tables import framed

#: Images (n, h, w, c) and their labels, or None.
Pair = tuple[Float[np.ndarray, "n h w c"], Int64[np.ndarray, " n"] | None]


def as_dataset(
    images: Any,
    labels: Any = None,
    training: Any = None,
    validation: Any = None,
    classes: Sequence[str] | None = None,
) -> Dataset:
    """Make a dataset of arrays, channels last.

    Parameters
    ----------
    images
        The images to explain, (n, h, w) or (n, h, w, c), as the network takes them.
    labels
        Class of each, (n,); None leaves them unknown (-1).
    training, validation
        Pairs of images and labels that heads are fitted on; None where no fitted head
        is wanted.
    classes
        Names; None leaves them to the network.

    Returns
    -------
    dataset
        With the split ``test`` and, where given, ``train`` and ``validation``.

    Raises
    ------
    ValueError
        If shapes or labels do not fit one another.
    """
    given = {"test": (images, labels), "train": training, "validation": validation}
    parts = {
        split: _checked(split, *_pair(split, pair), channels_last=True)
        for split, pair in given.items()
        if pair is not None
    }
    return _dataset(parts, classes)


def load_batches(
    loader: Any,
    training: Any = None,
    validation: Any = None,
    classes: Sequence[str] | None = None,
) -> Dataset:
    """Make a dataset of PyTorch's batches, channels first.

    Parameters
    ----------
    loader
        A ``DataLoader`` or any iterable of batches: images (n, c, h, w), tuples of
        images, labels and anything more, or mappings with ``image`` and ``label``. Or
        all images as one tensor or array, alone or in a pair with their labels.
    training, validation
        The same with labels, for the heads.
    classes
        Names; None leaves them to the network.

    Raises
    ------
    ValueError
        If shapes or labels do not fit one another, or a loader is empty.
    """
    given = {"test": loader, "train": training, "validation": validation}
    parts = {
        split: _checked(split, *gathered(split, some), channels_last=False)
        for split, some in given.items()
        if some is not None
    }
    return _dataset(parts, classes)


def _pair(split: str, given: Any) -> tuple[Any, Any]:
    """Return images and labels."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        msg = (
            f"{split} images must come as a pair of images and labels, got "
            f"{type(given).__name__}"
        )
        raise ValueError(msg)
    return given[0], given[1]


def _checked(split: str, images: Any, labels: Any, *, channels_last: bool) -> Pair:
    """Return float32 images (n, h, w, c) and whole labels."""
    pixels = as_array(images)
    if channels_last and pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.ndim != 4 or 0 in pixels.shape:
        wanted = "(n, h, w) or (n, h, w, c)" if channels_last else "(n, c, h, w)"
        msg = f"{split} images must have shape {wanted}, got {pixels.shape}"
        raise ValueError(msg)
    if not channels_last:
        pixels = np.moveaxis(pixels, 1, -1)
    pixels = np.ascontiguousarray(pixels, dtype=np.float32)
    if labels is None:
        return pixels, None
    found = as_array(labels)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    whole = found.dtype.kind in "iub" or (
        found.dtype.kind == "f" and (found == np.round(found)).all()
    )
    if found.shape != (len(pixels),) or not whole or found.min() < 0:
        msg = (
            f"{split} labels must be one class number >= 0 per image, shape "
            f"({len(pixels)},), got {found.dtype} of shape {found.shape}"
        )
        raise ValueError(msg)
    return pixels, found.astype(np.int64)


def _dataset(parts: Mapping[str, Pair], classes: Sequence[str] | None) -> Dataset:
    """Put the splits behind one another."""
    shapes = {split: pixels.shape[1:] for split, (pixels, _) in parts.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{split} {shape}" for split, shape in shapes.items())
        msg = f"images of all splits must have one shape, got {told}"
        raise ValueError(msg)
    for split in ("train", "validation"):
        if split in parts and parts[split][1] is None:
            msg = f"{split} images must have labels to fit heads, got none"
            raise ValueError(msg)
    names = tuple(classes or ())
    rows = list(_rows(parts, len(names)))
    pixels = np.concatenate([x for x, _ in parts.values()])
    images = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    return Dataset(
        identity=_identity(pixels, rows, names),
        recipe=None,
        classes=names,
        index=pd.DataFrame(rows),
        lesions=framed("lesions", []),
        confounders=framed("confounders", []),
        arrays={"image": images},
    )


def _rows(parts: Mapping[str, Pair], classes: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of the index; a label of -1 is unknown, a lesion is never known.

    Raises
    ------
    ValueError
        If a label has no name.
    """
    place = 0
    for split, (pixels, labels) in parts.items():
        if classes and labels is not None and int(labels.max()) >= classes:
            msg = (
                f"{split} labels must be in 0..{classes - 1}, got {labels.max()}; name "
                "every class"
            )
            raise ValueError(msg)
        for row in range(len(pixels)):
            name = f"{place:06d}"
            place += 1
            yield {
                "image_id": name,
                "split": split,
                "label": -1 if labels is None else int(labels[row]),
                "subject": name,
                "lesion": "none",
            }


def _identity(
    pixels: Float[np.ndarray, "n h w c"],
    rows: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
) -> str:
    """Return the SHA-256 of the content: shape, values, splits, labels, names."""
    digest = hashlib.sha256(repr((pixels.shape, tuple(classes))).encode())
    digest.update(pixels.astype("<f4").tobytes())
    for row in rows:
        digest.update(f"{row['split']} {row['label']}\n".encode())
    return digest.hexdigest()
