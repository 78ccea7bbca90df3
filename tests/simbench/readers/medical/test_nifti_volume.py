import gzip
import tracemalloc

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.readers.medical.nifti_volume import find_volume
from simbench.readers.medical.volumes import open_volume
from simbench.readers.root import BombError, PictureError, Root

CAP = 200_000


def read_all(root, name):
    volume = open_volume(root, name)
    return np.stack([volume.read(root, k) for k in range(volume.size[0])])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_slices_are_those_of_nibabel(name, kind, order, medical, root, volume):
    path = root.folder / name
    affine = np.array([[0, -0.5, 0, 9], [0, 0, 0.75, -4], [-2, 0, 0, 7.0]])
    medical.save_nifti(path, volume, affine, (0.5, -3.0), kind, order)
    stored = nibabel.load(path)
    assert stored.header.endianness == order
    wanted = nibabel.orientations.axcodes2ornt(("S", "P", "L"))
    start = nibabel.io_orientation(stored.affine)
    turned = stored.as_reoriented(nibabel.orientations.ornt_transform(start, wanted))
    np.testing.assert_array_equal(
        read_all(root, name), turned.get_fdata(dtype=np.float32)
    )
    found = open_volume(root, name)
    np.testing.assert_allclose(found.affine, turned.affine[:3], atol=1e-5)
    assert found.size == turned.shape == (4, 9, 7)
    assert found.names == found.names_of(2) == (name,)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4", "f8", "i8"])
def test_numbers_of_every_type(dtype, medical, root):
    pixels = (100 * np.random.default_rng(1).random((3, 4, 5))).astype(dtype)
    medical.save_nifti(root.folder / "a.nii", pixels, medical.AXIAL)
    np.testing.assert_array_equal(read_all(root, "a.nii"), pixels.astype(np.float32))


def test_one_volume_of_a_fourth_axis(medical, root, volume):
    path = medical.save_nifti(root.folder / "a.nii", volume[..., None], medical.AXIAL)
    assert nibabel.load(path).shape == (4, 7, 9, 1)
    np.testing.assert_array_equal(read_all(root, "a.nii"), volume)


def test_qform_alone_and_units(medical, root, volume):
    image = nibabel.Nifti1Image(volume, None)
    image.header.set_qform(np.vstack([medical.AXIAL / 1000, [0, 0, 0, 1]]), code=1)
    image.header.set_xyzt_units("meter")
    nibabel.save(image, root.folder / "a.nii")
    found = open_volume(root, "a.nii")
    np.testing.assert_allclose(found.affine, medical.AXIAL, atol=1e-4)


def test_extensions_are_passed_over(medical, root, volume):
    image = nibabel.Nifti1Image(volume, np.vstack([medical.AXIAL, [0, 0, 0, 1]]))
    extension = nibabel.nifti1.Nifti1Extension(6, b"x" * 3000)
    image.header.extensions.append(extension)
    nibabel.save(image, root.folder / "a.nii.gz")
    np.testing.assert_array_equal(read_all(root, "a.nii.gz"), volume)


def edited(path, **fields):
    """Change fields of a NIfTI-1 header on disk."""
    packed = path.suffix == ".gz"
    content = bytearray(
        gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    )
    header = np.frombuffer(content, nibabel.nifti1.header_dtype, 1)
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


