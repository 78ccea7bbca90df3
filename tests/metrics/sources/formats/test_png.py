import struct

import numpy as np
import pytest
from PIL import Image

from metrics import FolderMaps, FolderMasks
from metrics.sources.formats.limits import PIXELS
from metrics.sources.source import MaskReading


def read(path):
    return FolderMaps(path.parent, "x").read([path.stem])[0]


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_pictures_keep_their_steps(dtype, top, tmp_path):
    array = np.linspace(0, top, 40).astype(dtype).reshape(5, 8)
    Image.fromarray(array).save(tmp_path / "a.PNG")
    np.testing.assert_array_equal(read(tmp_path / "a.PNG"), array)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_keep_their_labels(bits, tmp_path):
    array = (np.arange(40) % 2**bits).astype(np.uint8).reshape(5, 8)
    path = tmp_path / "a.png"
    if bits == 1:
        Image.fromarray(array.astype(bool)).save(path)
    else:
        Image.fromarray(array).save(path, bits=bits)
    if path.read_bytes()[24] != bits:
        pytest.skip("Pillow 12 writes bytes")
    np.testing.assert_array_equal(read(path), array)


def test_a_palette_is_a_label_image(tmp_path, message):
    labels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture = Image.fromarray(labels)
    picture.putpalette([7 * n % 256 for n in range(768)])
    picture.save(tmp_path / "a.png")
    masks = FolderMasks(tmp_path, MaskReading(labels=(2, 5)))
    np.testing.assert_array_equal(masks.read(["a"]).lesion[0], np.isin(labels, (2, 5)))
    assert message(lambda: read(tmp_path / "a.png")) == (
        f"map of a in {tmp_path} must have values, got a label image; "
        "save it without a palette"
    )


def test_a_picture_in_color(tmp_path, message):
    path = tmp_path / "a.png"
    for mode, channels in (("RGB", 3), ("RGBA", 4), ("LA", 2)):
        Image.fromarray(np.zeros((3, 4, channels), np.uint8)).save(path)
        assert message(lambda: read(path)) == (
            f"{path} must be gray (8 or 16 bit), got mode {mode}; "
            "save it with one channel"
        )


def test_a_bomb_is_refused_by_its_header(tmp_path, message):
    path = tmp_path / "b.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIB", 13, b"IHDR", 10**5, 10**6, 8)
    )
    for call in (lambda: read(path), lambda: FolderMaps(tmp_path, "x").header("b")):
        assert message(call) == (
            f"{path} must have 1 to {PIXELS.most} pixels, got shape (1000000, 100000); "
            "set HRCAM_MAX_PIXELS to allow more"
        )


def test_not_a_picture(tmp_path, message):
    path = tmp_path / "a.png"
    path.write_text("not a picture")
    assert message(lambda: read(path)) == (
        f"{path} must be a complete PNG file, got 13 bytes of another kind"
    )
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(path, format="TIFF")
    assert message(lambda: read(path)) == (
        f"{path} must be a complete PNG file, got 25 bytes of another kind"
    )
