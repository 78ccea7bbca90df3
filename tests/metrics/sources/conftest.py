"""Files of every format, written by the libraries that others write them with."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

UID = "1.2.826.0.1.3680043.8.498."


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


def dicom(pixels, uid, **elements):
    """Make a DICOM image of whole numbers, (h, w) or (frames, h, w)."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    data.SOPInstanceUID = uid
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = uid
    data.StudyInstanceUID, data.SeriesInstanceUID = f"{UID}1", f"{UID}2"
    data.FrameOfReferenceUID = f"{UID}3"
    data.PatientID, data.PatientName = "p", "Doe^Jo"
    data.PatientBirthDate, data.PatientSex = "20000101", "O"
    data.StudyDate, data.StudyTime, data.StudyID = "20200101", "000000", "1"
    data.AccessionNumber, data.ReferringPhysicianName = "1", "Roe^Al"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "CT", 1, 1
    data.Manufacturer = "m"
    data.Rows, data.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        data.NumberOfFrames = len(pixels)
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    bits = 8 * pixels.dtype.itemsize
    data.BitsAllocated, data.BitsStored, data.HighBit = bits, bits, bits - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    content = np.ascontiguousarray(pixels).tobytes()
    data.PixelData = content + b"\0" * (len(content) % 2)
    for name, value in elements.items():
        setattr(data, name, value)
    return data


def save(data, path):
    data.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def make_dicom(tmp_path):
    """Write a DICOM image and return its path."""

    def make(pixels, name="a.dcm", uid=f"{UID}9", **elements):
        return save(dicom(pixels, uid, **elements), tmp_path / name)

    return make


@pytest.fixture
def make_series():
    """Make the slices of a volume (d, h, w) as DICOM images, not saved."""

    def make(volume, spacing=(0.5, 0.75), step=2.0, start=(10.0, 20.0, 30.0)):
        return [
            dicom(
                pixels,
                f"{UID}5.{place + 1}",
                ImagePositionPatient=[start[0], start[1], start[2] + step * place],
                ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                PixelSpacing=list(spacing),
                SliceThickness=step,
                InstanceNumber=place + 1,
            )
            for place, pixels in enumerate(volume)
        ]

    return make


@pytest.fixture
def make_segmentation():
    """Make a DICOM-SEG with highdicom, not saved; pixels are (d, h, w, segments)."""

    def make(sources, pixels, kind="BINARY", labels=("Lesion",), **options):
        import highdicom
        from highdicom.sr.coding import CodedConcept

        tissue = CodedConcept("85756007", "SCT", "Tissue")
        manual = highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
        described = [
            highdicom.seg.SegmentDescription(
                segment_number=number,
                segment_label=label,
                segmented_property_category=tissue,
                segmented_property_type=tissue,
                algorithm_type=manual,
            )
            for number, label in enumerate(labels, 1)
        ]
        names = ("m", "model", "1", "serial")
        ids = (f"{UID}6", 2, f"{UID}7", 1)
        return highdicom.seg.Segmentation(
            sources, pixels, kind, described, *ids, *names, **options
        )

    return make


def _folder(writer, suffix):
    def write(folder, images):
        folder.mkdir()
        for key, pixels in images.items():
            writer(folder / f"{key}{suffix}", pixels)
        return folder

    return write


def _png(path, pixels):
    from PIL import Image

    Image.fromarray(pixels).save(path)


def _tiff(path, pixels):
    import tifffile

    tifffile.imwrite(path, pixels, photometric="minisblack", compression="zlib")


def _nifti(path, pixels):
    import nibabel

    nibabel.save(nibabel.Nifti1Image(pixels, np.diag([2.0, 3.0, 4.0, 1.0])), path)


def _hdf5(path, pixels):
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("map", data=pixels, compression="gzip")


def _hdf5_stack(folder, images):
    import h5py

    folder.mkdir()
    with h5py.File(folder / "all.h5", "w") as file:
        group = file.create_group("deep/er")
        group.create_dataset("maps", data=np.stack([*images.values()]))
        group.create_dataset("ids", data=list(images))
    return Path(f"{folder / 'all.h5'}::deep/er/maps")


