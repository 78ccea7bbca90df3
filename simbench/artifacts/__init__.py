"""The table of artifacts of k-space: one file and one word each."""

from simbench.artifacts import ghosting, gibbs, motion, spikes

_ENTRIES = (gibbs, motion, ghosting, spikes)

ARTIFACTS = {entry.ARTIFACT.name: entry.ARTIFACT for entry in _ENTRIES}
