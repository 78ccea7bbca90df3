"""CAMERAS: features times gradients, averaged over input sizes before the product."""

import numpy as np
import pytest

from hrcam.enlargement import enlarge
from hrcam.methods import METHODS, cameras
from hrcam.methods.cameras import SCALES

explain = METHODS["cameras"].explain


def enlarged(maps, size):
    """Enlarge (h, w, c) channel by channel."""
    flat = np.moveaxis(maps, -1, 0)
    return enlarge(flat, size, alignment="half_pixel").astype(float)


def slowly(capture, scales):
    """Return the map by loops over images and scales."""
    total = np.zeros((len(capture.pixels), *capture.size))
    height, width = capture.size
    for row, pixels in enumerate(capture.pixels):
        means = [0, 0]
        for scale in scales:
            size = (round(height * scale), round(width * scale))
            large = np.moveaxis(enlarged(pixels, size), 0, -1)[None]
            looks = capture.calls.looks(large, np.array([row]), ("deep",))
            for place, found in enumerate(looks):
                part = enlarged(found["deep"][0], capture.size)
                means[place] = means[place] + part / len(scales)
        total[row] = (means[0] * means[1]).sum(axis=0)
    return total


def test_published_scales():
    assert np.round(224 * np.array(SCALES)).tolist() == list(range(224, 1000, 100))


def test_it_is_the_authors_loop(recorded, monkeypatch):
    monkeypatch.setattr(cameras, "CHANNELS", 4)  # two blocks of the six channels
    capture = recorded(batch=5, limit=3)
    expected = slowly(capture, [SCALES[0], SCALES[4], SCALES[7]])
    found = explain(capture)["image"]
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert expected.min() < 0 < expected.max()


def test_below_a_linear_head_gradients_are_weights(recorded):
    """On a network that pools, g = W / units at every size: an enlarged CAM."""
    capture = recorded(1, limit=2)
    sizes = [(16, 24), (round(16 * SCALES[7]), round(24 * SCALES[7]))]
    mean, share = 0, 0
    for size in sizes:
        large = np.stack(
            [np.moveaxis(enlarged(x, size), 0, -1) for x in capture.pixels]
        )
        maps = capture.calls.network.features(large)["deep"]
        weights = capture.heads["base"]["deep"]
        cam = np.einsum("nhwc,nc->nhw", maps, weights)
        mean = mean + enlarge(cam, (16, 24), alignment="half_pixel") / 2
        share += 1 / (maps.shape[1] * maps.shape[2]) / 2
    found = explain(capture)["image"]
    np.testing.assert_allclose(found, mean * share, atol=1e-5 * np.abs(found).max())


@pytest.mark.parametrize("name", ["middle", "deep"])
def test_one_scale_is_the_product_at_the_image_s_size(name, recorded):
    capture = recorded(2, limit=1).at((name,))
    layer = capture.layers[0]
    found = explain(capture)["image"]
    for row in range(3):
        parts = [enlarged(x[row], (16, 24)) for x in (layer.features, layer.gradients)]
        expected = (parts[0] * parts[1]).sum(axis=0)
        np.testing.assert_allclose(found[row], expected, atol=1e-6)
    assert not capture.calls.asked
