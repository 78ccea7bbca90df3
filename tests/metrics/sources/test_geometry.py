import nibabel
import numpy as np
import pytest

from metrics import ArrayMaps, FolderMaps, FolderMasks
from metrics.sources.geometry import compare_geometry
from metrics.sources.source import MapReading, MaskReading

IDS = ("a", "b", "c", "d", "e")
AFFINE = np.array([[2.0, 0, 0, 9], [0, 3, 0, -4], [0, 0, 4, 7], [0, 0, 0, 1]])


@pytest.fixture
def compare(tmp_path):
    """Compare maps of some affines with masks of one, image by image."""
    for kind in ("maps", "masks"):
        (tmp_path / kind).mkdir()

    def run(change, orientation=""):
        for place, key in enumerate(IDS):
            for kind in ("maps", "masks"):
                affine = AFFINE.copy()
                if kind == "maps" and place:
                    change(affine)
                volume = nibabel.Nifti1Image(np.ones((2, 3, 4), np.uint8), affine)
                nibabel.save(volume, tmp_path / kind / f"{key}.nii")
        reading = MapReading(orientation=orientation)
        maps = FolderMaps(tmp_path / "maps", "cam", reading)
        masks = FolderMasks(tmp_path / "masks", MaskReading(orientation=orientation))
        return compare_geometry("cam", maps, masks, IDS)

    return run


def set_(place, value):
    def change(affine):
        affine[place] = value

    return change


def test_nothing_to_tell(compare):
    assert compare(set_((0, 3), 9.0)) == ()
    assert compare(set_((0, 3), 9.1)) == ()  # a twentieth of a pixel


def test_distances_that_differ(compare):
    (notice,) = compare(set_((1, 1), 3.5))
    assert (notice.kind, notice.entry) == ("spacing", "cam")
    assert notice.ids == IDS[1:]
    assert notice.text == (
        "maps of 'cam' and masks have different distances of pixels in 4 images (b, c, "
        "d and 1 more); they were compared pixel by pixel, with the masks' distances"
    )


def test_places_that_differ(compare):
    (notice,) = compare(set_((2, 3), 8.0))
    assert notice.kind == "place"
    assert notice.text == (
        "maps of 'cam' and masks say that they lie in different places in 4 images (b, "
        "c, d and 1 more); they were compared pixel by pixel"
    )


def test_a_small_turn_is_another_place(compare):
    def turn(affine):
        c, s = np.cos(0.1), np.sin(0.1)
        affine[:2, :2] = np.array([[c, -s], [s, c]]) @ affine[:2, :2]

    (notice,) = compare(turn)
    assert notice.kind == "place"


def test_axes_that_lead_elsewhere_are_refused(compare, message):
    assert message(lambda: compare(set_((0, 0), -2.0))) == (
        "axes of maps of 'cam' and of masks must lead the same way, got LAS and RAS "
        "for b, c, d and 1 more; read both with one orientation, such as RAS"
    )
    (notice,) = compare(set_((0, 0), -2.0), orientation="RAS")
    assert notice.kind == "place"  # now they look the same way, from another place


def test_what_does_not_know_its_place_is_not_compared(tmp_path):
    masks = tmp_path / "masks"
    maps = tmp_path / "maps"
    masks.mkdir()
    maps.mkdir()
    volume = nibabel.Nifti1Image(np.ones((2, 3, 4), np.uint8), AFFINE)
    nibabel.save(volume, masks / "a.nii")
    np.save(maps / "a.npy", np.zeros((2, 3, 4)))
    truth = FolderMasks(masks)
    assert compare_geometry("x", FolderMaps(maps, "x"), truth, ["a"]) == ()
    array = ArrayMaps(np.zeros((1, 2, 3, 4)), ["a"], {"method": "x"})
    assert compare_geometry("x", array, truth, ["a"]) == ()
