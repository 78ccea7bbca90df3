"""Maps and masks in files that anybody wrote, matched by their stems."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Shaped

from metrics.sources.files import (
    SUFFIXES,
    list_keys,
    open_archive,
    read_image,
    read_member,
)


@dataclass(frozen=True)
class FolderMaps:
    """Maps of one method: a folder of files, or one ``.npz`` with a key per image.

    Parameters
    ----------
    path
        Folder of 2-D ``.npy``, ``.npz`` or gray ``.png`` files, one image each; the
        stem is the image_id.
    name
        What to call the method.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is nothing to read or two files have one stem.
    """

    path: Path
    name: str
    ids: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        object.__setattr__(self, "ids", tuple(find_images(self.path)))

    @property
    def names(self) -> Mapping[str, str]:
        """Names of the entry; its kind is ``external``."""
        return {"method": self.name, "label": self.name, "kind": "external"}

    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n h w"]:
        """Read maps in the order of ``ids``."""
        maps = read_images(self.path, ids)
        return maps.astype(np.result_type(maps.dtype, np.float32), copy=False)


@dataclass(frozen=True)
class FolderMasks:
    """Masks in a folder of files, or in one ``.npz`` with a key per image.

    Every pixel that is not 0 is lesion. Errors as :class:`FolderMaps`.
    """

    path: Path
    ids: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        object.__setattr__(self, "ids", tuple(find_images(self.path)))

    def read(self, ids: Sequence[str]) -> Bool[np.ndarray, "n h w"]:
        """Read masks in the order of ``ids``."""
        return to_masks(read_images(self.path, ids), f"masks in {self.path}")


def to_masks(
    masks: Shaped[np.ndarray, "n h w"], name: str
) -> Bool[np.ndarray, "n h w"]:
    """Turn numbers into masks: not 0 is lesion.

    Raises
    ------
    ValueError
        If fractions are among them: where to cut is not for us to guess.
    """
    if masks.dtype.kind == "f" and not np.isin(masks, (0.0, 1.0, 255.0)).all():
        odd = masks[~np.isin(masks, (0.0, 1.0, 255.0))][0]
        msg = f"{name} must be 0 or 1, got {odd:g}; cut soft masks before scoring"
        raise ValueError(msg)
    return masks != 0


def find_images(path: Path) -> dict[str, Path]:
    """List the images of a folder or archive by image_id, sorted.

    Raises
    ------
    FileNotFoundError
        If the path does not exist or holds no image.
    ValueError
        If it is another kind of file or two files have one stem.
    """
    if not path.exists():
        msg = f"{path} must be a folder or a .npz file, got nothing there"
        raise FileNotFoundError(msg)
    if path.is_file():
        if path.suffix.lower() != ".npz":
            msg = (
                f"{path} must be a folder or a .npz file, got a file of kind "
                f"{path.suffix or 'unknown'!r}; put one image per file into a folder"
            )
            raise ValueError(msg)
        with open_archive(path) as archive:
            found = dict.fromkeys(list_keys(archive), path)
    else:
        found = _list_folder(path)
    if not found:
        msg = f"{path} must hold {', '.join(SUFFIXES)} images, got none"
        raise FileNotFoundError(msg)
    return found


def read_images(path: Path, ids: Sequence[str]) -> Shaped[np.ndarray, "n h w"]:
    """Read images of a folder or archive into one array.

    Raises
    ------
    ValueError
        If an image cannot be read or has another shape than the first.
    """
    if path.is_file():
        with open_archive(path) as archive:
            images = [read_member(archive, key, path) for key in ids]
    else:
        files = _list_folder(path)
        images = [read_image(files[key]) for key in ids]
    for key, image in zip(ids, images, strict=True):
        if image.shape != images[0].shape:
            msg = (
                f"images in {path} must have one shape, got {images[0].shape} for "
                f"{ids[0]} and {image.shape} for {key}; resize them"
            )
            raise ValueError(msg)
    return np.stack(images)


def _list_folder(path: Path) -> dict[str, Path]:
    """Files by stem, sorted."""
    found: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        if file.suffix.lower() not in SUFFIXES or file.name.startswith("."):
            continue
        if file.stem in found:
            msg = (
                f"{path} must hold one file per image, got {found[file.stem].name} and "
                f"{file.name}; remove one"
            )
            raise ValueError(msg)
        found[file.stem] = file
    return dict(sorted(found.items()))
