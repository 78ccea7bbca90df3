"""Volumes as scanners and converters write them, by nibabel and pydicom."""

from types import SimpleNamespace

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from simbench.readers.root import Root

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


@pytest.fixture(scope="session")
def medical():
    """Return what writes volumes."""
    return SimpleNamespace(
        axial=AXIAL,
        uid=UID,
        nifti=save_nifti,
        instance=instance,
        series=series,
        save=save_series,
    )


@pytest.fixture
def root(tmp_path):
    return Root(tmp_path)


@pytest.fixture(scope="session")
def volume():
    """Slices, rows and columns of signed numbers of 16 bits."""
    return np.random.default_rng(0).integers(-900, 4000, (4, 7, 9)).astype(np.int16)


def _message(call, error=ValueError):
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.fixture
def message():
    """Return the text of an error, which must be one line."""
    return _message
