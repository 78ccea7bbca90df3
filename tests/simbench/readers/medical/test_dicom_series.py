import copy
import io
import pickle
import sys
import tracemalloc
import warnings
import zlib

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from scipy.spatial.transform import Rotation

from simbench.readers.medical.dicom_file import read_elements
from simbench.readers.medical.dicom_series import find_series
from simbench.readers.medical.dicom_slice import decode, look
from simbench.readers.medical.volumes import open_volume
from simbench.readers.root import BombError, PictureError, Root

CAP = 300_000


def read_all(root, name):
    volume = open_volume(root, name)
    return np.stack([volume.read(root, k) for k in range(volume.size[0])])


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 4000, (7, 9)).astype(np.uint16)


def test_slices_follow_their_places_not_their_names(medical, root, volume):
    images = medical.series(volume)
    for place, image in enumerate(images):
        image.InstanceNumber = (5 * place + 2) % 4
    medical.save_series(root.folder / "s", images)
    (root.folder / "s" / "notes.txt").write_text("x")
    np.testing.assert_array_equal(read_all(root, "s"), volume)
    found = open_volume(root, "s")
    np.testing.assert_allclose(found.affine, medical.AXIAL, atol=1e-6)
    assert [found.names_of(k) for k in range(4)] == [
        ("s/IM003",),
        ("s/IM010",),
        ("s/IM017",),
        ("s/IM024",),
    ]


@pytest.mark.parametrize("flips", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_the_file_that_a_slice_comes_from(flips, medical, root, volume):
    affine = medical.AXIAL * np.array([1, *flips, 1])
    medical.save_series(root.folder / "s", medical.series(volume, affine))
    found = open_volume(root, "s")
    for place in range(4):
        (name,) = found.names_of(place)
        pixels = pydicom.dcmread(root.folder / name).pixel_array
        turned = pixels[:: flips[0], :: flips[1]]
        np.testing.assert_array_equal(found.read(root, place), turned)


@settings(max_examples=15)
@given(
    angles=st.tuples(*[st.floats(-20, 20)] * 3),
    order=st.permutations(range(3)),
    signs=st.tuples(*[st.sampled_from((-1.0, 1.0))] * 3),
)
def test_any_orientation_gives_the_same_slices(
    tmp_path_factory, medical, volume, angles, order, signs
):
    """Slices in any plane, counted either way; NIfTI says the same of them."""
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    affine = turn @ medical.AXIAL
    stored, moved = volume.transpose(order), affine[:, [*order, 3]].copy()
    for axis, sign in enumerate(signs):
        if sign < 0:
            stored = np.flip(stored, axis)
            moved[:, 3] += moved[:, axis] * (stored.shape[axis] - 1)
            moved[:, axis] *= -1
    root = Root(tmp_path_factory.mktemp("turned"))
    medical.save_series(root.folder / "s", medical.series(stored, moved))
    medical.save_nifti(root.folder / "a.nii", stored, moved)
    for name in ("s", "a.nii"):
        np.testing.assert_array_equal(read_all(root, name), volume)
        found = open_volume(root, name).affine
        np.testing.assert_allclose(found, affine, atol=1e-4)


def test_places_are_those_of_the_standard(medical, root, pixels):
    """Part 3, C.7.6.2.1.1: P = X dx i + Y dy j + S; left and back count up."""
    images = [
        medical.instance(
            pixels,
            n,
            ImagePositionPatient=[10.0 + 3 * n, 20.0, 30.0],
            ImageOrientationPatient=[0, 1, 0, 0, 0, -1],  # sagittal
            PixelSpacing=[0.5, 0.75],
        )
        for n in range(3)
    ]
    medical.save_series(root.folder / "s", images)
    found = find_series(root, "s")
    for n, row, column in ((0, 0, 0), (2, 6, 8), (1, 2, 3)):
        left, back, up = 10.0 + 3 * n, 20.0 + 0.75 * column, 30.0 - 0.5 * row
        index = n if found.slices[0].start[0] == -10 else 2 - n
        place = found.affine @ (index, row, column, 1)
        np.testing.assert_allclose(place, (-left, -back, up))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16])
def test_each_slice_is_rescaled_by_its_own_numbers(dtype, medical, root, volume):
    given_ = (volume.astype(np.int64) % 200).astype(dtype)
    images = medical.series(given_)
    for n, image in enumerate(images):
        image.RescaleSlope, image.RescaleIntercept = 0.5 + n, n - 2
    medical.save_series(root.folder / "s", images)
    factors = np.arange(4)[:, None, None]
    expected = given_ * (0.5 + factors) + factors - 2
    np.testing.assert_array_equal(read_all(root, "s"), expected.astype(np.float32))


