"""The table of confounders: one file and one word each."""

from simbench.confounders import (
    border,
    corners,
    hair,
    ink,
    letters,
    marker,
    patch,
    ruler,
)

CONFOUNDERS = {
    entry.CONFOUNDER.name: entry.CONFOUNDER
    for entry in (letters, marker, ruler, hair, ink, patch, corners, border)
}
