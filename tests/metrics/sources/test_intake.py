import numpy as np
import pytest

from metrics import ArrayMaps, ArrayMasks, FolderMaps, FolderMasks
from metrics.counting.truth import Truth
from metrics.sources import intake
from metrics.sources.intake import read_maps, read_masks
from metrics.sources.source import TruthMasks

NAMES = {"method": "cam"}


@pytest.fixture
def mixed(tmp_path):
    """A folder of masks of several sizes, two and three axes."""
    sizes = [(4, 5), (4, 5), (4, 5), (5, 4), (5, 4), (3, 4, 5), (4, 5)]
    masks = {}
    for number, size in enumerate(sizes):
        masks[f"i{number}"] = np.random.default_rng(number).random(size) > 0.5
        np.save(tmp_path / f"i{number}.npy", masks[f"i{number}"])
    return FolderMasks(tmp_path), masks


def test_batches_have_one_size_and_nothing_is_lost(mixed):
    source, masks = mixed
    batches = list(read_masks(source, source.ids))
    assert [list(ids) for ids, _ in batches] == [
        ["i0", "i1", "i2"],
        ["i3", "i4"],
        ["i5"],
        ["i6"],
    ]
    for ids, truth in batches:
        assert isinstance(truth, Truth)
        np.testing.assert_array_equal(truth.lesion, [masks[key] for key in ids])


def test_batches_have_about_a_million_pixels(mixed, monkeypatch):
    source, _ = mixed
    monkeypatch.setattr(intake, "_BATCH_PIXELS", 40)
    sizes = [len(ids) for ids, _ in read_masks(source, source.ids)]
    assert sizes == [2, 1, 2, 1, 1]
    array = ArrayMasks(np.zeros((7, 4, 5)), [str(k) for k in range(7)])
    assert [len(ids) for ids, _ in read_masks(array, array.ids)] == [2, 2, 2, 1]


def test_nothing_is_read_twice(mixed, monkeypatch):
    source, _ = mixed
    read = []
    real = type(source.images).walk

    def spy(self, keys):
        for key, image in zip(keys, real(self, keys), strict=True):
            read.append(key)
            yield image

    monkeypatch.setattr(type(source.images), "walk", spy)
    for _batch in read_masks(source, source.ids):
        assert len(read) <= len(set(read))
    assert read == list(source.ids)


def test_files_are_read_when_their_batch_is_due(mixed):
    source, _ = mixed
    batches = read_masks(source, source.ids)
    next(batches)
    import pathlib

    (pathlib.Path(source.path) / "i6.npy").write_bytes(b"")
    assert next(batches)[1].size == (5, 4)


def test_truths_in_memory():
    truth = Truth(np.eye(4, 5, dtype=bool)[None].repeat(3, 0), spacing=(2.0, 3.0))
    source = TruthMasks(truth, ("a", "b", "c"))
    ((ids, found),) = read_masks(source, ("c", "a"))
    assert list(ids) == ["c", "a"]
    assert found.spacing == (2.0, 3.0)


def test_no_image(message):
    source = ArrayMasks(np.zeros((0, 4, 5)), ())
    assert message(lambda: next(read_masks(source, ()))) == (
        "masks must hold at least one image, got none"
    )


def test_maps_of_one_size_out_of_several(mixed, tmp_path):
    source = FolderMaps(tmp_path, "cam")
    _, masks = mixed
    got = read_maps("cam", source, ["i4", "i3"], (5, 4))
    np.testing.assert_array_equal(got, np.stack([masks["i4"], masks["i3"]]))
    assert got.dtype == np.float32


@pytest.mark.parametrize(
    ("size", "remedy"),
    [
        ((4, 3), "the axes look swapped: transpose the maps"),
        ((6, 8), "enlarge the maps to the masks' size"),
        ((3, 4, 1), "drop the axes of one pixel"),
        ((2, 3, 4), "slices and volumes do not mix: save one like the other"),
    ],
)
@pytest.mark.parametrize("where", ["memory", "files"])
def test_a_map_of_another_size(size, remedy, where, tmp_path, message):
    if where == "memory":
        source = ArrayMaps(np.zeros((2, *size)), ("a", "b"), NAMES)
        first = "a"
    else:
        np.save(tmp_path / "a.npy", np.zeros((3, 4)))
        np.save(tmp_path / "b.npy", np.zeros(size))
        source, first = FolderMaps(tmp_path, "cam"), "b"
    assert message(lambda: read_maps("cam", source, ("a", "b"), (3, 4))) == (
        f"maps and masks must have one shape, got {size} for the map of {first} in "
        f"'cam' and (3, 4) for its mask; {remedy}"
    )


def test_volumes_whose_axes_are_swapped(message):
    source = ArrayMaps(np.zeros((1, 5, 3, 4)), ("a",), NAMES)
    assert message(lambda: read_maps("cam", source, ("a",), (3, 4, 5))) == (
        "maps and masks must have one shape, got (5, 3, 4) for the map of a in 'cam' "
        "and (3, 4, 5) for its mask; the axes look swapped: transpose the maps"
    )


class Promise:
    """A source that does not keep its word."""

    names = NAMES
    ids = ("a", "b")

    def __init__(self, maps):
        self.maps = maps

    def read(self, _ids):
        return self.maps


@pytest.mark.parametrize(
    ("maps", "found"),
    [
        (np.zeros((1, 3, 4)), "dtype float64 and shape (1, 3, 4) for 2 images"),
        (
            np.zeros((2, 3, 4), complex),
            "dtype complex128 and shape (2, 3, 4) for 2 images",
        ),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_sources_that_do_not_keep_their_word(maps, found, message):
    assert message(lambda: read_maps("cam", Promise(maps), ("a", "b"), (3, 4))) == (
        f"maps of 'cam' must be read as real numbers (n, h, w), got {found}"
    )