def test_a_series_of_one_slice(medical, root, volume, message):
    image = medical.series(volume)[1]
    medical.save_series(root.folder / "s", [image])
    found = find_series(root, "s")
    assert found.size == (1, 7, 9)
    np.testing.assert_allclose(np.abs(found.affine[:, 0]), (0, 0, 2))
    del image.SliceThickness
    medical.save_series(root.folder / "t", [image])
    assert message(lambda: find_series(root, "t"), PictureError) == (
        f"{root.folder / 't'} must say how thick its one slice is, got no "
        "SliceThickness"
    )


def changed(images, place, **elements):
    images = copy.deepcopy(images)
    for name, value in elements.items():
        if value is None:
            delattr(images[place], name)
        else:
            setattr(images[place], name, value)
    return images


@pytest.mark.parametrize(
    ("place", "elements", "ending"),
    [
        (
            1,
            {"SeriesInstanceUID": "1.2.9"},
            "must hold one series, got 2: 3 files of 1.2.826.0.1.3680043.8.498.2, 1 "
            "files of 1.2.9; give each a folder of its own",
        ),
        (
            2,
            {"Rows": 9, "Columns": 7},
            "must hold slices of one size, got 3 of 7 x 9, 1 of 9 x 7",
        ),
        (
            3,
            {"PixelSpacing": [0.5, 0.7]},
            "must hold slices of one direction and pixel size, got others in IM024 "
            "than in IM003",
        ),
        (
            1,
            {"ImageOrientationPatient": [1, 0, 0, 0, -1, 0]},
            "must hold slices of one direction and pixel size, got others in IM010 "
            "than in IM003",
        ),
        (
            1,
            {"ImagePositionPatient": [-20, -30, -6]},
            "must hold one slice of each place, got two in IM010 and IM017; give each "
            "echo and repetition a folder of its own",
        ),
        (
            3,
            {"ImagePositionPatient": [-20, -30, -2]},
            "must have evenly spaced slices, got 2 mm, and 4 mm after IM017; some may "
            "be missing",
        ),
        (
            2,
            {"ImagePositionPatient": [-20, -31, -6]},
            "must hold slices that lie straight above one another, got some up to 1 mm "
            "aside; resample the series",
        ),
    ],
)
def test_what_is_no_series(place, elements, ending, medical, root, volume, message):
    images = changed(medical.series(volume), place, **elements)
    folder = medical.save_series(root.folder / "s", images)
    assert message(lambda: find_series(root, "s"), PictureError) == f"{folder} {ending}"


def test_axes_that_are_not_at_right_angles(medical, root, volume, message):
    folder = medical.save_series(
        root.folder / "s",
        medical.series(volume, ImageOrientationPatient=[1, 0, 0, 0.1, 0.995, 0]),
    )
    assert message(lambda: find_series(root, "s"), PictureError) == (
        f"{folder} must have axes at right angles, got 84.26 degrees; resample it to a "
        "grid of boxes"
    )


