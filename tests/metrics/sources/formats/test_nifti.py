import gzip

import nibabel
import numpy as np
import pytest

from metrics import FolderMaps, FolderMasks
from metrics.sources.formats.limits import VOXELS
from metrics.sources.source import MapReading

AFFINE = np.array([[-2.0, 0, 0, 9], [0, 0, 3, -4], [0, 4, 0, 7], [0, 0, 0, 1]])


@pytest.fixture
def save(tmp_path):
    def write(pixels, affine=AFFINE, name="a.nii.gz", **header):
        volume = nibabel.Nifti1Image(pixels, affine)
        for key, value in header.items():
            volume.header[key] = value
        nibabel.save(volume, tmp_path / name)
        return tmp_path

    return write


@pytest.fixture
def volume():
    return np.random.default_rng(0).normal(size=(3, 6, 9)).astype(np.float32)


def test_axes_stay_as_stored_and_say_where_they_lead(volume, save):
    source = FolderMaps(save(volume), "x")
    grid = source.header("a").grid
    np.testing.assert_array_equal(source.read(["a"])[0], volume)
    assert grid.codes == "LSA"
    assert grid.spacing == (2.0, 4.0, 3.0)
    np.testing.assert_allclose(grid.affine, AFFINE[:3])
    assert grid.codes == "".join(nibabel.aff2axcodes(AFFINE))


def test_masks_have_the_spacing(volume, save):
    truth = FolderMasks(save((volume > 0).astype(np.uint8))).read(["a"])
    assert truth.spacing == (2.0, 4.0, 3.0)


def test_a_slice_may_have_a_third_axis_of_one(volume, save):
    source = FolderMaps(save(volume[0][..., None]), "x")
    assert source.header("a").size == (6, 9)
    assert source.header("a").grid.spacing == (2.0, 4.0)
    np.testing.assert_array_equal(source.read(["a"])[0], volume[0])


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_slope_and_intercept_are_applied(name, tmp_path):
    stored = np.arange(30, dtype=np.int16).reshape(5, 6, 1)
    volume = nibabel.Nifti1Image(stored, AFFINE)
    volume.header.set_slope_inter(0.5, -3.0)
    nibabel.save(volume, tmp_path / name)
    raw = nibabel.load(tmp_path / name)
    assert (raw.dataobj.slope, raw.dataobj.inter) == (0.5, -3.0)
    got = FolderMaps(tmp_path, "x").read(["a"])[0]
    np.testing.assert_array_equal(got, raw.get_fdata()[..., 0])
    assert got.max() > 0


@pytest.mark.parametrize("codes", ["RAS", "LPS", "SPL", "IAR"])
def test_orientation_on_request(codes, volume, save):
    folder = save(volume)
    source = FolderMaps(folder, "x", MapReading(orientation=codes))
    start = nibabel.io_orientation(AFFINE)
    wanted = nibabel.orientations.axcodes2ornt(tuple(codes))
    turn = nibabel.orientations.ornt_transform(start, wanted)
    expected = nibabel.load(folder / "a.nii.gz").as_reoriented(turn)
    np.testing.assert_array_equal(source.read(["a"])[0], expected.get_fdata())
    header = source.header("a")
    assert header.size == expected.shape
    assert header.grid.codes == codes
    np.testing.assert_allclose(header.grid.affine, expected.affine[:3])


def test_places_that_nobody_knows(volume, save, message):
    folder = save(volume, affine=None, pixdim=[1, 2, 4, 3, 1, 1, 1, 1])
    grid = FolderMaps(folder, "x").header("a").grid
    assert grid.affine is None
    assert grid.codes == ""
    assert grid.spacing == (2, 4, 3)
    source = FolderMaps(folder, "x", MapReading(orientation="RAS"))
    assert message(lambda: source.read(["a"])) == (
        f"{folder}[a] must be a volume with a place in the patient to be brought into "
        "orientation RAS, got none; leave it as is"
    )


def test_units_are_millimeters(volume, tmp_path):
    file = nibabel.Nifti1Image(volume, np.diag([2, 3, 4, 1.0]))
    file.header.set_xyzt_units(xyz="micron")
    nibabel.save(file, tmp_path / "a.nii")
    grid = FolderMaps(tmp_path, "x").header("a").grid
    assert grid.spacing == pytest.approx((0.002, 0.003, 0.004))


def test_nifti_2(volume, tmp_path):
    nibabel.save(nibabel.Nifti2Image(volume, AFFINE), tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(FolderMaps(tmp_path, "x").read(["a"])[0], volume)


def test_a_bomb_is_refused_by_its_header(save, tmp_path, message):
    folder = save(np.zeros((2, 3, 4), np.uint8), name="a.nii")
    content = bytearray((folder / "a.nii").read_bytes())
    content[42:48] = np.array([30000, 30000, 300], "<i2").tobytes()
    (tmp_path / "a.nii").write_bytes(content)
    for call in (
        lambda: FolderMaps(folder, "x").read(["a"]),
        lambda: FolderMaps(folder, "x").header("a"),
    ):
        assert message(call) == (
            f"{folder / 'a.nii'} must have 1 to {VOXELS.most} pixels, got shape "
            "(30000, 30000, 300); set HRCAM_MAX_VOXELS to allow more"
        )


def test_four_axes_and_colors(save, message):
    folder = save(np.zeros((2, 3, 4, 5), np.float32))
    assert message(lambda: FolderMaps(folder, "x").read(["a"])) == (
        f"{folder / 'a.nii.gz'} must be 2-D (h, w) or 3-D (d, h, w), got shape "
        "(2, 3, 4, 5); save one image per file"
    )
    color = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    folder = save(color)
    assert "must hold real numbers, got dtype " in message(
        lambda: FolderMaps(folder, "x").read(["a"])
    )


def test_a_checksum_that_does_not_fit(volume, save, message):
    path = save(np.tile(volume, (40, 1, 1))) / "a.nii.gz"
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)
    assert message(lambda: FolderMaps(path.parent, "x").read(["a"])).startswith(
        f"{path} must be a complete file, got 'CRC check failed"
    )


def test_a_bomb_behind_the_pixels(save, tmp_path, message):
    path = save(np.zeros((2, 3, 4), np.uint8), name="a.nii") / "a.nii"
    content = path.read_bytes()
    path.unlink()
    with gzip.open(tmp_path / "a.nii.gz", "wb", 1) as stream:
        stream.write(content)
        for _ in range(65):
            stream.write(bytes(2**20))
    assert message(lambda: FolderMaps(tmp_path, "x").read(["a"])) == (
        f"{tmp_path / 'a.nii.gz'} must end after its pixels, got more; write it again"
    )
