import numpy as np
import pytest

from metrics.sources.source import (
    FolderMaps,
    FolderMasks,
    MaskReading,
    RatedMasks,
    as_maps,
    as_masks,
    open_maps,
)


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[0, 2], [3, 2], [0, 0]]))
    return tmp_path


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_paths_are_opened(kind, folder):
    masks = as_masks(kind(folder), MaskReading(labels=(2,)))
    assert isinstance(masks, FolderMasks)
    assert masks.read(["a"]).lesion.sum() == 2
    maps = as_maps("mine", kind(folder), masks)
    assert isinstance(maps, FolderMaps)
    assert maps.names["method"] == "mine"
    assert as_masks(masks) is masks
    assert as_maps("mine", maps, masks) is maps


def test_several_paths_are_raters(folder):
    masks = as_masks([folder, str(folder)], MaskReading(raters="all"))
    assert isinstance(masks, RatedMasks)
    assert masks.read(["a"]).lesion.sum() == 3


def test_lists_of_numbers_are_arrays():
    masks = as_masks([[[0, 1], [1, 0], [0, 0]]])
    assert masks.ids == ("000000",)
    assert masks.read(masks.ids).lesion.sum() == 2


def test_maps_of_any_format(folder):
    assert open_maps(str(folder), "x").ids == ("a",)
