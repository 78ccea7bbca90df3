"""What a leak audit looks at, and how much a recipe lets it find."""

import difflib
from typing import Annotated

from pydantic import AfterValidator, Field

from simbench.parameters import Parameters

CHECKS = {  # in the order of the audit
    "histogram": "mean, deviation, percentiles",
    "bins": "32-bin histogram",
    "border": "border pixels",
    "tissues": "median of each tissue",
    "spectrum": "radial spectrum",
    "thumbnail": "8 x 8 thumbnail",
    "size": "compressed size",
    "order": "place in the list",
    "boosted": "boosted trees",
    "blanked": "lesions blanked out",
    "outside": "change outside the effect",
}
"""By name, what a check looks at; see docs/audit.md."""


def _known(name: str) -> str:
    if name not in CHECKS:
        close = difflib.get_close_matches(name, CHECKS, n=1, cutoff=0.5)
        near = f" (did you mean '{close[0]}'?)" if close else ""
        msg = f"must be one of {', '.join(CHECKS)}{near}"
        raise ValueError(msg)
    return name


class Budget(Parameters):
    """The table ``[audit]``: how well the classes may be told without looking."""

    budget: float = Field(default=0.6, ge=0.5, le=1)
    """AUROC beyond which a check counts as a leak. It must lie below the check's whole
    interval, so chance alone never fails a small dataset."""
    folds: int = Field(default=5, ge=2, le=20)
    """Of the cross-validation; a subject is in one fold."""
    intended: tuple[Annotated[str, AfterValidator(_known)], ...] = ()
    """Names of checks that may find the classes, because that is what the recipe is
    about: the spectrum where a texture is the lesion."""
