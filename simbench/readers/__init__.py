"""The table of readers of real datasets: one small file and one word each."""

from simbench.readers import folders, isic, medmnist, mura, table
from simbench.readers.reader import Reader

READERS: dict[str, Reader] = {
    entry.READER.name: entry.READER for entry in (isic, mura, medmnist, folders, table)
}
