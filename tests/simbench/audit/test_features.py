import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from simbench.audit.features import (
    as_planes,
    compressed,
    features,
    filtered,
    histogram,
    medians,
    order,
    spectrum,
    statistics,
    thumbnail,
)
from simbench.audit.sampling import choose, levels_of

SIZES = st.tuples(st.integers(16, 40), st.integers(16, 40))


@given(st.integers(0, 2**32), st.integers(1, 300), st.sampled_from([8, 12, 16]))
@settings(deadline=None)
def test_statistics_are_those_of_the_sorted_pixels(seed, pixels, bits):
    dtype = np.uint8 if bits == 8 else np.uint16
    levels = np.random.default_rng(seed).integers(0, 2**bits, (3, pixels), dtype)
    found = statistics(levels, 2**bits)
    assert found[:, 0] == pytest.approx(levels.mean(1))
    assert found[:, 1] == pytest.approx(levels.std(1), abs=1e-3)
    for column, share in ((2, 0.01), (6, 0.5), (10, 0.99)):
        place = round(share * (pixels - 1))
        assert (found[:, column] == np.sort(levels, 1)[:, place]).all()


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_the_histogram_has_equal_bins_over_all_gray_levels(bits):
    dtype = np.uint8 if bits == 8 else np.uint16
    planes = np.random.default_rng(0).integers(0, 2**bits, (4, 9, 14), dtype)
    planes[0, 0, :2] = 0, 2**bits - 1
    found = histogram(planes, 2**bits)
    for row, plane in zip(found, planes, strict=True):
        counts, _ = np.histogram(plane, 32, (0, 2**bits))
        assert row**2 * plane.size == pytest.approx(counts)


