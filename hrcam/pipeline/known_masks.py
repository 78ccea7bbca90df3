"""Which images of a dataset can be scored: those whose lesions are known.

Of simulated images all are; of real ones, those that somebody outlined, and the healthy
ones of a dataset that says so. The others are trained on and explained, not scored.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from metrics import MaskSource, ScoreOptions
from simbench.dataset import Dataset


def known_ids(dataset: Dataset, split: str) -> list[str]:
    """Return the images of a split whose masks are known.

    Raises
    ------
    ValueError
        If there are none.
    """
    ids = dataset.ids(split)
    known = dataset.known(ids)
    if ids and not known:
        msg = (
            f"masks must be known for some {split} images, got none in dataset "
            f"'{dataset.name}' of {len(ids)}; give a folder of masks instead, "
            "named by image_id"
        )
        raise ValueError(msg)
    return known


def without_unknown(
    options: ScoreOptions,
    sources: Mapping[str, Any],
    masks: MaskSource,
    dataset: Dataset | None,
    split: str,
) -> ScoreOptions:
    """Let maps pass whose images have no known mask; any other map needs one."""
    if dataset is None:
        return options
    unknown = set(dataset.ids(split)) - set(dataset.known(dataset.ids(split)))
    left = {key for source in sources.values() for key in source.ids}
    extra = left - set(masks.ids)
    return replace(options, extra="ignore") if extra and extra <= unknown else options
