"""Pictures of every odd mode, as cameras, scanners and programs write them."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from simbench.readers.pictures import MaskFile, PictureFile
from simbench.readers.root import BombError, PictureError, Root

GRAY = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
COLOR = np.stack([GRAY, GRAY[::-1], 255 - GRAY], axis=2)
DEEP = (np.arange(35, dtype=np.uint16) * 1871).reshape(5, 7)


@pytest.fixture
def root(tmp_path):
    return Root(tmp_path)


def save(root, name, picture, **how):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    picture.save(root.folder / name, **how)
    return PictureFile(name)


def palette(indexes, colors):
    picture = Image.frombytes("P", indexes.shape[::-1], indexes.tobytes())
    picture.putpalette(np.asarray(colors, np.uint8).ravel().tolist())
    return picture


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("pixels", [GRAY, COLOR], ids=["gray", "color"])
def test_bytes_are_read_as_they_are(root, suffix, pixels):
    found = save(root, f"a.{suffix}", pixels).read(root)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, pixels)


def test_one_bit_is_black_and_white(root):
    found = save(root, "a.png", GRAY > 100).read(root)
    np.testing.assert_array_equal(found, np.where(GRAY > 100, 255, 0))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_keep_their_shades(root, suffix):
    found = save(root, f"a.{suffix}", DEEP).read(root)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, DEEP / 257, rtol=1e-6)


def test_a_window_says_what_is_black_and_what_is_white(root):
    save(root, "a.png", DEEP)
    save(root, "b.png", GRAY)
    found = PictureFile("a.png", (1871.0, 18710.0)).read(root)
    wanted = np.clip((DEEP.astype(float) - 1871) / (18710 - 1871), 0, 1) * 255
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert PictureFile("b.png", (0.0, 119.0)).read(root).max() == 255


def test_floats_need_a_window(root):
    picture = save(root, "a.tif", DEEP.astype(np.float32))
    with pytest.raises(ValueError, match="window") as caught:
        picture.read(root)
    assert not isinstance(caught.value, PictureError)  # it is no damage
    assert str(caught.value) == (
        f"{root.folder / 'a.tif'} has values of no known range (mode F); give their "
        "window"
    )
    found = PictureFile("a.tif", (0.0, 65535.0)).read(root)
    np.testing.assert_allclose(found, DEEP / 257, rtol=1e-6)


def test_a_palette_gives_its_colors(root):
    colors = [(10 * k, 255 - k, k) for k in range(20)]
    indexes = GRAY % 20
    found = save(root, "a.png", palette(indexes, colors)).read(root)
    np.testing.assert_array_equal(found, np.array(colors, np.uint8)[indexes])


def test_what_is_transparent_lies_over_black(root):
    alpha = np.where(GRAY < 100, 0, 255).astype(np.uint8)
    color = save(root, "a.png", np.dstack([COLOR, alpha])).read(root)
    np.testing.assert_array_equal(color, COLOR * (alpha[..., None] > 0))
    gray = Image.merge("LA", [Image.fromarray(x) for x in (GRAY, alpha)])
    found = save(root, "b.png", gray).read(root)
    np.testing.assert_array_equal(found, GRAY * (alpha > 0))


def test_cmyk_and_gray_jpegs_are_read(root):
    smooth = np.dstack([np.full((16, 24), v, np.uint8) for v in (200, 40, 90)])
    for name, mode in (("a.jpg", "CMYK"), ("b.jpg", "RGB"), ("c.jpg", "L")):
        picture = Image.fromarray(smooth).convert(mode)
        found = save(root, name, picture, quality=95).read(root)
        wanted = np.asarray(picture.convert("L" if mode == "L" else "RGB"))
        assert found.shape == wanted.shape
        assert np.abs(found.astype(int) - wanted).max() <= 6


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_rotation_of_exif_is_applied(root, suffix, orientation):
    upright = np.kron(np.array([[0, 90], [180, 250], [60, 120]]), np.ones((8, 8)))
    upright = upright.astype(np.uint8)
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    picture = Image.fromarray(np.ascontiguousarray(turned))
    exif = picture.getexif()
    exif[0x0112] = orientation
    how = {"quality": 95} if suffix == "jpg" else {}
    found = save(root, f"a.{suffix}", picture, exif=exif, **how).read(root)
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).max() <= 4 * (suffix == "jpg")


def test_masks_of_every_kind_mark_what_is_not_zero(root):
    marked = GRAY > 100
    alpha = np.where(marked, 255, 0).astype(np.uint8)
    white = np.full((5, 7, 3), 255, np.uint8)
    pictures = {
        "a.png": Image.fromarray(marked),
        "b.png": Image.fromarray(marked.astype(np.uint8)),
        "c.png": Image.fromarray(np.dstack([marked * np.uint8(9)] * 3)),
        "d.png": Image.fromarray(marked.astype(np.uint16) * 3),
        "e.png": palette(marked.astype(np.uint8), [(7, 7, 7), (0, 0, 0)]),
        "f.png": Image.fromarray(np.dstack([white, alpha])),
        "g.tif": Image.fromarray(marked.astype(np.uint8) * 255),
    }
    for name, picture in pictures.items():
        picture.save(root.folder / name)
        found = MaskFile(name).read(root)
        np.testing.assert_array_equal(found, np.where(marked, 255, 0), err_msg=name)
        assert found.dtype == np.uint8


BROKEN = {
    "empty": (b"", "an empty file"),
    "text": (b"<html>not found</html>", "neither JPEG nor PNG nor TIFF"),
    "gif": (b"GIF89a" + b"\0" * 60, "neither JPEG nor PNG nor TIFF"),
}


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=list(BROKEN))
def test_what_is_no_picture_is_said_in_one_line(root, content, reason):
    (root.folder / "a.png").write_bytes(content)
    for picture in (PictureFile("a.png"), MaskFile("a.png")):
        with pytest.raises(PictureError) as caught:
            picture.read(root)
        path = root.folder / "a.png"
        assert str(caught.value) == f"{path} must be a whole picture, got: {reason}"


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_a_picture_that_ends_early_is_damaged(root, suffix):
    rough = np.random.default_rng(0).integers(0, 256, (60, 50), np.uint8)
    picture = save(root, f"a.{suffix}", rough)
    path = root.folder / f"a.{suffix}"
    whole = path.read_bytes()
    for share in (0.2, 0.6, 0.95):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(PictureError, match="must be a whole picture, got: "):
            picture.read(root)


@given(st.data())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_give_a_picture_or_a_picture_error(root, data):
    kind = data.draw(st.sampled_from(["jpg", "png", "tif"]))
    picture = save(root, f"a.{kind}", COLOR)
    path = root.folder / f"a.{kind}"
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    try:
        found = picture.read(root)
    except (PictureError, BombError):
        return
    except ValueError as error:
        assert "give their window" in str(error)  # noqa: PT017  another mode
        return
    assert found.ndim in (2, 3)
    assert found.dtype in (np.uint8, np.float32)


def png_of_size(width, height):
    """Return a PNG whose header claims a size; its data would inflate to nothing."""

    def chunk(kind, content):
        body = kind + content
        return (
            struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*part) for part in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )


def test_a_bomb_is_refused_by_its_header(root, monkeypatch):
    (root.folder / "a.png").write_bytes(png_of_size(100_000, 30_000))
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    with pytest.raises(BombError) as caught:
        PictureFile("a.png").read(root)
    assert str(caught.value) == (
        f"{root.folder / 'a.png'} must have at most max_pixels = 67108864 pixels, got "
        "30000 x 100000 = 3000000000; if that is no decompression bomb, read with a "
        "larger max_pixels"
    )


def test_max_pixels_may_pass_the_limit_of_the_library(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # as a huge picture would
    root = Root(tmp_path, max_pixels=35)
    Image.fromarray(GRAY).save(tmp_path / "a.png")
    assert PictureFile("a.png").read(root).shape == (5, 7)


def test_several_pictures_in_one_file_are_refused(root):
    first, second = Image.fromarray(GRAY), Image.fromarray(255 - GRAY)
    first.save(root.folder / "a.tif", save_all=True, append_images=[second])
    with pytest.raises(PictureError) as caught:
        PictureFile("a.tif").read(root)
    path = root.folder / "a.tif"
    assert str(caught.value) == (
        f"{path} must be a whole picture, got: 2 pictures in one file"
    )
