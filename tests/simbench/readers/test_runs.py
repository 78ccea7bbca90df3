import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coding

from metrics.sources.formats.rle import decode
from simbench.readers.runs import Runs, runs_of

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=40))


def written(mask):
    """Write run lengths as pycocotools does."""
    return coding.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()


@given(MASKS)
def test_masks_are_those_of_pycocotools_and_of_our_scores(mask):
    letters = written(mask)
    runs = runs_of({"size": list(mask.shape), "counts": letters})
    np.testing.assert_array_equal(runs.decode(), mask * np.uint8(255))
    scored = decode({"size": list(mask.shape), "counts": letters}, "a")
    np.testing.assert_array_equal(runs.decode() != 0, scored)
    assert runs.lengths()[1::2].sum() == mask.sum()
    assert runs.empty == (not mask.any())


def test_large_numbers():
    mask = np.zeros((3000, 4000), bool)
    mask[1:2999, 3000:3010] = True
    np.testing.assert_array_equal(Runs((3000, 4000), written(mask)).decode() != 0, mask)


@pytest.mark.parametrize("size", [(2320, 2828), (2022, 2021)])
def test_empty_masks_of_the_published_sample(size):
    """Their letters stand in the sample of CheXlocalize's repository."""
    letters = {(2320, 2828): "PVWX6", (2022, 2021): "nefl3"}[size]
    runs = Runs(size, letters)
    assert runs.empty
    assert runs.lengths().tolist() == [size[0] * size[1]]


@given(st.text(max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_any_text_is_read_or_refused(text, height, width):
    try:
        shape = Runs((height, width), text).decode().shape
    except ValueError as error:
        shape = str(error)
    assert shape in (
        (height, width),
        f"runs that do not add up to {height} x {width} pixels",
        "letters that are no run lengths",
    )


@pytest.mark.parametrize("text", ["", "p", "o" * 40 + "1", "é", " ", "12é"])
def test_letters_that_are_none(text, message):
    said = message(lambda: Runs((2, 3), text).decode())
    assert said == "letters that are no run lengths"


@pytest.mark.parametrize("text", ["5", "7", "33O", "6O", written(np.zeros((2, 4)))])
def test_runs_that_do_not_add_up(text, message):
    said = message(lambda: Runs((2, 3), text).decode())
    assert said == "runs that do not add up to 2 x 3 pixels"


@pytest.mark.parametrize(
    "entry",
    [
        {},
        None,
        [2, 3],
        {"size": [2, 3]},
        {"counts": "6"},
        {"size": [2], "counts": "6"},
        {"size": [2, 3], "counts": [6]},
        {"size": [2, 0], "counts": "0"},
        {"size": [2, -3], "counts": "6"},
        {"size": [2.0, 3.0], "counts": "6"},
        {"size": "23", "counts": "6"},
    ],
)
def test_what_is_no_runs(entry, message):
    assert message(lambda: runs_of(entry)) == (
        "no run lengths with size [h, w] and counts"
    )
