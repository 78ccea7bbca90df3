"""Read a dataset: list it, decode every picture once, divide it, and name it.

One pass over the files takes the checksums, finds what is damaged, and learns the sizes
of the pictures; nothing of them is kept. The identity of the dataset is the SHA-256 of
what was read: the reader, its options, and each image's row and files.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from simbench.parameters import Parameters
from simbench.readers.choices import Choices
from simbench.readers.listing import Listing, Picture
from simbench.readers.looking import Look, look_at_all
from simbench.readers.reader import LayoutError, Reader
from simbench.readers.root import Root, several
from simbench.readers.splits import divide

#: Columns of every index; a reader's further ones are strata.
OWN = (
    *("image_id", "split", "label", "subject", "lesion", "mask_known"),
    *("file", "checksum", "mask_checksum", "height", "width"),
)
#: Changes when the same files would be read as another dataset.
VERSION = 1


@dataclass(frozen=True, eq=False)
class Found:
    """What the pass over the files found.

    Parameters
    ----------
    identity
        SHA-256 of the content.
    index
        A row for each image, sorted by ``image_id``.
    files
        ``name``, ``size`` and ``sha256`` of every file that was read.
    skipped
        ``image_id`` and ``reason`` of damaged images that were left out.
    channels
        1 or 3.
    """

    identity: str
    index: pd.DataFrame
    files: pd.DataFrame
    skipped: pd.DataFrame
    channels: int


def list_images(reader: Reader, root: Root, options: Any) -> Listing:
    """List a folder's images.

    Raises
    ------
    LayoutError
        If the folder is laid out otherwise: one message, with the layout.
    ValueError
        If files are missing or names lead out of the folder.
    """
    if not root.folder.is_dir():
        msg = f"root must be a folder, got no {root.folder}"
        raise FileNotFoundError(msg)
    try:
        found: Listing = reader.find(root, options)
    except LayoutError as error:
        layout = reader.layout.rstrip()
        msg = (
            f"{root.folder} must be laid out as reader {reader.name!r} expects it, got "
            f"{error}; the layout is:\n{layout}"
        )
        raise LayoutError(msg, layout) from error
    return found


def look_through(
    reader: Reader,
    root: Root,
    options: Parameters,
    choices: Choices,
    progress: Callable[[int], None] | None = None,
) -> tuple[Listing, Found]:
    """Decode every picture once.

    Parameters
    ----------
    reader
        Whose layout it is.
    root
        The folder.
    options
        Of the reader.
    choices
        What else the user chose.
    progress
        Called with the number of images just looked at.

    Raises
    ------
    ValueError
        If pictures are damaged (all are told together), unless they may be skipped.
    """
    listing = list_images(reader, root, options)
    rows = listing.rows
    subjects, published = ([str(r[k]) for r in rows] for k in ("subject", "split"))
    divide(subjects, published, choices.division)  # fails before the long work
    ids = [str(row["image_id"]) for row in rows]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    looks = look_at_all(root, listing, order, progress)
    problems = [look.problem for look in looks.values() if look.problem]
    if problems and (choices.on_corrupt == "fail" or len(problems) == len(looks)):
        msg = "pictures must be whole, got "
        raise ValueError(msg + several(problems) + "; mend them, or skip them")
    about = {
        "version": VERSION,
        "reader": reader.name,
        "options": options.model_dump(mode="json"),
        "classes": list(listing.classes),
        "size": list(choices.size or listing.size),
    }
    return listing, _gathered(about, root, choices, listing, looks)


def _gathered(
    about: Mapping[str, Any],
    root: Root,
    choices: Choices,
    listing: Listing,
    looks: Mapping[int, Look],
) -> Found:
    """Make the tables and the identity."""
    kept = [i for i, look in looks.items() if not look.problem]
    skipped = [i for i, look in looks.items() if look.problem]
    color = any(looks[i].color for i in kept)
    channels = choices.channels or listing.channels or (3 if color else 1)
    rows = [_row(root, listing, i) | looks[i].size for i in kept]
    splits = divide(
        [row["subject"] for row in rows],
        [str(listing.rows[i]["split"]) for i in kept],
        choices.division,
    )
    index = pd.DataFrame(
        [row | {"split": split} for row, split in zip(rows, splits, strict=True)]
    )
    lost = [(listing.rows[i]["image_id"], looks[i].problem) for i in skipped]
    return Found(
        identity({**about, "channels": channels}, index),
        index,
        _files(root),
        pd.DataFrame(lost, columns=["image_id", "reason"]),
        channels,
    )


def _files(root: Root) -> pd.DataFrame:
    """Return the files that were read, with their checksums."""
    names = sorted(root.seen)
    sizes = [root.find(name).stat().st_size for name in names]
    sums = [root.seen[name] for name in names]
    return pd.DataFrame({"name": names, "size": sizes, "sha256": sums})


def _row(root: Root, listing: Listing, place: int) -> dict[str, Any]:
    """Return a row of the index, still without its split."""
    row, picture = listing.rows[place], listing.pictures[place]
    mask = listing.masks[place] if listing.masks else None
    first = {
        "image_id": str(row["image_id"]),
        "split": "",
        "label": int(row["label"]),
        "subject": str(row["subject"]),
        "lesion": str(row["lesion"]),
        "mask_known": mask is not None,
    }
    rest = {key: value for key, value in row.items() if key not in first}
    return {
        **first,
        **rest,
        "file": ";".join(picture.names),
        "checksum": _checksum(root, picture),
        "mask_checksum": "" if mask is None else _checksum(root, mask),
    }


def _checksum(root: Root, picture: Picture) -> str:
    """Return the SHA-256 of a picture's file, or of those of its files."""
    sums = [root.seen[name] for name in picture.names]
    if len(sums) == 1:
        return sums[0]
    return hashlib.sha256("".join(sums).encode()).hexdigest()


def identity(about: Mapping[str, Any], index: pd.DataFrame) -> str:
    """Return the SHA-256 of reader, options and rows, in the order of the ids."""
    digest = hashlib.sha256(_line(about))
    for row in index.sort_values("image_id").to_dict("records"):
        digest.update(_line({str(key): value for key, value in row.items()}))
    return digest.hexdigest()


def _line(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, sort_keys=True, default=str) + "\n").encode()
