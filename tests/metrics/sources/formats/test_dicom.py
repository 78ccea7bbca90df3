import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from metrics import FolderMaps
from metrics.sources.formats.limits import PIXELS
from metrics.sources.source import MapReading

BY_UID = MapReading(ids="uid")


def read(path):
    return FolderMaps(path.parent, "x").read([path.stem])[0]


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 4000, (5, 8)).astype(np.uint16)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
def test_values_are_rescaled(dtype, pixels, make_dicom):
    given = (pixels.astype(np.int64) - 100).astype(dtype)
    path = make_dicom(given, RescaleSlope=0.5, RescaleIntercept=-7)
    np.testing.assert_array_equal(read(path), given * 0.5 - 7)
    np.testing.assert_array_equal(read(make_dicom(given)), given)


def test_frames_are_slices(make_dicom):
    given = np.random.default_rng(0).integers(0, 99, (3, 5, 7)).astype(np.uint8)
    np.testing.assert_array_equal(read(make_dicom(given)), given)


def group(name, **elements):
    item = Dataset()
    for key, value in elements.items():
        setattr(item, key, value)
    holder = Dataset()
    setattr(holder, name, [item])
    return holder


def test_slopes_of_frames(make_dicom):
    given = np.random.default_rng(0).integers(0, 99, (3, 4, 6)).astype(np.uint16)
    name = "PixelValueTransformationSequence"
    frames = [
        group(name, RescaleSlope=slope, RescaleIntercept=slope - 4)
        for slope in (1, 2, 0.5)
    ]
    path = make_dicom(given, PerFrameFunctionalGroupsSequence=frames)
    slopes = np.array([1, 2, 0.5])[:, None, None]
    np.testing.assert_array_equal(read(path), given * slopes + slopes - 4)
    shared = [group(name, RescaleSlope=3, RescaleIntercept=-1)]
    path = make_dicom(given, SharedFunctionalGroupsSequence=shared)
    np.testing.assert_array_equal(read(path), given * 3.0 - 1)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless]
)
def test_transfer_syntaxes(syntax, pixels, make_dicom):
    path = make_dicom(pixels)
    data = pydicom.dcmread(path)
    if syntax == RLELossless:
        data.compress(RLELossless)
    else:
        if syntax == ExplicitVRBigEndian:
            data.PixelData = pixels.astype(">u2").tobytes()
        data.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(
        path,
        data,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        force_encoding=True,
    )
    np.testing.assert_array_equal(read(path), pixels)


def test_places_are_those_of_the_standard(make_series, make_dicom):
    """Part 3, C.7.6.2.1.1: P = X dx i + Y dy j + S; left and back count up."""
    volume = np.zeros((2, 5, 8), np.uint16)
    data = make_series(volume, spacing=(0.5, 0.75), start=(10.0, 20.0, 30.0))[1]
    data.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]  # sagittal
    path = make_dicom(volume[0], "b.dcm")
    data.save_as(path, enforce_file_format=True)
    grid = FolderMaps(path.parent, "x").header("b").grid
    assert grid.codes == "IP"
    assert grid.spacing == (0.5, 0.75)
    for row, column in ((0, 0), (4, 7), (2, 3)):
        left, back, up = 10.0, 20.0 + 0.75 * column, 32.0 - 0.5 * row
        place = grid.affine @ (row, column, 1)
        np.testing.assert_allclose(place, (-left, -back, up))


def test_distances_without_places(pixels, make_dicom):
    path = make_dicom(pixels, PixelSpacing=[0.2, 0.3])
    grid = FolderMaps(path.parent, "x").header("a").grid
    assert (grid.spacing, grid.codes) == ((0.2, 0.3), "")


def test_images_by_their_identifiers(make_series, tmp_path):
    volume = np.random.default_rng(0).integers(0, 999, (4, 5, 8)).astype(np.uint16)
    slices = make_series(volume)
    for place, data in enumerate(slices):
        data.save_as(tmp_path / f"IM{3 - place}", enforce_file_format=True)
    (tmp_path / "notes.txt").write_text("x")
    source = FolderMaps(tmp_path, "x", BY_UID)
    assert source.ids == tuple(sorted(str(s.SOPInstanceUID) for s in slices))
    asked = [str(slices[k].SOPInstanceUID) for k in (2, 0)]
    np.testing.assert_array_equal(source.read(asked), volume[[2, 0]])
    by_name = FolderMaps(tmp_path, "x")
    assert by_name.ids == ("IM0", "IM1", "IM2", "IM3")
    np.testing.assert_array_equal(by_name.read(["IM1"])[0], volume[2])


def test_one_identifier_twice(pixels, make_dicom, message):
    make_dicom(pixels, "a.dcm")
    path = make_dicom(pixels, "b.dcm")
    uid = pydicom.dcmread(path).SOPInstanceUID
    assert message(lambda: FolderMaps(path.parent, "x", BY_UID)) == (
        f"{path.parent} must hold one image of each SOP Instance UID, got {uid} in "
        "a.dcm and b.dcm; remove one, or pass one folder per rater"
    )


def test_identifiers_of_other_files(tmp_path, message):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.zeros((2, 3)))
    assert message(lambda: FolderMaps(path, "x", BY_UID)) == (
        f"{path} must be DICOM or COCO to name images by uid, got npz"
    )


def test_color(make_dicom, message):
    path = make_dicom(
        np.zeros((5, 8), np.uint8),
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PixelData=bytes(120),
        PlanarConfiguration=0,
    )
    assert message(lambda: read(path)) == f"{path} must be gray, got RGB"


def test_a_bomb_is_refused_by_its_header(pixels, make_dicom, message):
    path = make_dicom(pixels, Rows=60000, Columns=60000)
    for call in (
        lambda: read(path),
        lambda: FolderMaps(path.parent, "x").header("a"),
    ):
        assert message(call) == (
            f"{path} must have 1 to {PIXELS.most} pixels, got shape (60000, 60000); "
            "set HRCAM_MAX_PIXELS to allow more"
        )


def test_deflated_files_are_refused_unread(pixels, make_dicom, message):
    path = make_dicom(pixels)
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    data.save_as(path)
    assert message(lambda: read(path)) == (
        f"{path} must not be deflated; save it with another transfer syntax"
    )


def test_compression_that_needs_a_library(pixels, make_dicom, monkeypatch, message):
    decoder = pydicom.pixels.decoders.base.Decoder
    monkeypatch.setattr(decoder, "is_available", False)
    path = make_dicom(pixels)
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = pydicom.uid.JPEGLSLossless
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8" * 9])
    data["PixelData"].is_undefined_length = True
    data.save_as(path)
    assert message(lambda: read(path)) == (
        f"{path} must be compressed so that it can be read here, got JPEG-LS Lossless "
        "Image Compression; decompress it or pip install pylibjpeg with its plugins"
    )


def test_a_link_out_of_the_folder(pixels, make_dicom, tmp_path, message):
    path = make_dicom(pixels)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "b.dcm").symlink_to(path)
    for reading in (BY_UID, MapReading()):
        assert message(lambda reading=reading: FolderMaps(inside, "x", reading)) == (
            f"{inside / 'b.dcm'} must lie in its folder, got a link to {path}; "
            "copy it or pass the folder that holds it"
        )


def test_without_the_library(pixels, make_dicom, monkeypatch, message):
    import sys

    path = make_dicom(pixels)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    assert message(lambda: read(path), ImportError) == (
        "DICOM needs pydicom; pip install 'hrcam-bench[medical]'"
    )
