import numpy as np
import pytest

from metrics import score
from metrics.sources.source import MaskReading, RatedMasks, open_masks


@pytest.fixture
def raters(tmp_path):
    """Three raters, who mark more and more of two images of different size."""
    masks = {}
    for number in range(3):
        folder = tmp_path / f"r{number}"
        folder.mkdir()
        for key, size in (("a", (9, 12)), ("b", (8, 7))):
            mask = np.zeros(size, bool)
            mask[2 : 4 + number, 1:5] = True
            np.save(folder / f"{key}.npy", mask)
            masks.setdefault(key, []).append(mask)
    return [tmp_path / f"r{number}" for number in range(3)], masks


@pytest.mark.parametrize("rule", ["majority", "any", "all", "mean", "agreement"])
def test_one_truth_of_several_paths(rule, raters):
    paths, masks = raters
    source = open_masks(paths, MaskReading(raters=rule))
    assert source.ids == ("a", "b")
    for key, truth in zip(("b", "a"), source.each(["b", "a"]), strict=True):
        votes = np.sum(masks[key], axis=0)
        least = {"any": 1, "majority": 2, "mean": 2, "all": 3, "agreement": 3}[rule]
        np.testing.assert_array_equal(truth.lesion[0], votes >= least)
        assert source.read([key]).size == source.header(key).size == votes.shape
    assert (truth.soft is None) == (rule != "mean")


def test_the_band_is_that_of_the_combined_mask(raters):
    paths, _ = raters
    source = open_masks(paths, MaskReading(raters="any", band=1.0))
    assert source.read(["a"]).marked.sum() == 2 * 2


def test_they_can_be_scored(raters):
    paths, masks = raters
    maps = np.random.default_rng(0).random((1, 9, 12))
    source = open_masks(paths, MaskReading(raters="majority"))
    one = RatedMasks(source.paths, source.reading)
    object.__setattr__(one, "ids", ("a",))
    found = score({"mine": maps}, one).values_of("mine", "auroc")
    expected = np.sum(masks["a"], axis=0)[None] >= 2
    np.testing.assert_array_equal(
        found, score({"mine": maps}, expected).values_of("mine", "auroc")
    )


def test_raters_without_a_rule(raters, message):
    paths, _ = raters
    assert message(lambda: open_masks(paths)) == (
        "masks of several raters must have two paths or more and a rule, got 3 and ''; "
        "rules are mean, majority, any, all and agreement"
    )
    assert message(lambda: open_masks(paths[:1], MaskReading(raters="any"))) == (
        "masks of several raters must have two paths or more and a rule, got 1 and "
        "'any'; rules are mean, majority, any, all and agreement"
    )


def test_an_image_that_a_rater_lacks(raters, message):
    paths, _ = raters
    (paths[2] / "b.npy").unlink()
    assert message(lambda: open_masks(paths, MaskReading(raters="any"))) == (
        f"raters must have the same images, got 1 in one of {paths[0]} and {paths[2]}: "
        "b; add the masks (all 0 where a rater saw no lesion)"
    )


def test_an_image_of_two_sizes(raters, message):
    paths, _ = raters
    np.save(paths[1] / "b.npy", np.zeros((7, 8), bool))
    source = open_masks(paths, MaskReading(raters="any"))
    assert message(lambda: source.read(["b"])) == (
        "b: masks of all raters must have one shape and spacing, got (8, 7) (1.0, 1.0) "
        "and (7, 8) (1.0, 1.0)"
    )
