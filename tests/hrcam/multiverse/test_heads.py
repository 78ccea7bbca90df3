"""Heads at fixed penalties, against the heads that the package fits elsewhere."""

import numpy as np
import pytest

from hrcam.heads import fit_heads
from hrcam.logistic import fit_logistic
from hrcam.pipeline.multiverse.axes import HeadChoice
from hrcam.pipeline.multiverse.heads import fit_linear
from hrcam.pools import Pool
from hrcam.standard import standardize


def pool(images, seed):
    rng = np.random.default_rng(seed)
    labels = np.arange(images) % 3
    features = rng.normal(size=(images, 7)) * np.geomspace(0.1, 10, 7)
    features[:, :3] += np.eye(3)[labels] * 0.5
    return Pool((("a", 4), ("b", 3)), features, labels)


@pytest.fixture(scope="module")
def pools():
    return pool(90, 0), pool(60, 1)


def test_the_best_penalty_gives_the_heads_of_the_package(pools):
    kinds = ("convex", "pattern", "centroid")
    found = fit_linear(*pools, 3, [HeadChoice(kind) for kind in kinds])
    for kind, head in fit_heads(*pools, 3).items():
        assert found[kind].name == kind
        assert found[kind].penalty == pytest.approx(head.penalty, nan_ok=True)
        for layer, weights in head.weights.items():
            np.testing.assert_allclose(found[kind].weights[layer], weights, atol=1e-9)


def test_a_fixed_penalty_gives_the_optimum_there(pools):
    standard = standardize(pools[0])
    weights, _ = fit_logistic(standard.apply(pools[0]), 3, 1.0)
    choice = HeadChoice("convex", penalty=1.0)
    found = fit_linear(*pools, 3, [choice])["convex, penalty 1"]
    stacked = np.concatenate([found.weights["a"], found.weights["b"]])
    np.testing.assert_allclose(stacked, weights * standard.scale[:, None], atol=1e-8)


def test_a_penalty_off_the_path_is_refused(pools):
    with pytest.raises(ValueError, match=r"^penalty must be one of 100, 31\.6228") as e:
        fit_linear(*pools, 3, [HeadChoice("convex", penalty=0.3)])
    assert str(e.value).endswith(", 0.0001, got 0.3")
