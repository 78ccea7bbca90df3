"""FullGrad: stretched per image over all channels, summed over image and biases."""

from dataclasses import replace

import numpy as np

from hrcam.enlargement import enlarge
from hrcam.methods import METHODS
from hrcam.methods.full_grad import stretched

explain = METHODS["full_grad"].explain


def test_the_range_is_an_image_s_over_all_channels():
    """Not each channel's, which would make the weak channel as loud as the strong."""
    maps = np.zeros((2, 1, 2, 2))
    maps[0, 0] = [[-8, 1], [0, -2]]
    maps[1, 0] = [[3, 3], [3, -3]]
    found = stretched(np, maps)
    np.testing.assert_allclose(found, [[[9 / 8, 2 / 8]], [[0, 0]]])


def test_parts_are_added_up_at_the_image_s_size(recorded):
    """Against loops over images and channels, each enlarged by itself."""
    capture = recorded(1)
    expected = np.zeros((3, 16, 24))
    parts = [capture.pixels * capture.slopes["plain"], *capture.biases[:3]]
    for part in parts:
        for row, found in enumerate(np.abs(part)):
            found = (found - found.min()) / (found.max() - found.min())
            for channel in range(found.shape[-1]):
                one = found[None, ..., channel]
                expected[row] += enlarge(one, (16, 24), alignment="half_pixel")[0]
    np.testing.assert_allclose(explain(capture)["image"], expected, atol=1e-5)
    assert (expected >= 0).all()


def test_biases_without_a_place_add_nothing(recorded):
    capture = recorded(2)
    assert [bias.ndim for bias in capture.biases] == [4, 4, 4, 2]
    without = replace(capture, biases=capture.biases[:3])
    np.testing.assert_array_equal(explain(without)["image"], explain(capture)["image"])


def test_the_scale_and_sign_of_the_target_do_not_matter(recorded, numpy_network):
    capture = recorded(3)
    for factor in (-1, 40.0):
        other = numpy_network.capture(
            capture.calls.network, capture.pixels, factor * capture.calls.target
        )
        np.testing.assert_allclose(
            explain(other)["image"], explain(capture)["image"], rtol=1e-10
        )


def test_without_biases_it_is_image_times_gradient(recorded, numpy_network):
    network = numpy_network.without_biases(numpy_network.draw_network(4))
    capture = recorded(4, network=network)
    part = stretched(np, capture.pixels * capture.slopes["plain"])
    np.testing.assert_allclose(explain(capture)["image"], part)
    total = (capture.pixels * capture.slopes["plain"]).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(total, capture.logits)
