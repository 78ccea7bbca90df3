"""The table of noises: one file and one word each."""

from simbench.noises import (
    correlated,
    gaussian,
    noncentral_chi,
    poisson,
    rician,
    speckle,
)

_ENTRIES = (rician, gaussian, noncentral_chi, poisson, speckle, correlated)

NOISES = {entry.NOISE.name: entry.NOISE for entry in _ENTRIES}
