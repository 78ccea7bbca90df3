"""The table of lesions: one file and one word each."""

from simbench.lesions import focal, texture_swap

LESIONS = {entry.LESION.name: entry.LESION for entry in (focal, texture_swap)}
