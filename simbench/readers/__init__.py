"""The table of readers of real datasets: one small file and one word each."""

from simbench.readers.reader import Reader

READERS: dict[str, Reader] = {}
