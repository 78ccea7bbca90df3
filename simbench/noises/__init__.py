"""The table of noises: one file and one word each."""

from simbench.noises import rician

NOISES = {entry.NOISE.name: entry.NOISE for entry in (rician,)}
