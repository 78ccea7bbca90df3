"""Contraction and measuring, against the way single maps go through the package."""

import numpy as np
import pytest

from hrcam.capture import Geometry
from hrcam.fusion import compose
from hrcam.heads import Head
from hrcam.pipeline.multiverse.axes import MARKED, measures
from hrcam.pipeline.multiverse.contracting import (
    BASE,
    Contracted,
    contract,
    pairs,
    stack,
)
from hrcam.pipeline.multiverse.measuring import Grid, measure, measure_batch
from metrics import ScoreOptions
from metrics.counting.ranking import rank
from metrics.counting.thresholds import count, sweep
from metrics.normalization.table import NORMALIZATIONS

CHANNELS = {"a": 3, "b": 4}
SIZES = {"a": (12, 8), "b": (6, 4)}
GEOMETRY = {
    "a": Geometry((1.0, 1.0), (0.0, 0.0)),
    "b": Geometry((2.0, 2.0), (0.5, 0.5)),
}


@pytest.fixture
def scene():
    rng = np.random.default_rng(4)
    sets = {"all": ("a", "b"), "last": ("b",)}
    heads = {
        (head, name): Head(
            head,
            {layer: rng.normal(size=(CHANNELS[layer], 2)) for layer in layers},
            np.zeros(2),
        )
        for head in ("hotelling", "pattern")
        for name, layers in sets.items()
    }
    heads[BASE] = Head("base", {"b": rng.normal(size=(4, 2))}, np.zeros(2))
    features = {
        layer: rng.normal(size=(3, *SIZES[layer], CHANNELS[layer])) for layer in "ab"
    }
    target = np.array([[-1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    masks = np.zeros((3, 12, 8), bool)
    masks[:, 3:7, 2:5] = True
    return heads, features, target, masks


def parts_of(head, features, target):
    return {
        layer: np.einsum("nhwc,ck,nk->nhw", features[layer], weights, target)
        for layer, weights in head.weights.items()
    }


def test_all_heads_at_once_give_the_maps_of_each(scene):
    heads, features, target, _ = scene
    columns = stack(heads, ["a", "b"])
    assert columns["a"].keys == (("hotelling", "all"), ("pattern", "all"))
    for layer, column in columns.items():
        maps = contract(np, features[layer], column.table, target)
        for k, key in enumerate(column.keys):
            own = parts_of(heads[key], features, target)[layer]
            np.testing.assert_allclose(maps[..., k], own, rtol=1e-5, atol=1e-5)


def plainly(maps, masks):
    """The measures, one by one, by the functions that scores are made of."""
    ranking, rows = rank(maps, masks), []
    for endpoint, normalization, threshold in measures():
        if threshold is None:
            rows.append(getattr(ranking, endpoint))
            continue
        if normalization == "per_image":
            found = sweep(maps, masks)
        else:
            scaled = NORMALIZATIONS[normalization].apply(maps, (0.0, 1.0))
            found = count(np.clip(scaled, 0, 1), masks)
        place = np.flatnonzero(found.thresholds == threshold)[0]
        rows.append(getattr(found, endpoint)[:, place])
    return np.stack(rows, axis=1)


def test_every_map_is_measured_as_one_that_is_composed_alone(scene):
    heads, features, target, masks = scene
    columns = stack(heads, ["a", "b"])
    raw = Contracted(
        {
            layer: contract(np, features[layer], c.table, target).astype(np.float32)
            for layer, c in columns.items()
        },
        {"b": features["b"][..., 0].astype(np.float32)},
    )
    grid = Grid(
        ("hotelling", "pattern"),
        ("all", "last"),
        ("receptive_field", "corners"),
        ("none", "each layer", "sum"),
        columns,
        {"cam": "b", "grad_cam last": "b"},
        GEOMETRY,
        (12, 8),
    )
    own, rivals = measure_batch(raw, masks, grid)
    assert own.shape == (3, 2, 2, 2, 3, 20)
    assert rivals.shape == (3, 2, 2, 3, 20)
    for a, alignment in enumerate(grid.alignments):
        for r, rectifier in enumerate(grid.rectifiers):
            for (head, layers), values in (
                (key, own[:, grid.heads.index(key[0]), grid.layers.index(key[1]), a, r])
                for key in grid.keys
            ):
                parts = {
                    layer: raw.columns[layer][
                        ..., columns[layer].keys.index((head, layers))
                    ]
                    for layer in heads[head, layers].weights
                }
                process = "relu" if rectifier == "each layer" else "none"
                whole = compose(parts, GEOMETRY, (12, 8), (process, alignment, "sum"))
                whole = np.maximum(whole, 0) if rectifier == "sum" else whole
                np.testing.assert_allclose(values, plainly(whole, masks), atol=1e-6)
        drawn = compose(
            {"b": raw.grad_cam["b"]}, GEOMETRY, (12, 8), ("relu", alignment, "sum")
        )
        np.testing.assert_allclose(rivals[:, 1, a, 2], plainly(drawn, masks), atol=1e-6)


def test_ranked_endpoints_do_not_depend_on_the_scale_of_a_map(scene):
    masks = scene[-1]
    maps = np.random.default_rng(5).normal(size=masks.shape).astype(np.float32)
    ranked = [k for k, row in enumerate(measures()) if row[0] not in MARKED]
    found = measure(maps, masks)[:, ranked]
    np.testing.assert_array_equal(measure(maps * 8 - 2, masks)[:, ranked], found)
    assert ScoreOptions().thresholds == tuple(
        dict.fromkeys(
            threshold for *_, threshold in measures() if threshold is not None
        )
    )


def test_only_images_classified_otherwise_are_explained_twice():
    labels, predicted = np.array([1, 1, 0, 1]), np.array([1, 0, 0, 2])
    rows, aims, place = pairs(labels, predicted)
    assert rows.tolist() == [0, 1, 2, 3, 1, 3]
    assert aims.tolist() == [1, 1, 0, 1, 0, 2]
    assert aims[place].tolist() == np.stack([labels, predicted], axis=1).tolist()
    assert (rows[place] == np.arange(4)[:, None]).all()
