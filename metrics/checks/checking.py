"""Check every entry's maps on a sample of images, before they are scored."""

from collections.abc import Mapping

from metrics.checks.alignment import check_alignment
from metrics.checks.doubt import Doubt
from metrics.checks.look import Look, look
from metrics.checks.orientation import check_orientation
from metrics.checks.polarity import check_polarity
from metrics.checks.sample import IMAGES, Sample, draw
from metrics.checks.values import check_levels, check_normalized, check_saturation
from metrics.sources.source import MapSource, MaskSource

OURS = ("baseline", "ceiling")
"""Kinds of entries that are made here: they are what they are."""


def check(
    sources: Mapping[str, MapSource], masks: MaskSource, images: int = IMAGES
) -> tuple[Doubt, ...]:
    """Say what looks wrong with maps, from a sample of the images with a lesion.

    Parameters
    ----------
    sources
        Maps by entry name; those whose kind is in :data:`OURS` are not looked at.
    masks
        Masks of the images to score.
    images
        How many images to look at, at most.

    Returns
    -------
    tuple of Doubt
        Entry by entry, in the order of :data:`~metrics.checks.doubt.KINDS`. Of sign,
        orientation and place the first that is doubted is named: what is found behind a
        wrong sign or a wrong orientation means nothing. An entry without a finite map
        raises no doubt here.

    Raises
    ------
    ValueError
        If maps are not real numbers of the masks' size, or no image is to be looked at.
    """
    if images < 1:
        msg = f"images must be at least 1, got {images}"
        raise ValueError(msg)
    samples: dict[frozenset[str], Sample | None] = {}
    doubts: list[Doubt] = []
    known = frozenset(masks.ids)
    for entry, source in sources.items():
        if source.names.get("kind") in OURS:
            continue
        ids = known.intersection(source.ids)
        if ids not in samples:
            samples[ids] = draw(masks, tuple(ids), images)
        sample = samples[ids]
        seen = None if sample is None else look(entry, source, sample)
        if seen is not None:
            doubts += _doubt(seen)
    return tuple(doubts)


def _doubt(seen: Look) -> list[Doubt]:
    """Run all checks on one entry."""
    place = check_polarity(seen) or check_orientation(seen) or check_alignment(seen)
    values = check_levels(seen), check_saturation(seen), check_normalized(seen)
    return [doubt for doubt in (place, *values) if doubt is not None]