def _hdf5_members(folder, images):
    import h5py

    folder.mkdir()
    with h5py.File(folder / "all.hdf5", "w") as file:
        for key, pixels in images.items():
            file.create_dataset(key, data=pixels)
    return folder / "all.hdf5"


def _zarr(path, pixels):
    import zarr

    zarr.create_array(path, data=pixels)


def _zarr_stack(folder, images):
    import zarr

    group = zarr.open_group(folder, mode="w")
    group.create_array("maps", data=np.stack([*images.values()]))
    group["maps"].attrs["ids"] = list(images)
    return Path(f"{folder}::maps")


def _zarr_members(folder, images):
    import zarr

    group = zarr.open_group(folder, mode="w", zarr_format=2)
    for key, pixels in images.items():
        group.create_array(key, data=pixels)
    return folder


def _npz_archive(folder, images):
    folder.mkdir()
    np.savez_compressed(folder / "all.npz", **images)
    return folder / "all.npz"


WRITERS = {
    "npy": _folder(np.save, ".npy"),
    "npz": _folder(np.savez, ".npz"),
    "npz archive": _npz_archive,
    "png": _folder(_png, ".png"),
    "tiff": _folder(_tiff, ".tif"),
    "nifti": _folder(_nifti, ".nii"),
    "nifti gz": _folder(_nifti, ".nii.gz"),
    "dicom": _folder(lambda path, pixels: save(dicom(pixels, f"{UID}9"), path), ".dcm"),
    "hdf5": _folder(_hdf5, ".h5"),
    "hdf5 stack": _hdf5_stack,
    "hdf5 members": _hdf5_members,
    "zarr": _folder(_zarr, ".zarr"),
    "zarr stack": _zarr_stack,
    "zarr members": _zarr_members,
}
"""How to write images of two or three axes by id into a new folder."""


@pytest.fixture(params=list(WRITERS))
def kind(request):
    return request.param


@pytest.fixture
def write(tmp_path):
    """Write images by id in a format, and return what to open."""

    def make(kind, images, name="images"):
        return WRITERS[kind](tmp_path / name, images)

    return make


def _coco(path, masks, encode):
    annotations = []
    for number, mask in enumerate(masks.values()):
        if mask.any():
            runs = encode(mask)
            annotations.append(
                {"id": number, "image_id": number, "category_id": 1, **runs}
            )
    images = [
        {
            "id": n,
            "file_name": f"deep/{key}.jpg",
            "height": m.shape[0],
            "width": m.shape[1],
        }
        for n, (key, m) in enumerate(masks.items())
    ]
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "lesion"}],
    }
    path.write_text(json.dumps(content))
    return path


def compress(mask):
    """Run lengths as pycocotools writes them, compressed."""
    from pycocotools import mask as coding

    runs = coding.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": runs["counts"].decode("ascii")}


def _corners(mask):
    rows, columns = np.nonzero(mask)
    return columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1


def _boxes(path, masks):
    with path.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["image_id", "x", "y", "width", "height", "rows", "columns"])
        for key, mask in masks.items():
            box = _corners(mask) if mask.any() else ("",) * 4
            table.writerow([key, *box, *mask.shape])
    return path


MASK_WRITERS = {
    "coco runs": lambda path, masks: _coco(
        path / "m.json", masks, lambda m: {"segmentation": compress(m)}
    ),
    "coco boxes": lambda path, masks: _coco(
        path / "m.json", masks, lambda m: {"bbox": [int(x) for x in _corners(m)]}
    ),
    "categories": lambda path, masks: _categories(path / "m.json", masks),
    "boxes": lambda path, masks: _boxes(path / "m.csv", masks),
}
"""How to write masks of one rectangle each; annotations are for two axes only."""


def _categories(path, masks):
    content = {key: {"lesion": compress(mask)} for key, mask in masks.items()}
    path.write_text(json.dumps(content))
    return path


@pytest.fixture(params=list(MASK_WRITERS))
def mask_kind(request):
    return request.param


@pytest.fixture
def write_masks(tmp_path):
    """Write masks of one rectangle each by id, and return what to open."""
    return lambda kind, masks: MASK_WRITERS[kind](tmp_path, masks)


@pytest.fixture
def compressed():
    return compress
