"""The table of confounders: one file and one word each."""

from simbench.confounders import corners

CONFOUNDERS = {entry.CONFOUNDER.name: entry.CONFOUNDER for entry in (corners,)}
