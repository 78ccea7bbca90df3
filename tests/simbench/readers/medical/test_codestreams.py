import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.encaps import get_frame
from pydicom.uid import RLELossless

from simbench.readers.medical.codestreams import sizes_of, unpacked_bytes

SIDES = st.integers(1, 70)


def encoded(height, width, kind, **how):
    stream = io.BytesIO()
    Image.fromarray(np.zeros((height, width), np.uint8)).save(stream, kind, **how)
    return stream.getvalue()


@settings(max_examples=20)
@given(SIDES, SIDES, st.booleans())
def test_sizes_of_jpeg(height, width, progressive):
    frame = encoded(height, width, "JPEG", progressive=progressive, comment=b"x" * 99)
    assert sizes_of(frame) == [(height, width)]
    filled = frame[:2] + b"\xff\xff" + frame[2:]  # markers may be led by fill bytes
    assert sizes_of(filled) == [(height, width)]


@settings(max_examples=10)
@given(st.integers(32, 70), st.integers(32, 70))
def test_sizes_of_jpeg_2000(height, width):
    frame = encoded(height, width, "JPEG2000", no_jp2=True)
    assert sizes_of(frame) == [(height, width)]


def test_sizes_of_jpeg_ls():
    """Its start of frame is marker F7 (ISO 14495-1): 8 bits, 3 rows, 500 columns."""
    frame = b"\xff\xd8\xff\xf7\x00\x0b\x08\x00\x03\x01\xf4\x01\x01\x11\x00\xff\xda"
    assert sizes_of(frame) == [(3, 500)]


def test_a_second_size_is_told_as_well():
    one, other = encoded(5, 7, "JPEG"), encoded(900, 800, "JPEG")
    at = one.index(b"\xff\xc0")
    start = other.index(b"\xff\xc0")
    segment = other[start : start + 2 + int.from_bytes(other[start + 2 : start + 4])]
    assert sizes_of(one[:at] + segment + one[at:]) == [(900, 800), (5, 7)]


@pytest.mark.parametrize("frame", [b"", b"\xff\xd8", b"\xff\x4f\xff\x51", b"PNG" * 20])
def test_what_tells_no_size(frame):
    assert sizes_of(frame) == []


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8", b"\xff\x4f\xff\x51"])
)
def test_any_bytes_come_to_an_end(content, start):
    assert all(len(size) == 2 for size in sizes_of(start + content))
    assert 0 <= unpacked_bytes(content) <= 128 * len(content) * 15


@settings(max_examples=20)
@given(SIDES, SIDES, st.integers(1, 40), st.sampled_from([np.uint8, np.uint16]))
def test_run_lengths_unpack_to_the_pixels(medical, height, width, levels, dtype):
    rng = np.random.default_rng(levels)
    pixels = rng.integers(0, levels, (height, width)).astype(dtype) * dtype(257 % 251)
    image = medical.instance(pixels, 1)
    image.compress(RLELossless)
    frame = get_frame(image.PixelData, 0, number_of_frames=1)
    assert 0 <= unpacked_bytes(frame) - pixels.nbytes <= 2 * pixels.itemsize