BOMB = {"dim": [3, 6000, 6000, 6000, 1, 1, 1, 1]}
WIDE = {"dim": [3, 2, 9000, 8000, 1, 1, 1, 1]}
LONG = {"dim": [3, 500, 600, 700, 1, 1, 1, 1]}


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_header_that_asks_for_too_much(name, medical, root, volume, message):
    path = medical.save_nifti(root.folder / name, volume, medical.AXIAL)
    found = find_volume(root, name)
    edited(path, **BOMB)
    tracemalloc.start()
    said = message(lambda: find_volume(root, name), BombError)
    read = message(lambda: found.read(root), BombError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said == read
    assert said == (
        f"{path} must have at most 4 x max_pixels = 268435456 voxels, got 6000 x "
        "6000 x 6000 = 216000000000; if that is no decompression bomb, read with a "
        "larger max_pixels"
    )
    assert peak < CAP
    edited(path, **WIDE)
    assert message(lambda: find_volume(root, name), BombError) == (
        f"{path} must have at most max_pixels = 67108864 pixels, got 8000 x 9000 = "
        "72000000; if that is no decompression bomb, read with a larger max_pixels"
    )
    larger = Root(root.folder, max_pixels=10**12)
    edited(path, **LONG)
    small = Root(root.folder, max_pixels=10**6)
    assert "4 x max_pixels = 4000000 voxels" in message(
        lambda: find_volume(small, name), BombError
    )
    tracemalloc.start()
    said = message(lambda: find_volume(larger, name), PictureError)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    has = path.stat().st_size
    holds = f"can hold at most {1032 * has}" if name.endswith("gz") else f"holds {has}"
    assert said == (
        f"{path} must have 420000352 bytes for its (500, 600, 700) voxels, and {holds}"
        "; write it again"
    )
    assert peak < CAP


def test_a_bomb_behind_the_voxels(medical, root, volume, message):
    path = medical.save_nifti(root.folder / "a.nii", volume, medical.AXIAL)
    packed = root.folder / "b.nii.gz"
    with gzip.open(packed, "wb", 1) as stream:
        stream.write(path.read_bytes())
        for _ in range(40):
            stream.write(bytes(2**20))
    found = find_volume(root, "b.nii.gz")
    tracemalloc.start()
    assert message(lambda: found.read(root), PictureError) == (
        f"{packed} must end after its voxels, got more; write it again"
    )
    assert tracemalloc.get_traced_memory()[1] < 6 * 2**20
    tracemalloc.stop()


def refused(message, root, path, error=PictureError):
    return message(lambda: find_volume(root, path.name), error).removeprefix(f"{path} ")


@pytest.mark.parametrize(
    ("fields", "ending"),
    [
        (
            {"dim": [4, 4, 7, 9, 3, 1, 1, 1]},
            "must be one volume of three axes, got 4 x 7 x 9 x 3; split it",
        ),
        (
            {"dim": [2, 4, 7, 1, 1, 1, 1, 1]},
            "must be one volume of three axes, got 4 x 7; split it",
        ),
        (
            {"dim": [3, 4, 0, 9, 1, 1, 1, 1]},
            "must be one volume of three axes, got 4 x 0 x 9; split it",
        ),
        (
            {"datatype": 128, "bitpix": 24},
            "must hold whole or real numbers, got [('R', 'u1'), ('G', 'u1'), "
            "('B', 'u1')]; save it as float32",
        ),
        (
            {"datatype": 32, "bitpix": 64},
            "must hold whole or real numbers, got complex64; save it as float32",
        ),
        (
            {"sform_code": 0, "qform_code": 0},
            "must say where its voxels lie, got neither sform nor qform; convert it "
            "from the scanner's files again",
        ),
        (
            {"srow_x": [0, 0, 0, 1]},
            "must say where its voxels lie, got axes that lead nowhere",
        ),
        (
            {"srow_x": [0.75, 0, -0.75, 1]},
            "must have axes at right angles, got 69.44 degrees; resample it to a grid "
            "of boxes",
        ),
        (
            {"magic": b"ni1"},
            "must hold header and voxels, got a header alone; save one .nii",
        ),
        (
            {"vox_offset": 1e30},
            "must have voxels after its header, got byte "
            "1000000015047466219876688855040",
        ),
        ({"sizeof_hdr": 349}, "must be a NIfTI file, got something else; convert it"),
    ],
)
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_what_is_not_a_volume(name, fields, ending, medical, root, volume, message):
    path = medical.save_nifti(root.folder / name, volume, medical.AXIAL)
    assert refused(message, root, edited(path, **fields)) == ending


@pytest.mark.parametrize("content", [b"", b"x", bytes(400), b"\x1f\x8b", b"n" * 1000])
def test_files_of_another_kind(content, root, message):
    path = root.folder / "a.nii"
    path.write_bytes(content)
    said = refused(message, root, path)
    assert said in (
        "must be a NIfTI file, got something else; convert it",
        "must be a whole file, got: Compressed file ended before the end-of-stream "
        "marker was reached; write it again",
    )


def test_files_that_end_early(medical, root, volume, message):
    for name in ("a.nii", "a.nii.gz"):
        path = medical.save_nifti(
            root.folder / name, np.tile(volume, (9, 9, 9)), medical.AXIAL
        )
        found, content = find_volume(root, name), path.read_bytes()
        path.write_bytes(content[:-3000])
        said = message(lambda found=found: found.read(root), PictureError)
        assert said.startswith(f"{path} must ")
    path = medical.save_nifti(root.folder / "b.nii", volume, medical.AXIAL)
    packed = root.folder / "c.nii.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()[:-100]))
    found = find_volume(root, "c.nii.gz")
    assert message(lambda: found.read(root), PictureError) == (
        f"{packed} must have 856 bytes unpacked, got 756; write it again"
    )


def test_a_checksum_that_does_not_fit(medical, root, volume, message):
    path = medical.save_nifti(root.folder / "a.nii.gz", volume, medical.AXIAL)
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    found = find_volume(root, "a.nii.gz")
    said = message(lambda: found.read(root), PictureError)
    assert said.startswith(f"{path} must be a whole file, got: CRC check failed")


def test_a_file_that_changes_while_it_is_read(medical, root, volume, message):
    path = medical.save_nifti(root.folder / "a.nii", volume, medical.AXIAL)
    found = find_volume(root, "a.nii")
    medical.save_nifti(path, volume, medical.AXIAL + np.array([0, 0, 0, 1]))
    assert message(lambda: found.read(root), PictureError) == (
        f"{path} must stay as it was looked at, got another header"
    )


@given(st.binary(max_size=700), st.booleans())
def test_any_bytes_are_refused_in_one_line(tmp_path_factory, content, packed):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "a.nii").write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(ValueError, match=" must ") as caught:
        find_volume(Root(folder), "a.nii")
    assert "\n" not in str(caught.value)


def test_without_the_library(medical, root, volume, monkeypatch, message):
    import sys

    medical.save_nifti(root.folder / "a.nii", volume, medical.AXIAL)
    monkeypatch.setitem(sys.modules, "nibabel", None)
    assert message(lambda: find_volume(root, "a.nii"), ImportError) == (
        "NIfTI needs nibabel; pip install 'hrcam-bench[medical]'"
    )
