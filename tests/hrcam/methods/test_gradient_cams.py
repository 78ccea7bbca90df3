"""Methods of features and gradients against plain loops, and what they must keep."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from hrcam.capture import Capture, Layer
from hrcam.methods import METHODS

FAMILY = (
    "grad_cam",
    "grad_cam_plus_plus",
    "xgrad_cam",
    "hires_cam",
    "layer_cam",
    "respond_cam",
    "eigen_cam",
    "eigen_grad_cam",
)
#: Linear in the gradients, hence in the target.
LINEAR = ("grad_cam", "xgrad_cam", "hires_cam", "respond_cam")
seeds = st.integers(0, 2**20)


def scene(features, gradients, ops=np):
    """Return a capture of one layer."""
    layer = Layer("deep", features.shape[1:3], features, gradients)
    return Capture((16, 24), ops, None, (layer,))


def draw(seed=0, shape=(3, 4, 6, 5), *, rectified=True):
    """Draw features, half of them 0 where rectified, and signed gradients."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=shape)
    features = np.maximum(features, 0) if rectified else features
    return features, rng.normal(size=shape)


def show(name, features, gradients):
    (part,) = METHODS[name].explain(scene(features, gradients)).values()
    return part


def by_loops(name, a, g):
    """Compute one image's map, (h, w), from features and gradients (h, w, c)."""
    h, w, c = a.shape
    found = np.zeros((h, w))
    for k in range(c):
        weight, total = 0.0, sum(a[i, j, k] for i in range(h) for j in range(w))
        for i in range(h):
            for j in range(w):
                slope, value = g[i, j, k], a[i, j, k]
                if name == "grad_cam":
                    weight += slope / (h * w)
                if name in ("xgrad_cam", "respond_cam") and total != 0:
                    weight += slope * value / total
                if name == "grad_cam_plus_plus" and slope > 0:
                    below = 2 * slope**2 + total * slope**3
                    weight += slope * (slope**2 / below if below != 0 else 0)
                if name == "hires_cam":
                    found[i, j] += slope * value
                if name == "layer_cam":
                    found[i, j] += max(slope, 0) * value
        found += weight * a[..., k]
    return found


@settings(deadline=None, max_examples=12)
@given(seed=seeds, rectified=st.booleans())
@pytest.mark.parametrize("name", [*LINEAR, "grad_cam_plus_plus", "layer_cam"])
def test_plain_loops_give_the_same(name, seed, rectified):
    features, gradients = draw(seed, rectified=rectified)
    features[..., 2] = 0  # a dead channel
    gradients[0, ..., 1] = 0
    found = show(name, features, gradients)
    for image in range(3):
        expected = by_loops(name, features[image], gradients[image])
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found[image], expected, atol=1e-9 * scale)


def test_grad_cam_plus_plus_worked_by_hand():
    """One channel of 1 and 3 (sum 4), gradients 1/2 and -1: a = 1/(2 + 4/2), w = 1/8.

    With the mean in the denominator, as some libraries have it, w were 1/6; without
    the division 1/8 would be g^2 ReLU(g) = 1/8 too, so a second gradient tells: 1
    gives a = 1/6 and w = 1/8 + 1/6.
    """
    features = np.array([1.0, 3.0]).reshape(1, 1, 2, 1)
    for slopes, weight in (((0.5, -1.0), 1 / 8), ((0.5, 1.0), 1 / 8 + 1 / 6)):
        gradients = np.array(slopes).reshape(1, 1, 2, 1)
        found = show("grad_cam_plus_plus", features, gradients)
        np.testing.assert_allclose(found.ravel(), weight * np.array([1, 3]))


def test_grad_cam_plus_plus_where_its_denominator_is_zero():
    """Sum of A is -4, g is 1/2: 2 g^2 + S g^3 = 0, so a is 0, not infinity."""
    features = np.array([-3.0, -1.0]).reshape(1, 1, 2, 1)
    gradients = np.array([0.5, 0.25]).reshape(1, 1, 2, 1)
    found = show("grad_cam_plus_plus", features, gradients)
    np.testing.assert_allclose(found.ravel(), 0.25 / (2 - 1) * features.ravel())


def test_grad_cam_plus_plus_of_tiny_gradients_is_half_their_sum():
    """The cube of 1e-15 is nothing in single precision; a is 1/2 all the same."""
    features, gradients = (x.astype(np.float32) for x in draw(1))
    found = show("grad_cam_plus_plus", features, 1e-15 * gradients)
    half = np.maximum(gradients, 0).sum(axis=(1, 2)) / 2
    expected = np.einsum("nhwc,nc->nhw", features, half)
    np.testing.assert_allclose(found * 1e15, expected, rtol=1e-4)


def test_xgrad_cam_where_the_features_cancel():
    """A channel of sum 0 gets no weight, and its neighbors keep theirs."""
    features, gradients = draw(2)
    features[..., 0] = 0
    features[:, 0, 0, 0], features[:, 1, 1, 0] = 2, -2
    found = show("xgrad_cam", features, gradients)
    alone = show("xgrad_cam", features[..., 1:], gradients[..., 1:])
    np.testing.assert_allclose(found, alone)


