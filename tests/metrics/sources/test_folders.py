import numpy as np
import pytest

from metrics import FolderMaps, FolderMasks
from metrics.sources.source import MapSource, MaskReading, MaskSource


def test_they_are_sources(tmp_path):
    np.save(tmp_path / "a.npy", np.eye(3, 4))
    maps, masks = FolderMaps(tmp_path, "mine"), FolderMasks(tmp_path)
    assert isinstance(maps, MapSource)
    assert isinstance(masks, MaskSource)
    assert maps.names == {"method": "mine", "label": "mine", "kind": "external"}


def test_sizes_that_differ_cannot_be_read_at_once(tmp_path, message):
    np.save(tmp_path / "a.npy", np.zeros((5, 8)))
    np.save(tmp_path / "b.npy", np.zeros((8, 5)))
    for source in (FolderMaps(tmp_path, "x"), FolderMasks(tmp_path)):
        assert message(lambda source=source: source.read(["a", "b"])) == (
            f"images in {tmp_path} must have one shape to be read at once, got (5, 8) "
            "for a and (8, 5) for b; read them one by one"
        )
        found = list(source.each(["b", "a"]))
        assert [getattr(x, "size", x) is not None for x in found] == [True, True]


def test_masks_that_are_not_alike_cannot_be_read_at_once(tmp_path, message):
    import nibabel

    for key, spacing in (("a", 2.0), ("b", 3.0)):
        volume = nibabel.Nifti1Image(np.ones((2, 3, 4), np.uint8), np.eye(4) * spacing)
        nibabel.save(volume, tmp_path / f"{key}.nii")
    source = FolderMasks(tmp_path)
    assert message(lambda: source.read(["a", "b"])) == (
        f"masks in {tmp_path} must be alike to be read at once; read them one by one"
    )
    assert [truth.spacing[0] for truth in source.each(["b", "a"])] == [3.0, 2.0]


@pytest.mark.parametrize("soft", [False, True])
def test_the_reading_is_followed(soft, tmp_path):
    given = np.array([[0, 51, 128, 255]] * 3, np.uint8)
    np.save(tmp_path / "a.npy", given)
    reading = MaskReading(soft=soft, ignore=(255,))
    truth = FolderMasks(tmp_path, reading).read(["a"])
    np.testing.assert_array_equal(truth.ignored[0], given == 255)
    if soft:
        np.testing.assert_allclose(truth.soft[0, 0], [0, 0.2, 128 / 255, 0])
        assert truth.lesion[0, 0].tolist() == [False, False, True, False]
    else:
        assert truth.soft is None
        assert truth.lesion[0, 0].tolist() == [False, True, True, False]


def test_a_band_is_left_out(tmp_path):
    given = np.zeros((9, 12), bool)
    given[2:7, 3:9] = True
    np.save(tmp_path / "a.npy", given)
    truth = FolderMasks(tmp_path, MaskReading(band=1.0)).read(["a"])
    assert truth.marked.sum() == 3 * 4
