import numpy as np
import pytest
import tifffile
from PIL import Image

from metrics import FolderMaps, FolderMasks
from metrics.sources.formats.limits import PIXELS
from metrics.sources.source import MaskReading


def read(path):
    return FolderMaps(path.parent, "x").read([path.stem])[0]


@pytest.fixture
def volume():
    return np.random.default_rng(0).normal(size=(3, 6, 9))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("compression", [None, "zlib", "lzma"])
def test_pages_are_slices(dtype, compression, volume, tmp_path):
    given = (volume * 30).astype(dtype)
    path = tmp_path / "a.tiff"
    tifffile.imwrite(path, given, compression=compression, photometric="minisblack")
    np.testing.assert_array_equal(read(path), given)
    tifffile.imwrite(path, given[0], compression=compression)
    np.testing.assert_array_equal(read(path), given[0])


def test_stacks_of_imagej_are_slices(volume, tmp_path):
    given = volume.astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", given, imagej=True)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), given)


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate"])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.float32])
def test_what_other_programs_write(compression, dtype, volume, tmp_path):
    given = (np.abs(volume) * 40).astype(dtype)
    pages = [Image.fromarray(page) for page in given]
    path = tmp_path / "a.tif"
    pages[0].save(path, compression=compression, save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(read(path), given)


def test_a_palette_is_a_label_image(tmp_path):
    labels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture = Image.fromarray(labels)
    picture.putpalette([7 * n % 256 for n in range(768)])
    picture.save(tmp_path / "a.tif")
    masks = FolderMasks(tmp_path, MaskReading(labels=(2, 5)))
    np.testing.assert_array_equal(masks.read(["a"]).lesion[0], np.isin(labels, (2, 5)))


def test_a_bomb_is_refused_by_its_header(tmp_path, message):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((6, 9), np.uint8), compression="zlib")
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags["ImageWidth"].overwrite(20000)
        file.pages[0].tags["ImageLength"].overwrite(30000)
    for call in (lambda: read(path), lambda: FolderMaps(tmp_path, "x").header("a")):
        assert message(call) == (
            f"{path} must have 1 to {PIXELS.most} pixels, got shape (30000, 20000); "
            "set HRCAM_MAX_PIXELS to allow more"
        )


def test_color(tmp_path, message):
    path = tmp_path / "a.tif"
    given = np.zeros((6, 9, 3), np.uint8)
    tifffile.imwrite(path, given, photometric="rgb")
    assert message(lambda: read(path)) == (
        f"{path} must be gray, got 3 samples a pixel; save it with one channel "
        "(volumes with photometric='minisblack')"
    )
    tifffile.imwrite(path, np.zeros((3, 6, 9), np.uint8), photometric="rgb")
    assert "must be gray, got 3 samples a pixel" in message(lambda: read(path))


def test_pages_that_differ(tmp_path, message):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(np.zeros((6, 9), np.float32))
        file.write(np.zeros((6, 8), np.float32))
    assert message(lambda: read(path)) == (
        f"{path} must have pages of one size and type, got (6, 9) float32 and (6, 8) "
        "float32 on page 2"
    )


def test_a_volume_on_one_page(volume, tmp_path, message):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, volume, truncate=True, photometric="minisblack")
    assert message(lambda: read(path)) == (
        f"{path} must have a page per slice, got 1 for 3 slices; "
        "save it without truncation"
    )


def test_strips_that_are_missing(volume, tmp_path, message):
    """A strip of no bytes would be read as zeros."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, volume[0], rowsperstrip=2, compression="zlib")
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags["StripByteCounts"].overwrite((0, 9, 9))
    assert message(lambda: read(path)) == (
        f"{path} must be a complete file, got page 1 without all of its pixels; "
        "write it again"
    )


def test_pages_of_other_files_are_not_read(volume, tmp_path):
    """OME's metadata may name files anywhere; only this one is looked at."""
    tifffile.imwrite(
        tmp_path / "other.tif", volume.astype(np.float32), photometric="minisblack"
    )
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/'
        '2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" '
        'Type="float" SizeX="9" SizeY="6" SizeZ="3" SizeC="1" SizeT="1"><Channel '
        'ID="Channel:0:0" SamplesPerPixel="1"/>'
        + "".join(
            f'<TiffData FirstZ="{z}" IFD="{z}" PlaneCount="1"><UUID FileName='
            '"other.tif">urn:uuid:1</UUID></TiffData>'
            for z in range(3)
        )
        + "</Pixels></Image></OME>"
    )
    path = tmp_path / "a.ome.tif"
    given = volume[1].astype(np.float32)
    tifffile.imwrite(path, given, description=xml, metadata=None)
    got = FolderMaps(tmp_path, "x").read(["a.ome"])[0]
    np.testing.assert_array_equal(got, given)
