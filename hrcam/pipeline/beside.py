"""Other results that a report of scores shows: sanity checks, a multiverse."""

from pathlib import Path
from typing import Any


def read_beside(sanity: Any, multiverse: Path | str | None) -> dict[str, Any]:
    """Return evidence of both, as :func:`hrcam.pipeline.scoring.score` takes them."""
    return _checked(sanity) | _readings(multiverse)


def _checked(sanity: Any) -> dict[str, Any]:
    """Return what the report shows of the checks: evidence ``sanity``, ``reliance``."""
    if sanity is None:
        return {}
    from hrcam.pipeline.sanity.storage import open_sanity

    found = open_sanity(sanity) if isinstance(sanity, str | Path) else sanity
    reliance = {"reliance": found.reliance} if found.reliance else {}
    return {"sanity": found.results, **reliance}


def _readings(multiverse: Path | str | None) -> dict[str, Any]:
    """Return what the report shows of a multiverse: evidence ``multiverse``."""
    if multiverse is None:
        return {}
    from hrcam.pipeline.multiverse.storage import open_results

    return {"multiverse": open_results(multiverse)}
