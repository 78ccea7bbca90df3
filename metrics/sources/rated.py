"""Masks of several raters, made into one truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from metrics.counting.truth import Truth
from metrics.sources.band import leave_out_band
from metrics.sources.folders import FolderMasks, read_truth
from metrics.sources.formats.image import Header, ImageError
from metrics.sources.raters import combine
from metrics.sources.reading import MaskReading


@dataclass(frozen=True)
class RatedMasks:
    """Masks of several raters, one path each, made into one truth.

    Every rater must have every image: who saw nothing says so with an empty mask.

    Parameters
    ----------
    paths
        As of :class:`FolderMaps`, one per rater.
    reading
        What counts as lesion; ``raters`` must name a rule.
    like
        As of :class:`FolderMasks`.

    Raises
    ------
    FileNotFoundError, ValueError
        As :class:`FolderMaps`; if there is one rater or no rule, or images differ.
    """

    paths: tuple[Path | str, ...]
    reading: MaskReading
    like: Any = field(default=None, repr=False, compare=False)
    raters: tuple[FolderMasks, ...] = field(init=False, repr=False, compare=False)
    ids: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if len(self.paths) < 2 or not self.reading.raters:
            msg = (
                "masks of several raters must have two paths or more and a rule, got "
                f"{len(self.paths)} and {self.reading.raters!r}; "
                "rules are mean, majority, any, all and agreement"
            )
            raise ValueError(msg)
        alone = replace(self.reading, raters="", band=0.0)
        raters = tuple(FolderMasks(path, alone, self.like) for path in self.paths)
        first = raters[0]
        for rater in raters[1:]:
            odd = sorted(set(rater.ids) ^ set(first.ids))
            if odd:
                msg = (
                    f"raters must have the same images, got {len(odd)} in one of "
                    f"{first.path} and {rater.path}: {', '.join(odd[:3])}; add the "
                    "masks (all 0 where a rater saw no lesion)"
                )
                raise ValueError(msg)
        object.__setattr__(self, "raters", raters)
        object.__setattr__(self, "ids", first.ids)

    def header(self, key: str) -> Header:
        """Look at the first rater's mask."""
        return self.raters[0].header(key)

    def each(self, ids: Sequence[str]) -> Iterator[Truth]:
        """Combine the raters of one image after another."""
        rule = self.reading.raters or "majority"  # one is named, see above
        walks = [rater.each(ids) for rater in self.raters]
        for key, *truths in zip(ids, *walks, strict=True):
            try:
                made = combine(truths, rule)
            except ValueError as error:
                msg = f"{key}: {error}"
                raise ImageError(msg) from error
            yield leave_out_band(made, self.reading.band)

    def read(self, ids: Sequence[str]) -> Truth:
        """Read the truth of images of one size in the order of ``ids``."""
        return read_truth(self.paths[0], ids, list(self.each(ids)))
