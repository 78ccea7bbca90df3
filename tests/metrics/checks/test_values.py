import numpy as np
import pytest

from metrics.checks.values import check_levels, check_normalized, check_saturation


@pytest.fixture
def smooth():
    return np.random.default_rng(0).normal(size=(40, 48, 64)).astype(np.float32)


def test_maps_as_they_should_be_raise_no_doubt(make_masks, look_at, smooth):
    look = look_at(smooth, make_masks())
    for check in (check_levels, check_saturation, check_normalized):
        assert check(look) is None


def test_thresholded_maps(make_masks, look_at, smooth):
    look = look_at((smooth > 1).astype(np.float32), make_masks())
    assert check_levels(look).describe() == {
        "kind": "levels",
        "entry": "mine",
        "warns": False,
        "sentence": (
            "maps of 'mine' have 2 distinct values: thresholds and ranks say nothing "
            "beyond the one cut; score the values from before it"
        ),
        "numbers": {"distinct": 2},
    }
    assert check_saturation(look) is None
    assert check_normalized(look) is None


@pytest.mark.parametrize("levels", [3, 137, 256])
def test_maps_of_few_levels(make_masks, look_at, smooth, levels):
    spaced = np.digitize(smooth, np.linspace(-4, 4, levels - 1)).astype(np.uint8)
    spaced[:, 0, :2] = 0, levels - 1
    most = max(len(np.unique(map)) for map in spaced)
    doubt = check_levels(look_at(spaced, make_masks()))
    assert doubt.numbers == {"distinct": most}
    assert doubt.sentence == (
        f"maps of 'mine' have at most {most} distinct values, as 8-bit images and "
        "coarse maps enlarged without interpolation have: ties decide ranks by "
        "expectation; score floating-point maps if there are any"
    )


def test_257_levels_are_not_few(make_masks, look_at):
    masks = make_masks(9)
    # The levels beyond 256 come last: all pixels must be looked at.
    maps = np.minimum(np.arange(48 * 64) // 10, 256).astype(np.float32)
    look = look_at(np.tile(maps.reshape(1, 48, 64), (9, 1, 1)), masks)
    assert check_levels(look) is None
    fewer = look_at(np.minimum(look_maps(maps), 255), masks)
    assert check_levels(fewer).numbers == {"distinct": 256}


def look_maps(row):
    return np.tile(row.reshape(1, 48, 64), (9, 1, 1))


def test_saturated_maps(make_masks, look_at, smooth):
    masks = make_masks()
    cut = np.minimum(smooth, np.quantile(smooth, 0.9, axis=(1, 2), keepdims=True))
    doubt = check_saturation(look_at(cut, masks))
    lesion = np.median(masks.mean(axis=(1, 2)))
    assert doubt.describe() == {
        "kind": "saturation",
        "entry": "mine",
        "warns": False,
        "sentence": (
            "maps of 'mine' are saturated: 10.0% of the pixels of the median map share "
            f"its maximum, and the median lesion has {lesion:.1%}; what is highest is "
            "not told apart, score the values from before they were cut"
        ),
        "numbers": {
            "tied": pytest.approx(0.1, abs=1e-3),
            "lesion": pytest.approx(lesion),
        },
    }
    # A few hot pixels are less than a lesion.
    cut = np.minimum(smooth, np.quantile(smooth, 0.999, axis=(1, 2), keepdims=True))
    assert check_saturation(look_at(cut, masks)) is None


@pytest.mark.parametrize("scale", [1, 255])
def test_maps_that_came_normalized(make_masks, look_at, smooth, scale):
    low, high = (f(smooth, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    maps = (smooth - low) / (high - low) * scale
    maps[3] = 0  # constant maps are left to others
    doubt = check_normalized(look_at(maps, make_masks()))
    assert doubt.describe() == {
        "kind": "normalized",
        "entry": "mine",
        "warns": False,
        "sentence": (
            f"maps of 'mine' all span 0 to {scale} exactly: they came normalized image "
            "by image, and how strong a map is beside another is lost; score raw maps "
            "to compare images, above all those without a lesion"
        ),
        "numbers": {"high": scale},
    }
    maps[5] *= 0.5
    assert check_normalized(look_at(maps, make_masks())) is None


def test_constant_maps_raise_no_doubt(make_masks, look_at):
    look = look_at(np.ones((40, 48, 64)), make_masks())
    for check in (check_levels, check_saturation, check_normalized):
        assert check(look) is None