@given(SIZES, st.integers(0, 2**32))
@settings(deadline=None, max_examples=25)
def test_the_spectrum_is_that_of_the_whole_transform(size, seed):
    planes = np.random.default_rng(seed).integers(0, 256, (2, *size), np.uint8)
    found = spectrum(planes)
    count = min(16, size[0] // 2, size[1] // 2)
    assert found.shape == (2, count)
    y, x = (np.fft.fftfreq(n) for n in size)
    ring = np.clip(np.rint(np.hypot(y[:, None], x[None]) * 2 * count), 1, count)
    ring[0, 0] = 0
    windows = (np.sin(np.pi * np.arange(1, n + 1) / (n + 1)) ** 2 for n in size)
    window = np.outer(*windows)
    for row, plane in zip(found, planes, strict=True):
        power = np.abs(np.fft.fft2((plane - plane.mean()) * window)) ** 2
        means = [power[ring == r].mean() for r in range(1, count + 1)]
        assert row == pytest.approx(np.log(means), abs=1e-3)


def test_a_wave_lies_in_the_ring_of_its_frequency_whichever_way_it_goes():
    y, x = np.mgrid[:64, :48]
    for frequency in (4 / 16, 6 / 16):
        for place in (y, x):
            wave = np.rint(128 + 60 * np.sin(2 * np.pi * frequency * place))
            found = spectrum(wave[None].astype(np.uint8))[0]
            assert found.argmax() == round(frequency * 32) - 1
            assert np.sort(found)[-1] - np.sort(found)[-4] > 3


def test_an_image_of_one_color_has_a_finite_spectrum():
    assert np.isfinite(spectrum(np.full((1, 16, 20), 7, np.uint8))).all()


@given(SIZES, st.integers(0, 2**32))
@settings(deadline=None, max_examples=25)
def test_the_thumbnail_holds_means_of_blocks(size, seed):
    planes = np.random.default_rng(seed).integers(0, 65536, (2, *size), np.uint16)
    found = thumbnail(planes).reshape(2, 8, 8)
    rows, columns = ([n * k // 8 for k in range(9)] for n in size)
    for i, j in ((0, 0), (3, 6), (7, 7)):
        block = planes[:, rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
        assert found[:, i, j] == pytest.approx(block.mean(axis=(1, 2)))


@given(st.integers(0, 2**32), st.sampled_from([np.uint8, np.uint16]))
@settings(deadline=None, max_examples=25)
def test_medians_are_those_of_each_tissue(seed, dtype):
    random = np.random.default_rng(seed)
    planes = random.integers(0, np.iinfo(dtype).max, (3, 7, 11), dtype, endpoint=True)
    tissue = random.choice(np.array([0, 1, 2, 255], np.uint8), (3, 7, 11))
    tissue[1][tissue[1] == 2] = 0
    found = medians(planes, tissue)
    for row, plane, labels in zip(found, planes, tissue, strict=True):
        for label in range(256):
            values = np.sort(plane[labels == label])
            if values.size:
                assert row[label] == values[(values.size - 1) // 2]
            else:
                assert np.isnan(row[label])


@pytest.mark.parametrize(
    ("dtype", "channels"),
    [(np.uint8, 1), (np.uint8, 3), (np.uint16, 1), (np.uint16, 3)],
)
def test_the_compressed_rows_are_those_of_a_png(make, dtype, channels):
    images = make.clouds(2, (13, 18), channels=channels, dtype=dtype)
    bits = 8 * images.dtype.itemsize
    for image, rows, size in zip(
        images, filtered(images), compressed(images), strict=True
    ):
        packed = zlib.compress(rows)
        assert len(packed) == size
        kind = 0 if channels == 1 else 2
        head = struct.pack(">IIBBBBB", 18, 13, bits, kind, 0, 0, 0)
        file = b"\x89PNG\r\n\x1a\n"
        for name, content in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b"")):
            check = struct.pack(">I", zlib.crc32(name + content))
            file += struct.pack(">I", len(content)) + name + content + check
        read = np.asarray(Image.open(io.BytesIO(file)))
        if bits == 16 and channels == 3:  # Pillow keeps 8 of the bits
            image = (image >> 8).astype(np.uint8)
        assert (read == image).all()


def test_smooth_images_compress_better(make):
    images = make.clouds(5)
    smooth = ndimage.gaussian_filter(images, 2.0, axes=(1, 2))
    assert (compressed(smooth) < compressed(images) - 50).all()


def test_order_tells_parts_and_turns():
    found = order(np.arange(120), 120)
    for wanted in (
        np.arange(120) >= 45,
        np.arange(120) % 2 == 0,
        (np.arange(120) % 3 == 1) | (np.arange(120) % 5 == 2),
    ):
        design = np.column_stack([found, np.ones(120)])
        weights, *_ = np.linalg.lstsq(design, wanted.astype(float), rcond=None)
        assert np.mean((design @ weights > 0.5) == wanted) > 0.95


def test_every_channel_has_its_own_features(make):
    images = make.clouds(6, channels=3)
    labels = np.zeros(6, int)
    tissue = np.random.default_rng(0).integers(0, 3, (6, 24, 32), np.uint8)
    whole = make.dataset(images, labels, tissue=tissue)
    chosen = choose(whole, 5)
    found = features(whole, chosen, levels_of(whole, chosen.ids))
    assert {k: v.shape for k, v in found.items()} == {
        "bins": (6, 96),
        "spectrum": (6, 36),
        "thumbnail": (6, 192),
        "histogram": (6, 33),
        "border": (6, 33),
        "size": (6, 1),
        "tissues": (6, 9),
    }
    for channel in range(3):
        part = make.dataset(images[..., channel].copy(), labels, tissue=tissue)
        own = features(part, chosen, levels_of(part, chosen.ids))
        for name in found.keys() - {"size"}:
            width = own[name].shape[1]
            columns = slice(channel * width, (channel + 1) * width)
            assert (found[name][:, columns] == own[name]).all()
    assert (as_planes(images)[4] == images[1, :, :, 1]).all()


def test_the_border_is_four_pixels_wide(make):
    images = np.zeros((2, 20, 30), np.uint8)
    images[1, 4:-4, 4:-4] = 200
    dataset = make.dataset(images, [0, 1])
    chosen = choose(dataset, 2)
    found = features(dataset, chosen, levels_of(dataset, chosen.ids))
    assert not found["border"].any()
    images[1, 3, 15] = images[1, 10, -4] = 9
    found = features(dataset, chosen, levels_of(dataset, chosen.ids))
    assert found["border"][1, 0] == pytest.approx(18 / (600 - 12 * 22))


def test_a_tissue_that_an_image_lacks_is_given_the_middle_of_the_others(make):
    images = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones(
        (1, 16, 20), np.uint8
    )
    tissue = np.zeros((5, 16, 20), np.uint8)
    tissue[:4, 0] = 7
    dataset = make.dataset(images, np.zeros(5, int), tissue=tissue)
    chosen = choose(dataset, 2)
    found = features(dataset, chosen, levels_of(dataset, chosen.ids))["tissues"]
    assert found.tolist() == [[0, 0], [1, 1], [2, 2], [3, 3], [4, 1.5]]