def test_xgrad_cam_and_respond_cam_differ_in_what_is_published():
    features, gradients = draw(3)
    np.testing.assert_array_equal(
        show("xgrad_cam", features, gradients),
        show("respond_cam", features, gradients),
    )
    assert METHODS["xgrad_cam"].postprocessing == "relu"
    assert METHODS["respond_cam"].postprocessing == "none"


def test_layer_cam_is_shown_at_the_last_layer_and_fused_as_published():
    assert METHODS["layer_cam"].layers == ("last", "all-tanh_max")


@pytest.mark.parametrize("name", LINEAR)
def test_signed_methods_are_linear_in_the_target(name):
    features, first = draw(4)
    second = draw(5)[1]
    mixed = show(name, features, 2 * first - 0.5 * second)
    apart = 2 * show(name, features, first) - 0.5 * show(name, features, second)
    np.testing.assert_allclose(mixed, apart, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "by_features", "by_gradients"),
    [
        ("grad_cam", 1, 1),
        ("xgrad_cam", 1, 1),
        ("respond_cam", 1, 1),
        ("hires_cam", 1, 1),
        ("layer_cam", 1, 1),
        ("eigen_cam", 1, 0),
        ("eigen_grad_cam", 1, 1),
    ],
)
def test_degrees_of_homogeneity(name, by_features, by_gradients):
    features, gradients = draw(6)
    plain = show(name, features, gradients)
    scaled = show(name, 4 * features, gradients)
    np.testing.assert_allclose(scaled, 4.0**by_features * plain, rtol=1e-6, atol=1e-9)
    scaled = show(name, features, 8 * gradients)
    np.testing.assert_allclose(scaled, 8.0**by_gradients * plain, rtol=1e-6, atol=1e-9)


def test_grad_cam_plus_plus_scales_when_features_and_gradients_scale_against():
    """Features times s and gradients over s leave w A as it is (S g is unchanged)."""
    features, gradients = draw(7)
    plain = show("grad_cam_plus_plus", features, gradients)
    found = show("grad_cam_plus_plus", 4 * features, gradients / 4)
    np.testing.assert_allclose(found, plain, rtol=1e-10)


@pytest.mark.parametrize("name", [n for n in FAMILY if n != "eigen_cam"])
def test_without_gradients_there_is_no_map(name):
    features, _ = draw(8)
    assert not show(name, features, np.zeros_like(features)).any()


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize(
    "shape", [(3, 4, 6, 5), (2, 3, 4, 30), (2, 13, 12, 150)], ids=str
)
def test_a_dead_layer_gives_zero(name, shape):
    _, gradients = draw(9, shape)
    found = show(name, np.zeros(shape), gradients)
    assert found.shape == shape[:3]
    assert not found.any()


@pytest.mark.parametrize("name", FAMILY)
def test_constant_features_and_one_position_are_finite(name):
    rng = np.random.default_rng(10)
    for shape in ((2, 4, 6, 5), (2, 1, 1, 5), (2, 1, 1, 1), (1, 5, 3, 1)):
        gradients = rng.normal(size=shape).astype(np.float32)
        for level in (1.0, -1.0, 0.0, 1e-30):
            features = np.full(shape, level, np.float32)
            assert np.isfinite(show(name, features, gradients)).all()


@pytest.mark.parametrize("name", FAMILY)
def test_turning_the_image_turns_the_map(name):
    features, gradients = draw(11)
    found = show(name, features, gradients)
    turned = show(name, features[:, ::-1], gradients[:, ::-1])
    np.testing.assert_allclose(turned, found[:, ::-1], atol=1e-9)
    swapped = show(name, features.swapaxes(1, 2), gradients.swapaxes(1, 2))
    np.testing.assert_allclose(swapped, found.swapaxes(1, 2), atol=1e-9)


@settings(deadline=None, max_examples=12)
@given(seed=seeds)
@pytest.mark.parametrize("name", FAMILY)
def test_the_order_of_channels_does_not_matter(name, seed):
    features, gradients = draw(seed)
    order = np.random.default_rng(seed).permutation(5)
    found = show(name, features[..., order], gradients[..., order])
    np.testing.assert_allclose(found, show(name, features, gradients), atol=1e-8)


@pytest.mark.parametrize("name", FAMILY)
def test_the_deepest_layer_shown_is_the_one_drawn(name, make_capture):
    capture = make_capture(3)
    found = METHODS[name].explain(capture)
    assert list(found) == ["deep"]
    alone = METHODS[name].explain(capture.at(("deep",)))["deep"]
    np.testing.assert_array_equal(found["deep"], alone)
    first = METHODS[name].explain(capture.at(("shallow",)))
    assert list(first) == ["shallow"]


@pytest.mark.parametrize("name", [n for n in FAMILY if n != "eigen_cam"])
def test_maps_are_of_the_logit_however_sure_the_network_is(
    name, recorded, numpy_network
):
    """Where a softmax has no slope left, logits have: the map is not empty."""
    network = numpy_network.draw_network(2)
    sure = replace(network, weights=network.weights * 1e6)
    capture = recorded(2, network=sure)
    chances = softmax(sure.forward(capture.pixels)[0], axis=1)
    assert (chances.max(axis=1) == 1).all()  # p (1 - p) is 0 for every class
    found = METHODS[name].explain(capture)["deep"]
    assert np.isfinite(found).all()
    assert (np.abs(found).max(axis=(1, 2)) > 0).all()
