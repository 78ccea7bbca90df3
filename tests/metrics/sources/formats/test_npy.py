import re

import numpy as np

from metrics import FolderMaps, FolderMasks
from metrics.sources.formats.limits import PIXELS, VOXELS


def read(path):
    return FolderMaps(path.parent, "x").read([path.stem])[0]


def test_an_array_of_another_rank(tmp_path, message):
    path = tmp_path / "a.npy"
    for shape in ((4,), (1, 2, 3, 4)):
        np.save(path, np.zeros(shape))
        assert message(lambda: read(path)) == (
            f"{path} must be 2-D (h, w) or 3-D (d, h, w), got shape {shape}; "
            "save one image per file"
        )


def test_an_array_of_no_numbers(tmp_path, message):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((2, 3), complex))
    assert message(lambda: read(path)) == (
        f"{path} must hold real numbers, got dtype complex128; save it as float32"
    )


def test_pickles_are_not_loaded(tmp_path, message):
    path = tmp_path / "a.npy"
    np.save(path, np.array([[{}]], dtype=object))
    assert message(lambda: read(path)) == (
        f"{path} must hold real numbers, got dtype object; save it as float32"
    )


def test_absurd_sizes_are_refused_by_the_header(tmp_path, message):
    path = tmp_path / "a.npy"
    for shape in ((10**6, 10**6), (10**3, 10**3, 10**3), (0, 4), (2**63, 2**63)):
        with path.open("wb") as stream:
            header = {"descr": "<f8", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(stream, header)
        limit = PIXELS if len(shape) == 2 else VOXELS
        hint = f"; {limit.hint}" if min(shape) else ""
        for call in (lambda: read(path), lambda: FolderMasks(tmp_path).header("a")):
            assert message(call) == (
                f"{path} must have 1 to {limit.most} pixels, got shape {shape}{hint}"
            )


def test_truncated_array_message(tmp_path, message):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((4, 6)))
    path.write_bytes(path.read_bytes()[:-8])
    reason = r"'[^\n]*23[^\n]*'"  # NumPy's own words
    line = (
        rf"{re.escape(str(path))} must be a complete file, got {reason}; write it again"
    )
    assert re.fullmatch(line, message(lambda: read(path)))


def test_another_version(tmp_path, message):
    path = tmp_path / "a.npy"
    with path.open("wb") as stream:
        np.lib.format.write_array(stream, np.zeros((2, 3)), version=(3, 0))
    assert message(lambda: read(path)) == (
        f"{path} must be .npy of version 1 or 2, got (3, 0); save it anew"
    )
    with path.open("wb") as stream:
        np.lib.format.write_array(stream, np.ones((2, 3)), version=(2, 0))
    assert read(path).sum() == 6


def test_byte_order_and_memory_order_do_not_matter(tmp_path):
    given = np.arange(15.0).reshape(3, 5)
    np.save(tmp_path / "a.npy", np.asfortranarray(given.astype(">f4")))
    got = read(tmp_path / "a.npy")
    assert got.dtype == np.dtype("=f4")
    np.testing.assert_array_equal(got, given)


def test_whole_numbers_become_floats_that_hold_them(tmp_path):
    for dtype, wide in (
        (np.uint16, np.float32),
        (np.int32, np.float64),
        (np.float16, np.float32),
        (bool, np.float32),
        (np.longdouble, np.float64),
    ):
        np.save(tmp_path / "a.npy", np.array([[0, 1, 1]], dtype))
        assert read(tmp_path / "a.npy").dtype == wide
