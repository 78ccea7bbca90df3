"""Masks of findings by image in JSON, as run lengths.

The layout is ``{image: {finding: {"size": [h, w], "counts": "..."}}}``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from simbench.readers.reader import LayoutError
from simbench.readers.root import PictureError, Root
from simbench.readers.runs import Runs, runs_of


@dataclass(frozen=True)
class Outlined:
    """A mask that a file of outlines holds.

    Parameters
    ----------
    name, key
        The file, and the image and the finding in it.
    runs
        Its run lengths.
    """

    name: str
    key: str
    runs: Runs

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return (self.name,)

    def read(self, root: Root) -> UInt8[np.ndarray, "h w"]:
        """Decode it: 255 on lesion.

        Raises
        ------
        PictureError
            If its run lengths are broken.
        BombError
            If they make more pixels than the root allows.
        """
        root.allow(self.name, self.runs.size)
        try:
            return self.runs.decode()
        except ValueError as error:
            path = root.folder / self.name
            msg = f"{path} must hold whole masks, got {self.key} with {error}"
            raise PictureError(msg) from error


def read_outlines(root: Root, name: str) -> dict[str, dict[str, Outlined]]:
    """Read the run lengths of all images, decoding none.

    Raises
    ------
    LayoutError
        If there is no such file, or it is laid out otherwise.
    """
    if not root.has(name):
        msg = f"no {name}"
        raise LayoutError(msg)
    text = root.read(name)
    try:
        content = json.loads(text)
        return {
            image: {
                finding: Outlined(name, f"{finding} of {image}", runs_of(entry))
                for finding, entry in _mapping(findings).items()
            }
            for image, findings in _mapping(content).items()
        }
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        msg = f"{name} that is no masks by image and finding: {reason}"
        raise LayoutError(msg) from error


def _mapping(content: object) -> Mapping[str, object]:
    if isinstance(content, dict):
        return content
    msg = f"{type(content).__name__} instead of a table"
    raise ValueError(msg)
