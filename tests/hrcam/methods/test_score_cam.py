"""Score-CAM: softmax over channels of the response behind each channel's mask."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax as reference

from hrcam.enlargement import enlarge
from hrcam.methods import METHODS
from hrcam.methods.score_cam import softmax

explain = METHODS["score_cam"].explain


def slowly(capture, channels):
    """Return the map by loops over images and channels, black subtracted."""
    layer = capture.layers[-1]
    found = np.zeros((len(capture.pixels), *layer.size))
    for row, pixels in enumerate(capture.pixels):
        scores, index = [], np.array([row])
        black = capture.calls.responses(np.zeros_like(pixels)[None], index)[0]
        for channel in channels[row]:
            mask = enlarge(
                layer.features[row : row + 1, :, :, channel],
                capture.size,
                alignment="half_pixel",
            )[0].astype(float)
            span = mask.max() - mask.min()
            mask = (mask - mask.min()) / span if span > 0 else 0 * mask
            masked = pixels * mask[..., None]
            scores.append(capture.calls.responses(masked[None], index)[0] - black)
        for channel, weight in zip(channels[row], reference(scores), strict=True):
            found[row] += weight * layer.features[row, :, :, channel]
    return found


@pytest.mark.parametrize("name", ["shallow", "middle", "deep"])
def test_it_is_the_paper_s_loop(name, recorded):
    capture = recorded(batch=4).at((name,))
    channels = range(capture.layers[0].features.shape[-1])
    expected = slowly(capture, [channels] * 4)
    np.testing.assert_allclose(explain(capture)[name], expected, atol=1e-5)


def test_under_a_limit_only_the_liveliest_channels_take_part(recorded):
    capture = recorded(1, limit=3).at(("middle",))
    variance = capture.layers[0].features.var(axis=(1, 2))
    expected = slowly(capture, np.argsort(-variance, axis=1)[:, :3])
    np.testing.assert_allclose(explain(capture)["middle"], expected, atol=1e-5)


def test_one_channel_weighs_one(recorded):
    capture = recorded(2)
    deep = capture.layers[-1]
    features = deep.features[..., :1]
    # The tail is not asked, so a layer of one channel may stand in for the layer.
    alone = replace(capture, layers=(replace(deep, features=features),))
    np.testing.assert_allclose(explain(alone)["deep"], features[..., 0])


def test_a_constant_channel_shows_black(recorded):
    capture = recorded(3)
    deep = capture.layers[-1]
    features = deep.features.copy()
    features[..., 2] = 5.0
    flat = replace(capture, layers=(replace(deep, features=features),))
    expected = slowly(flat, [range(6)] * 3)
    np.testing.assert_allclose(explain(flat)["deep"], expected, atol=1e-5)


def test_a_constant_added_to_the_logit_changes_nothing(recorded, numpy_network):
    capture = recorded(4)
    network = capture.calls.network
    network = replace(network, bias=network.bias + np.array([50, 0, -20, 9]))
    moved = numpy_network.capture(network, capture.pixels, capture.calls.target)
    assert np.abs(moved.logits - capture.logits).min() > 1
    np.testing.assert_allclose(explain(moved)["deep"], explain(capture)["deep"])


def test_large_scores_do_not_overflow():
    scores = np.array([[4000.0, 3999, -4000], [-9e9, -9e9, -9e9]])
    np.testing.assert_allclose(softmax(scores), reference(scores, axis=1))
