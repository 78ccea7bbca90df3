"""Thresholds tuned on other images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metrics import MaskSource
from metrics.scores.cuts import tune
from metrics.sources.entries import name_entries
from metrics.storage.folder import read


def tune_thresholds(
    tuned_on: Any, sources: Mapping[str, Any], masks: MaskSource
) -> dict[str, float]:
    """Find each entry's threshold on other images.

    Raises
    ------
    ValueError
        If an entry was not scored there, or an image is among those scored here.
    """
    scores = read(Path(tuned_on)) if isinstance(tuned_on, str | Path) else tuned_on
    shared = sorted(set(scores.ids) & set(masks.ids))
    if shared:
        msg = (
            f"thresholds must be tuned on other images, got {shared[0]!r} and "
            f"{len(shared) - 1} more in both; score the validation split for it"
        )
        raise ValueError(msg)
    names = [
        entry["name"] for entry in name_entries([s.names for s in sources.values()])
    ]
    lost = [name for name in names if name not in scores.counts]
    if lost:
        msg = (
            f"thresholds must be tuned for every entry, got none for {lost[0]!r}; "
            "score its maps of the other images too"
        )
        raise ValueError(msg)
    return {name: tune(scores.counts[name]) / 100 for name in names}
