import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coding

from metrics.sources.formats.image import ImageError
from metrics.sources.formats.limits import PIXELS
from metrics.sources.formats.rle import decode

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40))


def count(mask):
    """Write run lengths pixel by pixel, down the columns, healthy pixels first."""
    counts, now = [0], False
    for column in range(mask.shape[1]):
        for row in range(mask.shape[0]):
            if mask[row, column] != now:
                now = not now
                counts.append(0)
            counts[-1] += 1
    return counts


@given(MASKS)
def test_counts_are_those_of_a_plain_loop(mask):
    got = decode({"size": list(mask.shape), "counts": count(mask)}, "a")
    np.testing.assert_array_equal(got, mask)


@given(MASKS)
def test_letters_are_those_of_pycocotools(mask):
    runs = coding.encode(np.asfortranarray(mask.astype(np.uint8)))
    text = runs["counts"].decode("ascii")
    got = decode({"size": list(mask.shape), "counts": text}, "a")
    np.testing.assert_array_equal(got, mask)


def test_large_numbers(compressed):
    mask = np.zeros((3000, 4000), bool)
    mask[1:2999, 3000:3010] = True
    np.testing.assert_array_equal(decode(compressed(mask), "a"), mask)


@given(st.text(max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_any_text_is_read_or_refused_in_one_line(text, height, width):
    try:
        mask = decode({"size": [height, width], "counts": text}, "a")
    except ImageError as error:
        said = str(error)
    else:
        said = "a must have run lengths "
        assert mask.shape == (height, width)
    assert said.startswith("a must have run lengths ")
    assert "\n" not in said


@pytest.mark.parametrize(
    "runs",
    [
        {},
        {"size": [2, 3]},
        {"counts": [6]},
        {"size": [2], "counts": [6]},
        {"size": "ab", "counts": [6]},
        {"size": [2, 3], "counts": [3.0, 3.0]},
        {"size": [2, 3], "counts": [[6]]},
        {"size": [2, 3], "counts": [7, -1]},
        {"size": [2, 3], "counts": [2**62, 2**62, 2**63 - 2**62 + 6]},
        {"size": [2, 3], "counts": [10**30]},
        {"size": [2, 3], "counts": None},
        {"size": [2, 3], "counts": "p"},  # goes on, but ends
        {"size": [2, 3], "counts": "o" * 40},
        {"size": [2, 3], "counts": "é"},
    ],
)
def test_broken_runs(runs, message):
    assert message(lambda: decode(runs, "m.json[a]")) == (
        "m.json[a] must have run lengths with size [h, w] and counts, got broken ones"
    )


def test_runs_that_do_not_add_up(message):
    assert message(lambda: decode({"size": [2, 3], "counts": [2, 3]}, "a")) == (
        "a must have run lengths that add up to 2 x 3 pixels, got 5"
    )


def test_a_bomb_is_refused_by_its_size(message):
    runs = {"size": [10**6, 10**6], "counts": [10**12]}
    assert message(lambda: decode(runs, "a")) == (
        f"a must have 1 to {PIXELS.most} pixels, got shape (1000000, 1000000); "
        "set HRCAM_MAX_PIXELS to allow more"
    )
