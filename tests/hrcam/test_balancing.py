"""Balanced heads of all sets against fits of each set by its own."""

import numpy as np
import pytest

from hrcam.balancing import fit_balanced, weighted
from hrcam.hotelling import fit_hotelling
from hrcam.layer_weights import layer_weights
from hrcam.moments import measure
from hrcam.pools import Pool

SIZES = {"shallow": (8, 12, 3), "middle": (4, 6, 5), "deep": (2, 3, 4)}


def make_images(seed, images=40, classes=2):
    """Feature maps with a lesion in one place of some channels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(images) % classes
    maps = {}
    for name, (rows, columns, channels) in SIZES.items():
        maps[name] = rng.normal(size=(images, rows, columns, channels))
        shift = np.random.default_rng(0).normal(2, 1, (classes, channels))
        maps[name][:, 1, 2] += shift[labels] * (labels > 0)[:, None]
    return {name: x.astype(np.float32) for name, x in maps.items()}, labels


def pooled(maps, labels):
    layers = tuple((name, size[-1]) for name, size in SIZES.items())
    means = [x.mean(axis=(1, 2), dtype=np.float64) for x in maps.values()]
    return Pool(layers, np.concatenate(means, axis=1), labels)


def cut(maps, labels, count=7):
    for start in range(0, len(labels), count):
        rows = slice(start, start + count)
        yield {name: x[rows] for name, x in maps.items()}, labels[rows]


SETS = (tuple(SIZES), ("deep",), ("shallow", "deep"))


def test_each_layer_has_its_hotelling_weights_times_one_factor():
    training, validation = make_images(1), make_images(2)
    pool = pooled(*training)
    plain = fit_hotelling(pool, measure([training], 2), 2)
    found = fit_balanced(pool, cut(*training), cut(*validation), 2, SETS)
    maps = {n: x @ plain.weights[n][:, 1] for n, x in validation[0].items()}
    factors = layer_weights(maps, validation[1] == 1)
    assert list(found) == list(SETS)
    for names in SETS:
        assert set(found[names].weights) == set(names)
        assert found[names].name == "hotelling"
        for name, table in found[names].weights.items():
            np.testing.assert_allclose(
                table, factors[name] * plain.weights[name], rtol=1e-4
            )


def test_several_classes_stay_centered():
    training, validation = make_images(3, 60, 3), make_images(4, 60, 3)
    found = fit_balanced(
        pooled(*training), cut(*training), cut(*validation), 3, SETS[:1]
    )
    for table in found[SETS[0]].weights.values():
        assert table.shape[1] == 3
        np.testing.assert_allclose(table.sum(axis=1), 0, atol=1e-12)
        assert np.abs(table).max() > 0


def test_raw_maps_are_features_times_weights():
    training = make_images(5)
    head = fit_hotelling(pooled(*training), measure([training], 2), 2)
    maps, labels = weighted(head, cut(*training, 9))
    np.testing.assert_array_equal(labels, training[1])
    for name, found in maps.items():
        expected = np.einsum("nhwc,ck->nhwk", training[0][name], head.weights[name])
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert found.dtype == np.float32


@pytest.mark.parametrize(("classes", "kept"), [(2, (0,)), (2, (1,)), (3, (0, 1))])
def test_a_validation_without_some_class_is_refused(classes, kept):
    maps, labels = make_images(6, 42, classes)
    rows = np.isin(labels, kept)
    some = {name: x[rows] for name, x in maps.items()}
    (missing,) = set(range(classes)) - set(kept)
    message = (
        "validation images must be of every class to balance the layers, got none of "
        f"class {missing}; add some, or use hr_cam_pattern"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        fit_balanced(
            pooled(maps, labels),
            cut(maps, labels),
            cut(some, labels[rows]),
            classes,
            SETS,
        )
