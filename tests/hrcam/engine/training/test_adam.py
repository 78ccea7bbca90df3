"""The paper's head against Adam written out in NumPy."""

import keras
import numpy as np
import pytest
from scipy.special import softmax

from hrcam.engine.training.adam import BATCH, EPOCHS, RATE, fit_paper_head
from hrcam.logistic import log_loss
from hrcam.pools import Pool

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def pool():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 90)
    features = rng.normal(size=(90, 7)) + 2 * np.eye(3, 7)[labels]
    return Pool((("first", 4), ("second", 3)), features, labels)


def plain_adam(pool, classes, seed):
    """Kingma & Ba 2015, algorithm 1, on the mean cross-entropy of each batch."""
    start = keras.initializers.GlorotUniform(seed)((pool.features.shape[1], classes))
    table = np.vstack([np.asarray(start, float), np.zeros(classes)])
    first, second, step = np.zeros_like(table), np.zeros_like(table), 0
    inputs = np.hstack([pool.features, np.ones((len(pool.labels), 1))])
    passes = [np.random.default_rng([seed, k]) for k in range(EPOCHS)]
    order = np.concatenate([rng.permutation(len(inputs)) for rng in passes])
    for begin in range(0, len(order), BATCH):
        rows, step = order[begin : begin + BATCH], step + 1
        error = softmax(inputs[rows] @ table, axis=1)
        error[np.arange(len(rows)), pool.labels[rows]] -= 1
        slope = inputs[rows].T @ error / len(rows)
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        mean, spread = first / (1 - 0.9**step), second / (1 - 0.999**step)
        table = table - RATE * mean / (np.sqrt(spread) + 1e-7)
    return table - table.mean(axis=1, keepdims=True)


def test_the_paper_head_is_adam_on_raw_features(pool):
    head = fit_paper_head(pool, pool, 3, seed=1)
    expected = plain_adam(pool, 3, seed=1)
    found = np.vstack([*head.weights.values(), head.bias])
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert head.path[0][1] == pytest.approx(log_loss(head.logits(pool), pool.labels))


def test_the_paper_head_is_repeatable_and_depends_on_its_seed(pool):
    one, again, two = (fit_paper_head(pool, pool, 3, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.weights["first"], again.weights["first"])
    assert not np.array_equal(one.weights["first"], two.weights["first"])
