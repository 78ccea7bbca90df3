import numpy as np
import pytest
import zarr

from metrics import ArrayMaps, ArrayMasks, score
from metrics.counting.truth import Truth
from metrics.sources.source import MapSource, MaskReading, MaskSource, TruthMasks

NAMES = {"method": "mine", "kind": "external"}
IDS = ("b", "a", "c")


@pytest.mark.parametrize("size", [(5, 8), (3, 5, 8)])
@pytest.mark.parametrize("kind", ["numpy", "zarr"])
def test_reads_in_the_order_asked(kind, size, tmp_path):
    given = np.random.default_rng(0).normal(size=(3, *size)).astype(np.float32)
    array = given
    if kind == "zarr":
        chunks = (1, *size)
        array = zarr.create_array(tmp_path / "maps.zarr", data=given, chunks=chunks)
    source = ArrayMaps(array, IDS, NAMES)
    assert isinstance(source, MapSource)
    np.testing.assert_array_equal(source.read(["c", "b"]), given[[2, 0]])
    assert source.read(["a"]).dtype == np.float32
    masks = ArrayMasks(array, IDS, MaskReading(ignore=(0,), soft=False))
    assert isinstance(masks, MaskSource)


def test_rows_far_apart_are_read_one_by_one():
    array = np.arange(40.0).reshape(20, 1, 2)
    ids = [str(index) for index in range(20)]
    source = ArrayMaps(array, ids, NAMES)
    np.testing.assert_array_equal(source.read(["19", "0"]), array[[19, 0]])


def test_masks_follow_their_reading():
    labels = np.array([[[0, 1, 2], [7, 7, 2]]])
    source = ArrayMasks(labels, ("a",), MaskReading(labels=(7,), numbered=True))
    truth = source.read(["a"])
    np.testing.assert_array_equal(truth.lesion, labels == 7)
    assert truth.numbered.max() == 1
    mask = np.zeros((1, 9, 12))
    mask[0, 2:7, 3:9] = 1
    banded = ArrayMasks(mask, ("a",), MaskReading(band=1.0)).read(["a"])
    assert banded.marked.sum() == 12


def test_soft_masks_are_refused(message):
    soft = ArrayMasks(np.full((1, 2, 3), np.nan), ["a"])
    assert message(lambda: soft.read(["a"])) == (
        "masks must be 0 or 1, got nan; cut soft masks before scoring, or read "
        "them as soft"
    )


def test_a_truth_is_a_source(make_scene):
    maps, masks = make_scene()
    truth = Truth(masks)
    source = TruthMasks(truth, [f"{k:06d}" for k in range(len(masks))])
    assert isinstance(source, MaskSource)
    np.testing.assert_array_equal(source.read(["000003"]).lesion, masks[3:4])
    expected = score(maps, masks).values_of("cam", "auroc")
    for given in (truth, source):
        got = score(maps, given).values_of("cam", "auroc")
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("array", "ids", "expected"),
    [
        (
            np.zeros((2, 3)),
            ("a", "b"),
            "must be (n, h, w) or (n, d, h, w), got shape (2, 3)",
        ),
        (
            np.zeros((2, 3, 4)),
            ("a",),
            "must have one image per id, got 2 for 1 ids",
        ),
        (np.zeros((1, 0, 4)), ("a",), "must have pixels, got shape (1, 0, 4)"),
        (
            np.zeros((1, 3, 4), complex),
            ("a",),
            "must hold real numbers, got dtype complex128",
        ),
    ],
)
def test_arrays_are_checked(array, ids, expected, message):
    assert message(lambda: ArrayMaps(array, ids, NAMES)) == f"maps of 'mine' {expected}"
    assert message(lambda: ArrayMasks(array, ids)) == f"masks {expected}"


def test_ids_are_unique(message):
    assert message(lambda: ArrayMasks(np.zeros((2, 3, 4)), ("a", "a"))) == (
        "ids of masks must be unique, got 'a' more than once"
    )
