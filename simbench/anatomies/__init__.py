"""The table of anatomies: one file and one word each."""

from simbench.anatomies import head

ANATOMIES = {entry.ANATOMY.name: entry.ANATOMY for entry in (head,)}
