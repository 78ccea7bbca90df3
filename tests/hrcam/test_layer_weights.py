"""Layers' factors with numbers worked by hand, and under changes that must not tell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from hrcam.layer_weights import auroc, factors, layer_weights, tail


def make_maps(seed=0, images=40):
    """One layer tells by its tail, one by nothing, one the wrong way."""
    rng = np.random.default_rng(seed)
    diseased = np.arange(images) % 2 == 1
    maps = {
        "telling": rng.normal(size=(images, 12, 18)),
        "silent": rng.normal(size=(images, 6, 9)),
        "contrary": rng.normal(size=(images, 3, 4)),
    }
    maps["telling"][diseased, 2:4, 3:5] += 5
    maps["contrary"][diseased] -= 5
    return maps, diseased


def test_factors_worked_by_hand():
    """One pixel each: AUROC 3/4, so a half; the standard deviation of 0, 1, 2, 3."""
    values = np.array([0.0, 2.0, 1.0, 3.0]).reshape(4, 1, 1)
    diseased = np.array([False, False, True, True])
    found = layer_weights({"a": values, "b": 10 * values}, diseased)
    assert found["a"] == pytest.approx(0.5 / np.sqrt(1.25))
    assert found["b"] == pytest.approx(0.05 / np.sqrt(1.25))


def test_layers_that_do_not_tell_or_tell_the_wrong_way_count_less():
    found = layer_weights(*make_maps())
    assert found["telling"] > 2 * found["silent"]
    assert found["contrary"] == 0


def test_if_no_layer_tells_all_count_alike():
    maps, diseased = make_maps()
    contrary = {"one": -maps["telling"], "other": 4 * maps["contrary"]}
    contrary["one"][diseased] -= 50
    found = layer_weights(contrary, diseased)
    assert found["one"] == pytest.approx(1 / contrary["one"].std())
    assert found["other"] == pytest.approx(1 / contrary["other"].std())


def test_a_constant_layer_has_the_factor_zero():
    maps, diseased = make_maps()
    maps["silent"][:] = 0.1
    assert layer_weights(maps, diseased)["silent"] == 0


@settings(deadline=None, max_examples=20)
@given(factor=st.floats(1e-6, 1e6), shift=st.floats(-100, 100), seed=st.integers(0, 99))
def test_the_fused_map_forgets_a_layer_s_unit(factor, shift, seed):
    maps, diseased = make_maps(seed)
    plain = layer_weights(maps, diseased)
    maps["telling"] = factor * (maps["telling"] + shift)
    other = layer_weights(maps, diseased)
    assert other["telling"] * factor == pytest.approx(plain["telling"], rel=1e-6)
    assert other["silent"] == plain["silent"]


def test_the_tail_is_the_mean_of_the_largest_values():
    values = np.random.default_rng(0).normal(size=(5, 216))
    expected = [np.mean(sorted(row)[-2:]) for row in values]
    np.testing.assert_allclose(tail(values), expected)
    np.testing.assert_allclose(tail(values[:, :12]), values[:, :12].max(axis=1))
    np.testing.assert_allclose(tail(values, 1.0), values.mean(axis=1))


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=9),
    st.lists(st.integers(0, 5), min_size=1, max_size=9),
)
def test_auroc_equals_scikit_learn_with_ties(one, other):
    truth = [1] * len(one) + [0] * len(other)
    expected = roc_auc_score(truth, one + other)
    found = auroc(np.array(one, float), np.array(other, float))
    assert found == pytest.approx(expected, abs=1e-12)


def test_two_classes_take_the_second_one_s_factors():
    maps, diseased = make_maps()
    both = {name: np.stack([-x, x], axis=-1) for name, x in maps.items()}
    found = factors(both, diseased.astype(int))
    for name, factor in layer_weights(maps, diseased).items():
        np.testing.assert_array_equal(found[name], [factor, factor])


def test_several_classes_have_their_own_factors():
    rng = np.random.default_rng(5)
    labels = np.arange(60) % 3
    maps = {"a": rng.normal(size=(60, 4, 6, 3)), "b": rng.normal(size=(60, 2, 3, 3))}
    for label in range(3):
        maps["a"][labels == label, 1, 1, label] += label
    found = factors(maps, labels)
    for label in range(3):
        some = {key: x[..., label] for key, x in maps.items()}
        for name, factor in layer_weights(some, labels == label).items():
            assert found[name][label] == factor


def test_images_of_one_class_are_refused():
    maps, diseased = make_maps()
    message = (
        "images must be diseased and not, to tell layers apart, got 0 of 40 diseased"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        layer_weights(maps, np.zeros_like(diseased))