@pytest.mark.parametrize(
    ("elements", "ending"),
    [
        (
            {"PhotometricInterpretation": "MONOCHROME1"},
            "must be gray with high values bright, got MONOCHROME1",
        ),
        (
            {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"},
            "must be gray with high values bright, got RGB",
        ),
        (
            {"Rows": None, "Columns": None},  # a report, or a DICOMDIR
            "must be an image, got no Rows, Columns; take it away",
        ),
        (
            {"NumberOfFrames": 20},
            "must hold one image, got 20 of 7 x 9 pixels; convert it to NIfTI",
        ),
        (
            {"Rows": 0},
            "must hold one image, got 1 of 0 x 9 pixels; convert it to NIfTI",
        ),
        (
            {"ImagePositionPatient": None, "PixelSpacing": None},
            "must say where it lies, got no ImagePositionPatient, PixelSpacing",
        ),
        (
            {"ImageOrientationPatient": None},
            "must say where it lies, got no ImageOrientationPatient",
        ),
    ],
)
def test_images_that_cannot_be_slices(elements, ending, medical, root, volume, message):
    images = changed(medical.series(volume), 1, **elements)
    folder = medical.save_series(root.folder / "s", images)
    assert message(lambda: find_series(root, "s"), PictureError) == (
        f"{folder / 'IM010'} {ending}"
    )


def test_a_folder_without_dicom(root, message):
    (root.folder / "s").mkdir()
    (root.folder / "s" / "notes.txt").write_text("x")
    assert message(lambda: open_volume(root, "s"), PictureError) == (
        f"{root.folder / 's'} must hold the files of a DICOM series, got none"
    )
    (root.folder / "s" / "a.dcm").write_text("x")
    assert message(lambda: open_volume(root, "s"), PictureError) == (
        f"{root.folder / 's' / 'a.dcm'} must be a DICOM file, got something else"
    )
    assert message(lambda: open_volume(root, "t"), FileNotFoundError) == (
        f"{root.folder / 't'} must be a file, got nothing; complete the dataset"
    )


def test_nothing_outside_of_the_root(medical, root, volume, message):
    inside = root.folder / "inside"
    medical.save_series(root.folder / "s", medical.series(volume))
    inside.mkdir()
    (inside / "link").symlink_to(root.folder / "s", target_is_directory=True)
    (inside / "t").mkdir()
    (inside / "t" / "a.dcm").symlink_to(root.folder / "s" / "IM003")
    other = Root(inside)
    for name in ("../s", str(root.folder / "s"), "link", "t"):
        said = message(lambda name=name: open_volume(other, name))
        assert "way out of it" in said or "got a link to" in said


SYNTAXES = {
    "implicit": pydicom.uid.ImplicitVRLittleEndian,
    "big": pydicom.uid.ExplicitVRBigEndian,
    "rle": pydicom.uid.RLELossless,
    "jpeg": pydicom.uid.JPEGBaseline8Bit,
    "jpeg 2000": pydicom.uid.JPEG2000Lossless,
}


def packed(image, pixels, kind):
    """Save an image's pixels in another way; return what they are decoded to."""
    image = copy.deepcopy(image)
    if kind == "rle":
        image.compress(pydicom.uid.RLELossless)
        return image, pixels
    image.file_meta.TransferSyntaxUID = SYNTAXES[kind]
    if kind == "big":
        image.PixelData = pixels.astype(">u2").tobytes()
    if kind.startswith("jpeg"):
        stream = io.BytesIO()
        options = {"jpeg": ("JPEG", {}), "jpeg 2000": ("JPEG2000", {"no_jp2": True})}
        Image.fromarray(pixels).save(stream, options[kind][0], **options[kind][1])
        pixels = np.asarray(Image.open(io.BytesIO(stream.getvalue())))
        image.PixelData = pydicom.encaps.encapsulate([stream.getvalue()])
        image["PixelData"].is_undefined_length = True
    return image, pixels


def write(image, path, kind):
    path.parent.mkdir(exist_ok=True)
    image.preamble = bytes(128)
    pydicom.dcmwrite(
        path,
        image,
        implicit_vr=kind == "implicit",
        little_endian=kind != "big",
        force_encoding=True,
    )


@pytest.mark.parametrize("kind", SYNTAXES)
def test_transfer_syntaxes(kind, medical, root, volume):
    dtype = np.uint8 if kind == "jpeg" else np.uint16
    whole = (volume.astype(np.int64) % 250).astype(dtype)
    expected = []
    for n, image in enumerate(medical.series(whole)):
        other, pixels = packed(image, whole[n], kind)
        write(other, root.folder / "s" / f"{n}.dcm", kind)
        expected.append(pixels)
    np.testing.assert_array_equal(read_all(root, "s"), np.stack(expected))


def test_compression_that_needs_a_library(medical, root, volume, monkeypatch, message):
    decoder = pydicom.pixels.decoders.base.Decoder
    monkeypatch.setattr(decoder, "is_available", False)
    image = medical.series(volume)[0]
    image.file_meta.TransferSyntaxUID = pydicom.uid.JPEGLSLossless
    image.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8" * 9])
    image["PixelData"].is_undefined_length = True
    folder = medical.save_series(root.folder / "s", [image])
    assert message(lambda: read_all(root, "s"), PictureError) == (
        f"{folder / 'IM003'} must be compressed so that it can be read here, got "
        "JPEG-LS Lossless Image Compression; decompress it, or pip install pylibjpeg "
        "with its plugins"
    )


@pytest.mark.parametrize("kind", ["jpeg", "jpeg 2000"])
def test_a_frame_that_is_larger_than_it_says(kind, medical, root, message):
    small = np.zeros((7, 9), np.uint8)
    large = np.zeros((1000, 800), np.uint8)
    image, _ = packed(medical.series(small[None])[0], large, kind)
    write(image, root.folder / "s" / "a.dcm", kind)
    found = look(root, "s/a.dcm")
    tracemalloc.start()
    said = message(lambda: decode(root, found), BombError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    path = root.folder / "s" / "a.dcm"
    assert said == f"{path} must hold 7 x 9 pixels, got a frame of 1000 x 800"
    assert peak < CAP + 3 * path.stat().st_size


def test_run_lengths_that_unpack_to_too_much(medical, root, message):
    image = medical.series(np.zeros((1, 7, 9), np.uint8))[0]
    image.compress(pydicom.uid.RLELossless)
    runs = bytes([1, 0, 0, 0, 64, 0, 0, 0]).ljust(64, b"\0") + b"\x81\0" * 5000
    image.PixelData = pydicom.encaps.encapsulate([runs])
    image["PixelData"].is_undefined_length = True
    folder = medical.save_series(root.folder / "s", [image])
    assert message(lambda: read_all(root, "s"), BombError) == (
        f"{folder / 'IM003'} must unpack to 63 bytes, got 640000: a bomb"
    )


def test_a_header_that_asks_for_too_much(medical, root, volume, message):
    images = medical.series(volume, Rows=60000, Columns=60000)
    folder = medical.save_series(root.folder / "s", images)
    tracemalloc.start()
    said = message(lambda: open_volume(root, "s"), BombError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said == (
        f"{folder / 'IM003'} must have at most max_pixels = 67108864 pixels, got 1 x "
        "60000 x 60000 = 3600000000; if that is no decompression bomb, read with a "
        "larger max_pixels"
    )
    assert peak < CAP


def test_an_element_that_claims_more_bytes_than_there_are(
    medical, root, volume, message
):
    image = medical.series(volume)[0]
    write(image, root.folder / "s" / "a.dcm", "implicit")
    path = root.folder / "s" / "a.dcm"
    content = path.read_bytes()
    at = content.index(b"\x28\x00\x10\x00")  # Rows
    claim = (2**31).to_bytes(4, "little")
    path.write_bytes(content[: at + 4] + claim + content[at + 8 :])
    tracemalloc.start()
    said = message(lambda: open_volume(root, "s"), PictureError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said.startswith(f"{path} must ")
    assert peak < CAP


def test_deflated_files_are_refused_unread(medical, root, volume, message):
    image = medical.series(volume)[0]
    image.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    folder = medical.save_series(root.folder / "s", [image])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zlib, "decompress", None)
        assert message(lambda: open_volume(root, "s"), PictureError) == (
            f"{folder / 'IM003'} must not be deflated; save it with another transfer "
            "syntax"
        )


class _Trap:
    def __reduce__(self):
        return (exec, ("raise SystemExit('executed')",))


def test_private_elements_are_neither_read_nor_run(medical, root, volume):
    """A pickle, a nested sequence and numbers that are none, all private."""
    images = medical.series(volume)
    for image in images:
        block = image.private_block(0x0029, "EVIL", create=True)
        block.add_new(0x01, "OB", pickle.dumps(_Trap()))
        inner = Dataset()
        inner.add_new(0x00290010, "LO", "EVIL")
        inner.add_new(0x00291002, "UN", pickle.dumps(_Trap()))
        block.add_new(0x02, "SQ", [inner])
        number = RawDataElement(Tag(0x00291003), "DS", 4, b"evil", 0, False, True)
        image[0x00291003] = number
    medical.save_series(root.folder / "s", images)
    np.testing.assert_array_equal(read_all(root, "s"), volume)
    name = find_series(root, "s").names[0]
    content = (root.folder / name).read_bytes()
    dataset = read_elements(root.folder / name, io.BytesIO(content), pixels=True)
    assert not [element for element in dataset if element.tag.is_private]
    assert not [e for e in dataset if e.keyword in ("PatientName", "PatientID")]


def test_what_is_damaged(medical, root, volume, message):
    folder = medical.save_series(root.folder / "s", medical.series(volume))
    path = folder / "IM003"
    found, content = look(root, "s/IM003"), path.read_bytes()
    path.write_bytes(content[:-20])
    said = message(lambda: decode(root, found), PictureError)
    assert said.startswith(f"{path} must be a whole file, got: The number of bytes of ")
    path.write_bytes(content[:400])
    said = message(lambda: open_volume(root, "s"), PictureError)
    assert said.startswith(f"{path} must ")
    other = medical.series(volume[:, :6])[0]
    other.save_as(path, enforce_file_format=True)
    assert message(lambda: decode(root, found), PictureError) == (
        f"{path} must stay as it was looked at, got another header"
    )


@settings(max_examples=50)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=20))
def test_any_damage_is_read_or_refused_in_one_line(
    tmp_path_factory, medical, volume, at, piece
):
    root = Root(tmp_path_factory.mktemp("damage"))
    path = medical.save_series(root.folder / "s", medical.series(volume[:1])) / "IM003"
    content = path.read_bytes()
    at %= len(content)
    path.write_bytes(content[:at] + piece + content[at + len(piece) :])
    said = outcome(root)
    assert said == "read" or ("\n" not in said and str(root.folder) in said)


def outcome(root):
    """Return what is said of a series; what pydicom warns of does not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read_all(root, "s")
        except ValueError as error:
            return str(error)
    return "read"


def test_without_the_library(medical, root, volume, monkeypatch, message):
    medical.save_series(root.folder / "s", medical.series(volume))
    monkeypatch.setitem(sys.modules, "pydicom", None)
    assert message(lambda: open_volume(root, "s"), ImportError) == (
        "DICOM needs pydicom; pip install 'hrcam-bench[medical]'"
    )
