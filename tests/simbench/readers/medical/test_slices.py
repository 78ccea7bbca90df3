import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.readers.medical.crops import Box, crop_at, cut
from simbench.readers.medical.slices import SliceMask, SlicePicture, parse_slices
from simbench.readers.medical.volumes import open_volume
from simbench.readers.root import PictureError

WIDE = (0.0, 100.0)


@pytest.fixture
def open_(medical, root):
    def save(pixels, name="a.nii"):
        medical.save_nifti(root.folder / name, pixels, medical.AXIAL)
        return open_volume(root, name)

    return save


def test_a_window_is_the_same_for_all_slices(volume, root, open_):
    picture = SlicePicture(open_(volume), 2, None, (0.0, 2000.0), WIDE)
    expected = np.clip(volume[2] / 2000, 0, 1) * 255
    np.testing.assert_allclose(picture.read(root), expected, rtol=1e-6)
    assert picture.names == ("a.nii",)


@settings(max_examples=20)
@given(st.integers(0, 3), st.floats(0, 20), st.floats(80, 100))
def test_percentiles_are_of_what_is_shown(tmp_path_factory, medical, place, low, high):
    from simbench.readers.root import Root

    root = Root(tmp_path_factory.mktemp("shown"))
    pixels = np.random.default_rng(place).normal(300, 90, (4, 12, 10))
    medical.save_nifti(root.folder / "a.nii", pixels, medical.AXIAL)
    found = open_volume(root, "a.nii")
    crop = crop_at(Box((3.0, 4.0), 0.5), (16.0, 27.0, 0.0), found.affine, found.size)
    got = SlicePicture(found, place, crop, None, (low, high)).read(root)
    shown = cut(crop, pixels.astype(np.float32)[place].astype(np.float64))
    black, white = np.percentile(shown, (low, high))
    np.testing.assert_allclose(
        got, 255 * np.clip((shown - black) / (white - black), 0, 1), atol=1e-3
    )


@settings(max_examples=20)
@given(gain=st.floats(0.1, 50), offset=st.floats(-900, 900))
def test_gain_and_offset_of_the_scanner_do_not_matter(
    tmp_path_factory, medical, gain, offset
):
    from simbench.readers.root import Root

    root = Root(tmp_path_factory.mktemp("gain"))
    pixels = np.random.default_rng(0).random((2, 8, 9))
    got = []
    for name, values in (("a.nii", pixels), ("b.nii", gain * pixels + offset)):
        medical.save_nifti(root.folder / name, values, medical.AXIAL)
        picture = SlicePicture(open_volume(root, name), 1, None, None, (1.0, 99.0))
        got.append(picture.read(root))
    np.testing.assert_allclose(got[0], got[1], atol=255 * 1e-6 * (2 + 1800 / gain))


def test_a_slice_without_contrast_is_black(root, open_):
    picture = SlicePicture(open_(np.full((2, 4, 5), 7.0)), 0, None, None, WIDE)
    np.testing.assert_array_equal(picture.read(root), np.zeros((4, 5), np.float32))


def test_values_that_are_none(root, open_, message):
    pixels = np.ones((2, 9, 8))
    pixels[1, 0, 0] = np.nan
    found = open_(pixels)
    assert message(
        lambda: SlicePicture(found, 1, None, None, WIDE).read(root), PictureError
    ) == (
        f"{root.folder / 'a.nii'} must have finite values where it is shown, got "
        "others in slice 1"
    )
    crop = crop_at(Box((2.0, 3.0), 0.5), (17.0, 28.0, 0.0), found.affine, found.size)
    assert not SlicePicture(found, 1, crop, None, WIDE).read(root).any()


def test_labels_that_are_lesion(root, open_):
    labels = np.random.default_rng(0).integers(0, 4, (3, 6, 7)).astype(np.uint8)
    found = open_(labels)
    for wanted, expected in (((), labels != 0), ((1, 3), labels % 2 == 1)):
        got = SliceMask(found, 1, None, wanted).read(root)
        np.testing.assert_array_equal(got, expected[1] * np.uint8(255))


def test_labels_that_are_no_labels(root, open_, message):
    found = open_(np.full((2, 4, 5), 0.5))
    assert message(lambda: SliceMask(found, 0, None, ()).read(root), PictureError) == (
        f"{root.folder / 'a.nii'} must hold labels, got other numbers in slice 0"
    )


def test_a_volume_is_decoded_once_for_all_its_slices(volume, root, open_, monkeypatch):
    found, reads = open_(volume), []
    whole = type(found.stored).read
    monkeypatch.setattr(
        type(found.stored), "read", lambda *given: reads.append(1) or whole(*given)
    )
    for place in (0, 3, 1, 2, 0):
        SlicePicture(found, place, None, None, WIDE).read(root)
    assert len(reads) == 1


def test_a_slice_is_cut_once_for_all_passes(volume, root, open_, monkeypatch):
    from simbench.readers.medical import shelf, slices

    monkeypatch.setattr(slices, "SLICES", shelf.Shelf(2 * 7 * 9 * 4))
    found = open_(volume)
    pictures = [SlicePicture(found, k, None, None, WIDE) for k in range(3)]
    first = [picture.read(root) for picture in pictures]
    assert pictures[2].read(root) is first[2]
    assert pictures[0].read(root) is not first[0]  # it made room
    np.testing.assert_array_equal(pictures[0].read(root), first[0])


@given(st.sets(st.integers(0, 30), min_size=1))
def test_slices_as_numbers_and_ranges(places):
    assert parse_slices(" ".join(map(str, places)), 31) == sorted(places)
    ranges = ",".join(f"{n}-{n}" for n in places)
    assert parse_slices(ranges, 31) == sorted(places)
    low, high = min(places), max(places)
    assert parse_slices(f"{low}-{high}", 31) == list(range(low, high + 1))


def test_slices_in_several_words():
    assert parse_slices("12-14; 3, 5-6", 15) == [3, 5, 6, 12, 13, 14]


@pytest.mark.parametrize(
    "text", ["", "x", "5-3", "-1", "3-", "2-15", "1.5", "²", "9" * 9]
)
def test_what_is_no_slices(text, message):
    assert message(lambda: parse_slices(text, 15)) == (
        f"must be numbers or rising ranges of 0 to 14, got {text!r}"
    )
