"""What is told of a map from its parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrcam.statuses import STATUSES, judge

GRADIENT = ("features", "gradients")


def told(parts, postprocessing="none", fusion="sum", needs=GRADIENT):
    arrays = {k: np.asarray(v, np.float32) for k, v in parts.items()}
    return judge(arrays, postprocessing, fusion, needs).tolist()


#: One image each: ordinary, all negative, all 0, constant, with a NaN, with infinity.
MAPS = [
    [[1, -2, 3]],
    [[-1, -2, -3]],
    [[0, 0, 0]],
    [[2, 2, 2]],
    [[1, np.nan, 3]],
    [[1, -np.inf, 3]],
]


def test_one_layer():
    assert told({"deep": MAPS}, "relu") == [
        "ok",
        "all_negative",
        "zero_gradient",
        "constant_map",
        "nonfinite",
        "nonfinite",
    ]


def test_without_post_processing_negative_maps_are_ordinary():
    assert told({"deep": MAPS})[:4] == ["ok", "ok", "zero_gradient", "constant_map"]
    assert told({"deep": MAPS}, "absolute")[:3] == ["ok", "ok", "zero_gradient"]


@pytest.mark.parametrize("needs", [(), ("features",), ("features", "head:base")])
def test_zeros_of_a_method_without_derivatives_are_a_constant(needs):
    assert told({"deep": MAPS}, "relu", needs=needs)[2] == "constant_map"


@pytest.mark.parametrize("need", ["gradients", "slope:plain", "slope:guided", "biases"])
def test_derivatives_of_every_kind(need):
    assert told({"image": MAPS}, "absolute", needs=(need,))[2] == "zero_gradient"


def test_several_layers_say_together_what_they_are():
    good, flat, zero = [[[1, -2]]], [[[3, 3]]], [[[0, 0]]]
    negative, broken = [[[-1, -2]]], [[[np.nan, 1]]]
    cases = {
        "ok": (good, zero),
        "constant_map": (flat, zero),
        "all_negative": (negative, zero),
        "zero_gradient": (zero, zero),
        "nonfinite": (good, broken),
    }
    for status, (a, b) in cases.items():
        assert told({"a": a, "b": b}, "relu") == [status]
    assert told({"a": good, "b": flat}, "relu") == ["ok"]


def test_one_constant_layer_makes_a_product_constant():
    parts = {"a": [[[1, -2]]], "b": [[[3, 3]]]}
    assert told(parts, fusion="product") == ["constant_map"]
    for fusion in ("sum", "mean", "max", "tanh_max"):
        assert told(parts, fusion=fusion) == ["ok"]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**20), count=st.integers(1, 6))
def test_an_image_is_judged_alone(seed, count):
    rng = np.random.default_rng(seed)
    values = rng.choice([0.0, 0.0, 1.0, -1.0, np.nan], size=(count, 2, 2))
    values[rng.random(count) < 0.5] = rng.choice([0.0, -1.0, 2.0])
    together = told({"a": values}, "relu")
    assert together == [told({"a": values[i : i + 1]}, "relu")[0] for i in range(count)]
    assert set(together) <= set(STATUSES)
