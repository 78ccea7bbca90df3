"""Methods of features and gradients, compiled: the numbers that NumPy gives."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.capture import Capture, Layer
from hrcam.eigenvectors import EXACT
from hrcam.methods import METHODS

pytestmark = pytest.mark.engine

NAMES = (
    "cam",
    "hr_cam",
    "grad_cam",
    "grad_cam_plus_plus",
    "xgrad_cam",
    "hires_cam",
    "layer_cam",
    "respond_cam",
    "eigen_cam",
    "eigen_grad_cam",
)
#: Small; more positions than channels; more channels than positions; both many.
SHAPES = ((3, 4, 6, 5), (2, 12, 10, 9), (2, 3, 4, 40), (2, 16, 10, 150))


def draw(shape, *, rectified):
    rng = np.random.default_rng(shape[-1])
    # A few strong directions, as feature maps have them.
    mixed = rng.normal(size=(*shape[:3], 4)) @ rng.normal(size=(4, shape[-1]))
    features = (mixed + 0.3 * rng.normal(size=shape)).astype(np.float32)
    features = np.maximum(features, 0) if rectified else features
    features[..., 1] = 0
    gradients = rng.normal(size=shape).astype(np.float32)
    gradients[0, ..., 2] = 0
    layer = Layer("deep", shape[1:3], features, gradients)
    weights = {"deep": rng.normal(size=(shape[0], shape[-1])).astype(np.float32)}
    heads = {"base": weights, "hotelling": weights, "pattern": weights}
    return Capture((24, 24), np, None, (layer,), heads=heads)


def compiled(name, capture):
    """Run a method on tensors of unknown batch, compiled."""
    import keras
    import tensorflow as tf

    (layer,) = capture.layers

    def call(features, gradients, weights):
        seen = replace(layer, features=features, gradients=gradients)
        heads = {name: {"deep": weights} for name in capture.heads}
        scene = replace(capture, ops=keras.ops, layers=(seen,), heads=heads)
        return METHODS[name].explain(scene)["deep"]

    arrays = (layer.features, layer.gradients, capture.heads["base"]["deep"])
    specs = [tf.TensorSpec((None, *x.shape[1:]), tf.float32) for x in arrays]
    function = tf.function(call, input_signature=specs, autograph=False)
    return function(*arrays).numpy()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_the_compiled_route_gives_what_numpy_gives(name, shape):
    # Of negative features the denominator of Grad-CAM++ passes 0: any rounding shows.
    for rectified in (True, False)[: 1 if name == "grad_cam_plus_plus" else 2]:
        capture = draw(shape, rectified=rectified)
        expected = METHODS[name].explain(capture)["deep"]
        found = compiled(name, capture)
        assert found.shape == shape[:3]
        assert found.dtype == np.float32
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found / scale, expected / scale, atol=1e-5)


def test_the_last_shape_is_one_for_a_krylov_space():
    assert min(SHAPES[-1][1] * SHAPES[-1][2], SHAPES[-1][3]) > EXACT


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_a_dead_layer_is_zero_on_the_device_too(name, shape):
    capture = draw(shape, rectified=True)
    (layer,) = capture.layers
    dead = replace(layer, features=np.zeros_like(layer.features))
    found = compiled(name, replace(capture, layers=(dead,)))
    assert not found.any()
