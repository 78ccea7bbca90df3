"""Methods on derivatives by the pixels and biases, compiled and in NumPy alike."""

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from hrcam.methods import METHODS

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def capture():
    path = Path(__file__).parents[1] / "numpy_network.py"
    spec = spec_from_file_location("numpy_network", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    pixels = np.random.default_rng(0).normal(0.4, 1, (3, 16, 24, 2))
    target = module.contrast(np.arange(3), 4)
    return module.capture(module.draw_network(), pixels, target)


@pytest.mark.parametrize(
    "name",
    ["gradient", "guided_backprop", "deconvnet", "guided_grad_cam", "full_grad"],
)
def test_compiled_is_as_in_numpy(name, capture):
    keras = pytest.importorskip("keras")
    tf = pytest.importorskip("tensorflow")

    @tf.function(autograph=False)
    def compiled(pixels, features, gradients, slopes, biases):
        layers = tuple(
            replace(x, features=f, gradients=g)
            for x, f, g in zip(capture.layers, features, gradients, strict=True)
        )
        seen = replace(
            capture,
            ops=keras.ops,
            pixels=pixels,
            layers=layers,
            slopes=slopes,
            biases=tuple(biases),
            calls=None,
        )
        return METHODS[name].explain(seen)

    def tensor(x):
        return keras.ops.convert_to_tensor(x, dtype="float32")

    found = compiled(
        tensor(capture.pixels),
        [tensor(x.features) for x in capture.layers],
        [tensor(x.gradients) for x in capture.layers],
        {k: tensor(v) for k, v in capture.slopes.items()},
        [tensor(b) for b in capture.biases],
    )
    expected = METHODS[name].explain(capture)
    assert list(found) == list(expected)
    for layer, part in expected.items():
        scale = np.abs(part).max()
        np.testing.assert_allclose(found[layer], part, atol=1e-5 * scale)
