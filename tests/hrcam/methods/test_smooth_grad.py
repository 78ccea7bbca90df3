"""SmoothGrad: mean of signed gradients, noise relative to each image's own range."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.methods import METHODS, smooth_grad
from hrcam.methods.smooth_grad import SEED, noise

explain = METHODS["smooth_grad"].explain


def test_it_is_the_mean_of_gradients_over_noisy_copies(recorded):
    """Against a plain loop, image by image and copy by copy."""
    capture = recorded(limit=6)
    expected = np.zeros((3, 16, 24))
    for row in range(3):
        pixels = capture.pixels[row]
        width = 0.15 * (pixels.max() - pixels.min())
        for sample in range(6):
            drawn = np.random.default_rng([SEED, sample]).normal(size=(16, 24, 2))
            noisy = pixels + width * drawn
            slope = capture.calls.slopes(noisy[None], np.array([row]))[0]
            expected[row] += slope.sum(axis=-1) / 6
    np.testing.assert_allclose(explain(capture)["image"], expected, atol=1e-7)


def test_without_noise_and_on_linear_networks_it_is_the_gradient(
    recorded, numpy_network, monkeypatch
):
    linear = replace(numpy_network.draw_network(1, pools=("none",) * 3), flat=True)
    capture = recorded(network=linear)
    gradient = METHODS["gradient"].explain(capture)["image"]
    np.testing.assert_allclose(explain(capture)["image"], gradient, atol=1e-12)
    capture = recorded(2)
    gradient = METHODS["gradient"].explain(capture)["image"]
    assert np.abs(explain(capture)["image"] - gradient).max() > 0.01
    monkeypatch.setattr(smooth_grad, "SIGMA", 0.0)
    np.testing.assert_allclose(explain(capture)["image"], gradient, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 255.0])
def test_the_noise_grows_with_the_image_s_range(scale, recorded, numpy_network):
    """Without biases the gradient of a scaled image is that of the image."""
    network = numpy_network.without_biases(numpy_network.draw_network(3))
    capture = recorded(3, network=network, limit=10)
    scaled = numpy_network.capture(
        network, capture.pixels * scale, capture.calls.target, 10
    )
    np.testing.assert_allclose(
        explain(scaled)["image"], explain(capture)["image"], atol=1e-6
    )


def test_each_sample_has_its_own_standard_normal_noise():
    drawn = noise(np.arange(50), (16, 24, 2))
    assert np.abs(drawn.mean(axis=(1, 2, 3))).max() < 0.15
    assert abs(drawn.std() - 1) < 0.01
    np.testing.assert_array_equal(
        noise(np.array([7, 3, 7]), (16, 24, 2)), drawn[[7, 3, 7]]
    )
    flat = drawn.reshape(50, -1)
    others = np.corrcoef(flat)[~np.eye(50, dtype=bool)]
    assert np.abs(others).max() < 0.2
