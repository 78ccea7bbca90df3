"""Volumes in NIfTI and DICOM files, as axial slices with their place in the patient."""
