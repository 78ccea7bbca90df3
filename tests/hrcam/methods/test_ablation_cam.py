"""Ablation-CAM: the relative drop of the logit, with the sign of the drop."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.methods import METHODS

explain = METHODS["ablation_cam"].explain


def test_closed_form_below_a_linear_head(recorded):
    """At the last layer S - S_k = W_k mean(A_k), negative logits among them."""
    capture = recorded(batch=5)
    features = capture.layers[-1].features
    drops = capture.heads["base"]["deep"] * features.mean(axis=(1, 2))
    weights = drops / np.abs(capture.logits)[:, None]
    expected = np.einsum("nhwk,nk->nhw", features, weights)
    np.testing.assert_allclose(explain(capture)["deep"], expected, atol=1e-12)
    assert capture.logits.min() < 0 < capture.logits.max()


def test_at_an_earlier_layer_the_network_is_asked(recorded):
    """Against a loop over images and channels."""
    capture = recorded(1).at(("shallow",))
    features = capture.layers[0].features
    expected = np.zeros((3, 16, 24))
    for row in range(3):
        for channel in range(5):
            without = features[row : row + 1].copy()
            without[..., channel] = 0
            score = capture.calls.tails("shallow", without, np.array([row]))[0]
            weight = (capture.logits[row] - score) / abs(capture.logits[row])
            expected[row] += weight * features[row, :, :, channel]
    np.testing.assert_allclose(explain(capture)["shallow"], expected, atol=1e-12)


@pytest.mark.parametrize("layer", ["middle", "deep"])
def test_the_opposite_target_has_the_opposite_map(layer, recorded, numpy_network):
    """Dividing by S itself would give both the same map."""
    capture = recorded(2).at((layer,))
    calls = capture.calls
    opposite = numpy_network.capture(calls.network, capture.pixels, -calls.target)
    np.testing.assert_allclose(
        explain(opposite.at((layer,)))[layer], -explain(capture)[layer], atol=1e-12
    )


def test_a_logit_of_zero_has_no_relative_drop(recorded):
    capture = recorded(3)
    still = replace(capture, logits=capture.logits * [0, 1, 1])
    found = explain(still)["deep"]
    assert not found[0].any()
    np.testing.assert_allclose(found[1:], explain(capture)["deep"][1:])


def test_under_a_limit_the_other_channels_weigh_nothing(recorded):
    capture = recorded(4, limit=2)
    features = capture.layers[-1].features
    drops = capture.heads["base"]["deep"] * features.mean(axis=(1, 2))
    weights = drops / np.abs(capture.logits)[:, None]
    for row, variance in enumerate(features.var(axis=(1, 2))):
        weights[row, np.argsort(-variance)[2:]] = 0
    expected = np.einsum("nhwk,nk->nhw", features, weights)
    np.testing.assert_allclose(explain(capture)["deep"], expected, atol=1e-12)
