"""What a format of files is, and what is asked of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from metrics.sources.formats.image import Header, Image, ImageError, Images


@dataclass(frozen=True)
class Query:
    """What is asked of a file.

    Attributes
    ----------
    labels
        Numbers or names of the categories or segments that are lesion, where a file
        has several; empty for all.
    ids
        What names an image: ``name``, the stem of its file, or ``uid``, the identifier
        inside it (DICOM's SOP instance, COCO's image id).
    inner
        Path inside a container.
    key
        The image's name, where a file holds one image.
    like
        Gives the header of the map of an image, for masks that do not say how large
        the image is or which slices it has.
    """

    labels: tuple[int | str, ...] = ()
    ids: Literal["name", "uid"] = "name"
    inner: str = ""
    key: str = ""
    like: Callable[[str], Header] | None = None


@dataclass(frozen=True)
class Format:
    """A kind of files that maps or masks are read from.

    Attributes
    ----------
    name, suffixes, about
        What it is called, how its files end, what is read.
    header, read
        Look at, or read, a file of one image; None if a file holds many.
    gather
        Open a file of many images; None if a file holds one.
    masks_only, has_uids, has_paths
        Whether it cannot hold maps, has identifiers of images beside their names, has
        paths inside.
    extra
        What to install for it beside the core.
    """

    name: str
    suffixes: tuple[str, ...]
    about: str
    header: Callable[[Path, Query], Header] | None = None
    read: Callable[[Path, Query], Image] | None = None
    gather: Callable[[Path, Query], Images] | None = None
    masks_only: bool = False
    has_uids: bool = False
    has_paths: bool = False
    extra: str = ""


def choose(
    names: Mapping[int, str], wanted: Sequence[int | str], where: str
) -> frozenset[int]:
    """Find the numbers of the categories or segments that are wanted, all by default.

    Raises
    ------
    ImageError
        If there is none of that number or name.
    """
    found: set[int] = set()
    for label in wanted:
        some = {n for n, name in names.items() if str(label) in (str(n), name)}
        if not some:
            have = ", ".join(f"{n} {name!r}" for n, name in sorted(names.items())[:9])
            msg = f"labels must be in {where}, got {label!r}; it has {have or 'none'}"
            raise ImageError(msg)
        found |= some
    return frozenset(found) if wanted else frozenset(names)
