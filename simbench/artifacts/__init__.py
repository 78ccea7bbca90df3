"""The table of artifacts of k-space: one file and one word each."""

from simbench.artifacts import gibbs

ARTIFACTS = {entry.ARTIFACT.name: entry.ARTIFACT for entry in (gibbs,)}
