"""Post-process, enlarge, fuse: in this order, because the order matters."""

import numpy as np

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge
from hrcam.fusion import FUSIONS, POSTPROCESSING, add, compose

SIZE = (8, 12)
PAPER = ("none", "half_pixel", "sum")


def draw(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "shallow": rng.normal(size=(3, 4, 6)).astype(np.float32),
        "deep": rng.normal(size=(3, 2, 2)).astype(np.float32),
    }


def test_the_tables():
    assert list(FUSIONS) == ["sum"]
    assert list(POSTPROCESSING) == ["none", "relu"]


def test_add_is_a_plain_sum():
    maps = np.arange(24.0).reshape(2, 1, 3, 4)
    np.testing.assert_array_equal(add(maps), maps[0] + maps[1])


def test_layers_are_enlarged_then_added():
    parts = draw()
    expected = sum(enlarge(p, SIZE, alignment="half_pixel") for p in parts.values())
    np.testing.assert_allclose(compose(parts, {}, SIZE, PAPER), expected, rtol=1e-6)


def test_negative_values_are_cut_before_enlargement_worked_by_hand():
    """Units -4 and 4 on four pixels: cut first gives 0 1 3 4, cut last 0 0 2 4."""
    parts = {"deep": np.array([[[-4.0, 4.0]]], np.float32)}
    found = compose(parts, {}, (1, 4), ("relu", "half_pixel", "sum"))
    np.testing.assert_array_equal(found, [[[0, 1, 3, 4]]])
    late = np.maximum(compose(parts, {}, (1, 4), PAPER), 0)
    np.testing.assert_array_equal(late, [[[0, 0, 2, 4]]])


def test_negative_values_are_cut_in_each_layer_before_the_layers_are_added():
    parts = {
        "a": np.full((1, 2, 3), -5, np.float32),
        "b": np.full((1, 2, 3), 2, np.float32),
    }
    found = compose(parts, {}, (4, 6), ("relu", "half_pixel", "sum"))
    np.testing.assert_array_equal(found, np.full((1, 4, 6), 2))


def test_signed_maps_stay_signed():
    parts = {"deep": np.array([[[-4.0, 4.0]]], np.float32)}
    np.testing.assert_array_equal(compose(parts, {}, (1, 4), PAPER), [[[-4, -2, 2, 4]]])


def test_every_layer_is_enlarged_by_its_own_geometry():
    parts = draw()
    geometry = {"shallow": Geometry((2.0, 2.0), (0.0, 0.0)), "deep": None}
    found = compose(parts, geometry, SIZE, ("none", "receptive_field", "sum"))
    expected = enlarge(parts["shallow"], SIZE, geometry["shallow"]) + enlarge(
        parts["deep"], SIZE
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert not np.allclose(found, compose(parts, {}, SIZE, PAPER))


def test_one_layer_of_the_image_s_size_is_left_alone():
    map_ = np.random.default_rng(1).normal(size=(2, *SIZE)).astype(np.float32)
    np.testing.assert_array_equal(compose({"image": map_}, {}, SIZE, PAPER), map_)
