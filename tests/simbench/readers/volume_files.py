"""Volumes as scanners and converters write them, by nibabel and pydicom."""

import nibabel
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

UID = "1.2.826.0.1.3680043.8.498."
MR = "1.2.840.10008.5.1.4.1.1.4"
AXIAL = np.array([[0.0, 0, -0.75, 20], [0, -0.5, 0, 30], [2, 0, 0, -10]])
"""Slices 2 mm upwards, rows 0.5 mm to the back, columns 0.75 mm to the left."""


def save_nifti(path, pixels, affine, slope=None, kind=nibabel.Nifti1Image, order="<"):
    """Write a volume; stored numbers are ``pixels``, whatever the slope."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = pixels.astype(pixels.dtype.newbyteorder(order))
    header = kind.header_class(endianness=order)
    header.set_data_dtype(pixels.dtype)
    volume = kind(pixels, np.vstack([affine, [0, 0, 0, 1]]), header)
    volume.header.set_xyzt_units("mm")
    if slope is not None:
        volume.header.set_slope_inter(*slope)
    nibabel.save(volume, path)
    return path


def instance(pixels, number, **elements):
    """Make one MR image of whole numbers (h, w), not saved."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = MR
    data.SOPInstanceUID = f"{UID}5.{number}"
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = f"{UID}1", f"{UID}2"
    data.FrameOfReferenceUID = f"{UID}3"
    data.PatientID, data.PatientName = "p", "Doe^Jo"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "MR", 1, number
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = 8 * pixels.dtype.itemsize
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    content = np.ascontiguousarray(pixels).tobytes()
    data.PixelData = content + b"\0" * (len(content) % 2)
    for name, value in elements.items():
        setattr(data, name, value)
    return data


def series(volume, affine=AXIAL, **elements):
    """Make the images of a volume (d, h, w); ``affine`` takes (d, h, w) to RAS mm."""
    steps = np.array([-1.0, -1.0, 1.0])[:, None] * affine
    spacing = np.linalg.norm(steps, axis=0)
    down, along = steps[:, 1] / spacing[1], steps[:, 2] / spacing[2]
    place = {
        "ImageOrientationPatient": short(*along, *down),
        "PixelSpacing": short(*spacing[1:3]),
        "SliceThickness": 2.0,
    }
    return [
        instance(
            pixels,
            n + 1,
            ImagePositionPatient=short(*(steps[:, 3] + n * steps[:, 0])),
            **{**place, **elements},
        )
        for n, pixels in enumerate(volume)
    ]


def short(*numbers):
    """Round to the 16 letters that DICOM has for a number."""
    return [float(f"{x:.9g}") for x in numbers]


def save_series(folder, images, names=None):
    """Write images into a folder, by default under names that follow no order."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, image in enumerate(images):
        name = names[place] if names else f"IM{(7 * place + 3) % 101:03d}"
        image.save_as(folder / name, enforce_file_format=True)
    return folder


def plant_subjects(root):
    """Plant neuromelanin MRI: a DICOM series, NIfTI of any orientation, two masks."""
    lines = ["subject,group,path,slices,mask,x,y,z,age"]
    for k in range(6):
        rng = np.random.default_rng(k)
        volume = rng.integers(0, 900, (6, 20, 16)).astype(np.int16)
        labels = np.zeros(volume.shape, np.uint8)
        labels[:, 8:12, 4:7], labels[:, 8:12, 9:12] = 1, 2
        name = f"sub-{k:02d}"
        path = f"{name}/dicom" if k == 3 else f"{name}/nm.nii{'.gz' * (k % 2)}"
        if k == 3:
            save_series(root / path, series(volume))
        else:
            order = [(0, 1, 2), (2, 1, 0), (1, 0, 2)][k % 3]
            affine = AXIAL[:, [*order, 3]]
            save_nifti(root / path, volume.transpose(order), affine, (0.5, -3))
        mask = f"{name}/nigra.nii.gz" if k in (3, 5) else ""
        if mask:
            save_nifti(root / mask, labels.transpose(2, 1, 0), AXIAL[:, [2, 1, 0, 3]])
        group, slices = ("control", "patient")[k % 2], "1-3" if k % 2 else "2 4"
        center = "14,25,0" if k < 2 else ",,"
        lines.append(f"{name},{group},{path},{slices},{mask},{center},{60 + k}")
    (root / "subjects.csv").write_text("\n".join(lines) + "\n")
    return {"box": [5.0, 6.0], "pixel": 0.5, "strata": ["age"]}
