"""Eigen-CAM and EigenGrad-CAM against NumPy's decomposition, and their signs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hrcam.capture import Capture, Layer
from hrcam.methods import METHODS

seeds = st.integers(0, 2**20)


def reference(matrices):
    """Return X v up to its sign, (n, z), by the decomposition of X itself."""
    _, _, rows = np.linalg.svd(matrices, full_matrices=False)
    return np.einsum("nzc,nc->nz", matrices, rows[:, 0])


def difference(found, expected):
    """Return the largest relative difference of maps (n, z), signs aside."""
    sign = np.sign((found * expected).sum(axis=1, keepdims=True))
    return np.abs(found * sign - expected).max() / np.abs(expected).max()


def show(name, features, gradients=None):
    layer = Layer("deep", features.shape[1:3], features, gradients)
    return METHODS[name].explain(Capture((16, 24), np, None, (layer,)))["deep"]


@settings(deadline=None, max_examples=15)
@given(seed=seeds, channels=st.sampled_from([3, 30]))
def test_eigen_cam_is_the_first_right_singular_projection_uncentered(seed, channels):
    rng = np.random.default_rng(seed)
    features = np.maximum(rng.normal(size=(3, 4, 5, channels)), 0)
    found = show("eigen_cam", features)
    expected = np.abs(reference(features.reshape(3, 20, channels)))
    np.testing.assert_allclose(found.reshape(3, 20), expected, atol=1e-6)
    assert (found >= -1e-12).all()  # Perron and Frobenius: one sign, and it is plus


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_eigen_cam_points_with_the_mean_activation_also_without_a_relu(seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(0.2, 1, size=(3, 4, 6, 5))
    found = show("eigen_cam", features)
    assert ((found * features.mean(axis=-1)).sum(axis=(1, 2)) >= 0).all()
    assert (
        difference(found.reshape(3, 24), reference(features.reshape(3, 24, 5))) < 1e-6
    )


def test_eigen_cam_keeps_its_sign_under_ninety_orders_of_the_channels():
    """Where the sign is left to the solver, half of them flip."""
    rng = np.random.default_rng(4)
    for shape in ((1, 4, 6, 9), (1, 3, 3, 20)):
        features = rng.normal(0.1, 1, size=shape)
        gradients = rng.normal(size=shape)
        for name in ("eigen_cam", "eigen_grad_cam"):
            plain = show(name, features, gradients)
            for _ in range(45):
                order = rng.permutation(shape[-1])
                found = show(name, features[..., order], gradients[..., order])
                np.testing.assert_allclose(found, plain, atol=1e-6)


def test_eigen_cam_does_not_see_rotations_that_keep_the_mean():
    rng = np.random.default_rng(5)
    for channels in (6, 40):
        features = rng.normal(0.2, 1, size=(2, 4, 6, channels))
        frame = np.linalg.qr(
            np.column_stack(
                [np.ones(channels), rng.normal(size=(channels, channels - 1))]
            )
        )[0]
        turn = np.eye(channels)
        turn[1:, 1:] = np.linalg.qr(rng.normal(size=(channels - 1, channels - 1)))[0]
        rotated = features @ (frame @ turn @ frame.T)
        np.testing.assert_allclose(rotated.mean(axis=-1), features.mean(axis=-1))
        np.testing.assert_allclose(
            show("eigen_cam", rotated), show("eigen_cam", features), atol=1e-6
        )


def test_eigen_cam_knows_no_class(recorded):
    one, other = recorded(6), recorded(6)
    assert METHODS["eigen_cam"].needs == {"features"}
    flipped = Layer(
        "deep", one.layers[-1].size, one.layers[-1].features, -one.layers[-1].gradients
    )
    again = Capture(one.size, np, None, (flipped,))
    np.testing.assert_array_equal(
        METHODS["eigen_cam"].explain(again)["deep"],
        METHODS["eigen_cam"].explain(other)["deep"],
    )


@settings(deadline=None, max_examples=15)
@given(seed=seeds, channels=st.sampled_from([5, 40]))
def test_eigen_grad_cam_projects_contributions_and_points_where_hires_cam_does(
    seed, channels
):
    rng = np.random.default_rng(seed)
    features = np.maximum(rng.normal(size=(3, 4, 6, channels)), 0)
    gradients = rng.normal(size=features.shape)
    found = show("eigen_grad_cam", features, gradients)
    expected = reference((features * gradients).reshape(3, 24, channels))
    assert difference(found.reshape(3, 24), expected) < 1e-6
    hires = (features * gradients).sum(axis=-1)
    assert ((found * hires).sum(axis=(1, 2)) >= 0).all()
    opposite = show("eigen_grad_cam", features, -gradients)
    np.testing.assert_array_equal(opposite, -found)
