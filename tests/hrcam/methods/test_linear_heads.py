"""Closed forms at the layer that is pooled and followed by one dense layer.

There the derivative of a logit by a feature is its weight over the number of positions,
so every method of this family has a form without derivatives.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrcam.methods import METHODS

seeds = st.integers(0, 2**20)
some = settings(deadline=None, max_examples=15)


def at_deep(name, capture):
    """Return a method's map of the pooled layer."""
    return METHODS[name].explain(capture.at(("deep",)))["deep"]


def closed(capture):
    """Return features (n, z, c) of the pooled layer, weights (n, c), and z."""
    deep = capture.layers[-1].features
    weights = capture.heads["base"]["deep"]
    return deep.reshape(len(deep), -1, deep.shape[-1]), weights, deep[0, ..., 0].size


def close(found, expected):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        found.reshape(expected.shape), expected, atol=1e-10 * scale
    )


def test_the_network_is_no_special_case(recorded):
    """Sides, batch and classes differ, and some logits are negative."""
    capture = recorded(0)
    n, h, w, c = capture.layers[-1].features.shape
    assert (n, h, w, c) == (3, 4, 6, 6)
    assert capture.calls.target.shape[1] == 4
    assert (capture.logits < 0).any()
    assert (capture.logits > 0).any()
    assert (capture.heads["base"]["deep"] < 0).any()


@some
@given(seed=seeds)
@pytest.mark.parametrize("name", ["grad_cam", "hires_cam", "xgrad_cam", "respond_cam"])
def test_cam_is_the_area_times(name, recorded, seed):
    capture = recorded(seed)
    area = closed(capture)[2]
    close(area * at_deep(name, capture), at_deep("cam", capture))


@some
@given(seed=seeds)
def test_grad_cam_plus_plus_weights(recorded, seed):
    """w = W / (2 + W mean A) for W > 0, else 0: the number of positions cancels."""
    capture = recorded(seed)
    features, weights, _ = closed(capture)
    positive = np.maximum(weights, 0)
    own = positive / (2 + positive * features.mean(axis=1))
    expected = np.einsum("nzc,nc->nz", features, own)
    close(at_deep("grad_cam_plus_plus", capture), expected)


@some
@given(seed=seeds)
def test_layer_cam_counts_positive_weights(recorded, seed):
    capture = recorded(seed)
    features, weights, area = closed(capture)
    expected = np.einsum("nzc,nc->nz", features, np.maximum(weights, 0)) / area
    found = at_deep("layer_cam", capture)
    close(found, expected)
    assert (found >= 0).all()


@some
@given(seed=seeds)
@pytest.mark.parametrize("name", ["hires_cam", "xgrad_cam", "respond_cam", "grad_cam"])
def test_maps_sum_to_the_logit_minus_the_bias(name, recorded, seed):
    capture = recorded(seed)
    network, target = capture.calls.network, capture.calls.target
    bias = (network.bias * target).sum(axis=1)
    close(at_deep(name, capture).sum(axis=(1, 2)) + bias, capture.logits)


@some
@given(seed=seeds)
@pytest.mark.parametrize("layer", ["shallow", "middle", "deep"])
def test_what_is_conserved_at_every_layer(layer, recorded, seed):
    """XGrad-CAM and HiResCAM sum to gradients times features; Grad-CAM does not."""
    capture = recorded(seed).at((layer,))
    (tap,) = capture.layers
    total = (tap.features * tap.gradients).sum(axis=(1, 2, 3))
    for name in ("xgrad_cam", "respond_cam", "hires_cam"):
        close(METHODS[name].explain(capture)[layer].sum(axis=(1, 2)), total)
    if layer == "shallow":
        loose = METHODS["grad_cam"].explain(capture)[layer].sum(axis=(1, 2))
        assert not np.allclose(loose, total, rtol=1e-3)


def test_without_biases_the_first_order_is_the_logit(recorded, numpy_network):
    """A piecewise linear network through 0: conservation at every layer is S itself."""
    network = numpy_network.without_biases(numpy_network.draw_network(5))
    capture = recorded(5, network=network)
    for layer in ("shallow", "middle", "deep"):
        for name in ("xgrad_cam", "hires_cam"):
            found = METHODS[name].explain(capture.at((layer,)))[layer]
            close(found.sum(axis=(1, 2)), capture.logits)


def test_away_from_the_head_the_methods_differ(recorded):
    """Otherwise the identities above would test one formula five times."""
    capture = recorded(3).at(("shallow",))
    names = (
        "grad_cam",
        "grad_cam_plus_plus",
        "xgrad_cam",
        "hires_cam",
        "layer_cam",
        "eigen_cam",
        "eigen_grad_cam",
    )
    maps = [METHODS[name].explain(capture)["shallow"].ravel() for name in names]
    alike = np.abs(np.corrcoef(maps)) - np.eye(len(names))
    assert alike.max() < 0.999
