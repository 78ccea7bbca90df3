"""The table of forms that a dataset can be exported to: one file and one word each."""

from simbench.exports import nifti, npz, png

EXPORTS = {entry.EXPORT.name: entry.EXPORT for entry in (npz, nifti, png)}
