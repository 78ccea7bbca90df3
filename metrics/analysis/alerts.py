"""Say what a reader must know before the numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metrics.analysis.strata import Strata
from metrics.counting.statuses import STATUSES
from metrics.measured import Measured
from metrics.statistics.intervals import FEWEST

FEW_SUBJECTS = 25

_FAULTS = {
    "constant_map": "constant (one value everywhere; nothing is marked above 0)",
    "nonfinite": "not finite (NaN or infinity; left without scores)",
    "missing": "missing (left without scores)",
}


def tally(measured: Measured) -> list[dict[str, Any]]:
    """Count each entry's statuses, one row per status that occurs."""
    return [
        {"name": name, "status": status, "count": int(count)}
        for name, result in measured.sweeps.items()
        for status in STATUSES
        if (count := np.count_nonzero(result.status == status))
    ]


def list_alerts(
    measured: Measured, strata: Strata, entries: Sequence[Mapping[str, str]]
) -> list[str]:
    """List what may mislead, one sentence each.

    Constant maps are no alert where they must be: of the baseline ``constant``, and of
    ceilings on images without a lesion.
    """
    total = len(measured.ids)
    faults = {
        (row["name"], row["status"]): row["count"]
        for row in tally(measured)
        if row["status"] in _FAULTS
    }
    alerts = [
        f"{entry['label']}: {count} of {total} maps are {_FAULTS[status]}."
        for entry in entries
        for status in _FAULTS
        if (count := faults.get((entry["name"], status), 0))
        and not (status == "constant_map" and _must_be_constant(entry))
    ]
    return [*_judge_size(strata), *alerts, *_judge_images(measured, strata)]


def _must_be_constant(entry: Mapping[str, str]) -> bool:
    return entry["method"] == "constant" or entry["kind"] == "ceiling"


def _judge_size(strata: Strata) -> list[str]:
    """Warn of few images and few subjects."""
    ill = strata.members["all"]
    images, subjects = int(ill.sum()), len(np.unique(strata.subjects[ill]))
    if images == 0:
        return ["No image has a lesion: only specificity is defined."]
    if min(images, subjects) < FEWEST:
        return [
            f"Only {images} images of {subjects} subjects have a lesion: "
            f"nothing is tested ({FEWEST} are needed)."
        ]
    if subjects < FEW_SUBJECTS:
        return [
            f"Only {subjects} subjects have a lesion: intervals are wide and "
            "adjusted p values approximate."
        ]
    return []


def _judge_images(measured: Measured, strata: Strata) -> list[str]:
    """Warn of wrong classifications, full masks and repeated subjects."""
    ill = strata.members["all"]
    alerts = []
    full = int((measured.healthy == 0).sum())
    if full:
        alerts.append(f"Specificity is undefined where masks fill the image: {full}.")
    if "correct" in strata.members and ill.any():
        wrong = int((ill & ~strata.members["correct"]).sum())
        if wrong:
            alerts.append(
                f"The classifier is wrong on {wrong} of {int(ill.sum())} images with a "
                f"lesion ({wrong / ill.sum():.1%}): see the stratum 'correct'."
            )
    if strata.clustered:
        alerts.append(
            f"{len(ill)} images come from {int(strata.subjects.max()) + 1} subjects: "
            "intervals follow subjects, not images."
        )
    return alerts
