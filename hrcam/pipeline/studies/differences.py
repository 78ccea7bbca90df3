"""A difference over trainings as a row of a study's or a suite's results."""

from typing import Any

from metrics.statistics.seeds import SeedDifference


def to_row(found: SeedDifference) -> dict[str, Any]:
    """Return the numbers of a difference, its errors and what it rests on."""
    return {
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "low90": found.low90,
        "high90": found.high90,
        "error_images": found.error_images,
        "error_trainings": found.error_seeds,
        "trainings": found.seeds,
        "images": found.count,
        "reason": found.reason,
    }
