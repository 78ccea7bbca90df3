"""Run lengths by image and category, in JSON.

The layout is ``{image: {category: {"size": [h, w], "counts": ...}}}``, as CheXlocalize
has it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metrics.sources.formats.format import Query, choose
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_image,
    check_keys,
    complete,
)
from metrics.sources.formats.rle import decode


@dataclass(frozen=True, eq=False)
class ByCategory:
    """Run lengths of each image by category; lesions are not told apart."""

    path: Path
    runs: Mapping[str, Mapping[str, Mapping[str, Any]]]
    labels: frozenset[str]

    @property
    def ids(self) -> tuple[str, ...]:
        """Images, sorted."""
        return tuple(sorted(self.runs))

    def header(self, key: str) -> Header:
        """Return the size that the image's run lengths tell."""
        with complete(f"{self.path}[{key}]"):
            sizes = {tuple(map(int, runs["size"])) for runs in self.runs[key].values()}
        if len(sizes) != 1:
            msg = f"{self.path}[{key}] must have one size, got {sorted(sizes)}"
            raise ImageError(msg)
        size = sizes.pop()
        check_image(f"{self.path}[{key}]", size, np.uint8)
        return Header(size)

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Join the categories of one image after another."""
        for key in keys:
            with complete(f"{self.path}[{key}]"):
                pixels = np.zeros(self.header(key).size, bool)
                for label, runs in self.runs[key].items():
                    if label in self.labels:
                        pixels |= decode(runs, f"{self.path}[{key}], {label}")
            yield Image(pixels, kind="shares")


def open_categories(path: Path, content: Mapping[str, Any], query: Query) -> ByCategory:
    """Check the layout of a file's content, and choose categories."""
    check_keys(str(path), list(content))
    for key, runs in content.items():
        if (
            not runs
            or not isinstance(runs, dict)
            or not all(isinstance(x, dict) and "size" in x for x in runs.values())
        ):
            msg = (
                f"{path}[{key}] must have run lengths by category, each with size and "
                "counts, got something else"
            )
            raise ImageError(msg)
    labels = sorted({label for runs in content.values() for label in runs})
    numbers = dict(enumerate(labels, 1))
    wanted = choose(numbers, query.labels, f"the categories of {path}")
    return ByCategory(path, content, frozenset(numbers[n] for n in wanted))
