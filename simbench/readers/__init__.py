"""The table of readers of real datasets: one small file and one word each."""

from simbench.readers import (
    chexlocalize,
    folders,
    isic,
    medmnist,
    mura,
    nigra_mri,
    table,
)
from simbench.readers.reader import Reader

READERS: dict[str, Reader] = {
    entry.READER.name: entry.READER
    for entry in (isic, mura, nigra_mri, chexlocalize, medmnist, folders, table)
}
