"""A folder for each class, in a folder for each split if there are such.

The name of an image is its path with ``-`` for ``/`` and without the suffix. Masks, if
there are any, lie in a tree of the same shape.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from simbench.parameters import Parameters
from simbench.readers.healthy import HEALTHY, check_healthy, lesion
from simbench.readers.listing import EMPTY, Listing, Picture, named
from simbench.readers.pictures import SUFFIXES, MaskFile, PictureFile, Window
from simbench.readers.reader import LayoutError, Reader
from simbench.readers.root import Root, several

#: Folders that are splits, not classes.
SPLITS = {
    **{"train": "train", "training": "train", "test": "test"},
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
}
LAYOUT = """\
ROOT/
  CLASS/
    NAME.png, .jpg or .tif …
or
ROOT/
  train/
    CLASS/
      NAME.png …
  validation/    if there is one (also: valid, val)
  test/          if there is one
and masks, if you have any, as MASKS/CLASS/NAME.png or MASKS/train/CLASS/NAME.png
"""


class Options(Parameters):
    """What may be chosen of a tree of folders."""

    images: str = ""
    """Folder of the tree of images; by default the root."""
    masks: str = ""
    """Folder of the tree of masks; by default there are none."""
    healthy: tuple[str, ...] = ()
    """Classes without any lesion: what has no mask of them is known to be empty."""
    subject: str = ""
    """A regular expression; its first group, found in an image's name, is the subject.
    By default every image has its own."""
    window: Window | None = None
    """Stored values that become black and white; by default 0 and the largest."""


def find(root: Root, options: Options) -> Listing:
    """List the pictures of the tree."""
    names = _scan(root, options.images)
    if options.masks and options.masks != options.images:
        names = [name for name in names if not name.startswith(f"{options.masks}/")]
    places = [_place(name, options.images) for name in names]
    if not names:
        msg = "no picture"
        raise LayoutError(msg)
    classes = tuple(sorted({parts[-1] for parts in places}))
    check_healthy(options.healthy, classes)
    rows = [
        {
            "image_id": name,
            "subject": _subject(name, options.subject),
            "label": classes.index(parts[-1]),
            "lesion": lesion(parts[-1], options.healthy),
            "split": SPLITS[parts[0]] if len(parts) == 2 else "",
        }
        for parts, name in zip(
            places, (_named(name, options.images) for name in names), strict=True
        )
    ]
    pictures = [PictureFile(name, options.window) for name in names]
    return Listing(classes, rows, pictures, _masks(root, options, rows))


def _scan(root: Root, folder: str) -> list[str]:
    if folder and not root.has(folder):
        msg = f"no folder {folder}"
        raise LayoutError(msg)
    return root.scan(folder, SUFFIXES)


def _inside(name: str, folder: str) -> str:
    """Return a file's path inside the tree."""
    return name.removeprefix(f"{folder}/" if folder else "")


def _named(name: str, folder: str) -> str:
    """Return an image's name."""
    return named(_inside(name, folder))


def _place(name: str, folder: str) -> tuple[str, ...]:
    """Return the split, if there is one, and the class that a file lies in."""
    *parts, _ = _inside(name, folder).split("/")
    if len(parts) == 1 or (len(parts) == 2 and parts[0] in SPLITS):
        return tuple(parts)
    msg = f"the picture {name}"
    raise LayoutError(msg)


def _subject(name: str, pattern: str) -> str:
    """Return what a pattern's first group finds in a name.

    Raises
    ------
    ValueError
        If it is no regular expression with a group, or is not found.
    """
    if not pattern:
        return name
    try:
        found = re.search(pattern, name)
        subject = str(found[1]) if found else ""
    except (re.error, IndexError) as error:
        msg = f"subject must be a regular expression with a group, got {pattern!r}: "
        raise ValueError(msg + str(error)) from error
    if not subject:
        msg = f"subject must be found in each name, got none of {pattern!r} in {name!r}"
        raise ValueError(msg)
    return subject


def _masks(
    root: Root, options: Options, rows: Sequence[Mapping[str, Any]]
) -> list[Picture | None]:
    """Return the mask of each image; nothing without their tree."""
    if not options.masks:
        return []
    held = {_named(name, options.masks): name for name in _scan(root, options.masks)}
    found: list[Picture | None] = []
    for row in rows:
        empty = EMPTY if row["lesion"] == HEALTHY else None
        name = held.pop(row["image_id"], "")
        found.append(MaskFile(name) if name else empty)
    if held:
        problems = [f"none for {name}" for name in held.values()]
        msg = f"masks must have images, got {several(problems)}"
        raise ValueError(msg)
    return found


READER = Reader(
    "folders",
    "a folder for each class, in folders for splits if there are any",
    LAYOUT,
    find,
    Options,
)
