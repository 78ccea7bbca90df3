"""What can be said of a map and its mask; every score's row carries one word of it."""

STATUSES = (
    "ok",
    "empty_mask",
    "full_mask",
    "constant_map",
    "nonfinite",
    "missing",
    "lesion_present",
    "single_lesion",
    "no_positive",
    "zero_map",
    "unmarked",
)
"""Every status; in files its place in this order is its code."""

OF_MASKS = ("empty_mask", "full_mask", "lesion_present", "single_lesion", "unmarked")
"""Those that say that the truth leaves a score undefined, whatever the map."""

LOST = ("nonfinite", "missing")
"""Those under which a map has no score at all."""
