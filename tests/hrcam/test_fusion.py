"""Post-process, enlarge, fuse: in this order, because the order matters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge
from hrcam.fusion import FUSIONS, INCOMPARABLE, POSTPROCESSING, add, compose, normalized

SIZE = (8, 12)
PAPER = ("none", "half_pixel", "sum")


def draw(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "shallow": rng.normal(size=(3, 4, 6)).astype(np.float32),
        "deep": rng.normal(size=(3, 2, 2)).astype(np.float32),
    }


def test_the_tables():
    assert list(FUSIONS) == ["sum", "mean", "max", "tanh_max", "product"]
    assert INCOMPARABLE == ("sum",)
    assert list(POSTPROCESSING) == ["none", "relu", "absolute"]


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


# Fusions of layers that differ in scale

RIVALS = ("mean", "max", "tanh_max", "product")
levels = st.floats(-100, 100, width=32)
stacks = arrays.arrays(np.float64, (3, 2, 4, 5), elements=levels)


def by_loops(name, maps):
    """Fuse maps (l, n, h, w) pixel by pixel."""
    layers, images, height, width = maps.shape
    fused = np.zeros((images, height, width))
    for n in range(images):
        for i in range(height):
            for j in range(width):
                values = []
                for layer in range(layers):
                    map_ = maps[layer, n]
                    low, high, value = map_.min(), map_.max(), map_[i, j]
                    if name == "tanh_max":
                        shown = np.tanh(2 * value / high) if high > 0 else 0.0
                    else:
                        shown = (value - low) / (high - low) if high > low else 0.0
                    values.append(shown)
                fused[n, i, j] = {
                    "mean": sum(values) / layers,
                    "max": max(values),
                    "tanh_max": max(values),
                    "product": float(np.prod(values)),
                }[name]
    return fused


@settings(deadline=None, max_examples=40)
@given(maps=stacks)
@pytest.mark.parametrize("name", RIVALS)
def test_fusions_do_what_loops_do(name, maps):
    np.testing.assert_allclose(FUSIONS[name](maps), by_loops(name, maps), atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(maps=stacks, order=st.permutations(range(3)))
@pytest.mark.parametrize("name", list(FUSIONS))
def test_the_order_of_layers_does_not_matter(name, maps, order):
    found = FUSIONS[name](maps[list(order)])
    np.testing.assert_allclose(found, FUSIONS[name](maps), atol=1e-9)


@pytest.mark.parametrize("name", RIVALS)
def test_the_scale_of_a_layer_does_not_matter(name):
    maps = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    scaled = maps * np.array([1e-6, 1.0, 1e6])[:, None, None, None]
    np.testing.assert_allclose(FUSIONS[name](scaled), FUSIONS[name](maps), atol=1e-9)
    assert not np.allclose(add(scaled), add(maps))


@pytest.mark.parametrize("name", ["mean", "max", "product"])
def test_the_level_of_a_layer_does_not_matter(name):
    maps = np.random.default_rng(1).normal(size=(3, 2, 4, 5))
    raised = maps + np.array([-7.0, 0.0, 40.0])[:, None, None, None]
    np.testing.assert_allclose(FUSIONS[name](raised), FUSIONS[name](maps), atol=1e-9)


def test_images_are_normalized_apart():
    maps = np.random.default_rng(2).normal(size=(3, 4, 4, 5))
    for name in RIVALS:
        together = FUSIONS[name](maps)
        for image in range(4):
            alone = FUSIONS[name](maps[:, image : image + 1])
            np.testing.assert_array_equal(alone[0], together[image])


def test_layer_cam_s_fusion_worked_by_hand():
    """M / max M is 1, 1/2 and 0 in one layer, 1/2, 1 and -1/2 in the other."""
    maps = np.array([[4.0, 2.0, 0.0], [0.1, 0.2, -0.1]]).reshape(2, 1, 1, 3)
    expected = [np.tanh(2), np.tanh(2), 0.0]
    np.testing.assert_allclose(FUSIONS["tanh_max"](maps).ravel(), expected)
    np.testing.assert_allclose(
        FUSIONS["tanh_max"](maps[:1]).ravel(), [np.tanh(2), np.tanh(1), 0]
    )


def test_a_layer_without_a_positive_value_counts_nothing_in_layer_cam_s_fusion():
    """Dividing by a negative maximum would turn the map over."""
    maps = np.array([[-1.0, -2.0], [0.0, 0.0]]).reshape(2, 1, 1, 2)
    assert not FUSIONS["tanh_max"](maps).any()


def test_a_constant_layer_counts_nothing():
    flat, map_ = np.full((1, 1, 1, 3), 5.0), np.array([[[[0.0, 1.0, 2.0]]]])
    maps = np.concatenate([flat, map_])
    np.testing.assert_allclose(FUSIONS["mean"](maps).ravel(), [0, 0.25, 0.5])
    np.testing.assert_allclose(FUSIONS["max"](maps).ravel(), [0, 0.5, 1])
    assert not FUSIONS["product"](maps).any()
    assert not normalized(flat).any()


@pytest.mark.parametrize("name", list(FUSIONS))
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_does_not_look_finite(name, bad):
    """And no other image is touched."""
    maps = np.random.default_rng(3).normal(size=(2, 3, 4, 5))
    clean = FUSIONS[name](maps)
    maps[0, 1, 2, 3] = bad
    found = FUSIONS[name](maps)
    assert not np.isfinite(found[1]).all()
    np.testing.assert_array_equal(found[[0, 2]], clean[[0, 2]])


@pytest.mark.parametrize("name", RIVALS)
def test_layers_are_enlarged_then_fused(name):
    parts = draw(4)
    found = compose(parts, {}, SIZE, ("relu", "half_pixel", name))
    positive = [np.maximum(part, 0) for part in parts.values()]
    large = np.stack([enlarge(p, SIZE, alignment="half_pixel") for p in positive])
    np.testing.assert_allclose(found, by_loops(name, large), atol=1e-6)


def test_absolute_values_are_taken_at_native_size():
    parts = {"image": np.array([[[-4.0, 4.0]]], np.float32)}
    found = compose(parts, {}, (1, 4), ("absolute", "half_pixel", "sum"))
    np.testing.assert_array_equal(found, [[[4, 4, 4, 4]]])


def test_a_part_of_the_image_s_size_by_another_name_is_left_alone():
    """A method that draws on the image's grid, fused over layers."""
    map_ = np.random.default_rng(5).normal(size=(2, *SIZE)).astype(np.float32)
    found = compose({"image@deep": map_}, {"deep": None}, SIZE, PAPER)
    np.testing.assert_array_equal(found, map_)
