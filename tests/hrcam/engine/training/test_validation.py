import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from hrcam.engine.training.batches import Samples
from hrcam.engine.training.validation import judge, mean_auroc

pytestmark = pytest.mark.engine


@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 4), ties=st.booleans())
def test_the_auroc_equals_scikit_learn(seed, classes, ties):
    rng = np.random.default_rng(seed)
    labels = np.r_[np.arange(classes), rng.integers(0, classes, 30)]
    scores = rng.normal(size=(len(labels), classes))
    scores = np.round(scores) if ties else scores
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    if classes == 2:
        expected = metrics.roc_auc_score(labels, chances[:, 1])
    else:
        expected = metrics.roc_auc_score(labels, chances, multi_class="ovr")
    assert mean_auroc(chances, labels) == pytest.approx(expected)


def test_the_auroc_of_one_class_is_undefined():
    assert np.isnan(mean_auroc(np.full((3, 2), 0.5), np.array([1, 1, 1])))


@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_accuracy_equal_scikit_learn(network, data, weighted):
    from hrcam.engine.training import predict

    images, labels = (part[:50] for part in data)
    chances = predict(network, images)
    weights = np.array([0.5, 2.0], np.float32) if weighted else None
    found = judge(network, Samples(images, labels, 2), weights)
    share = weights[labels] if weighted else None
    exact = chances.astype(float) / chances.astype(float).sum(axis=1, keepdims=True)
    loss = metrics.log_loss(labels, exact, sample_weight=share)
    assert found["validation_loss"] == pytest.approx(loss, rel=1e-5, abs=1e-6)
    assert found["validation_accuracy"] == (chances.argmax(axis=1) == labels).mean()


def test_a_certain_error_has_a_finite_loss():
    """Logits of 0 and 255 from white pixels: a softmax of exactly 0 and 1."""
    image = keras.Input((4, 6, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(image)
    chances = keras.layers.Dense(2, "softmax", kernel_initializer="zeros")(pooled)
    model = keras.Model(image, chances)
    model.layers[-1].set_weights([np.float32([[1, 0]]), np.zeros(2, np.float32)])
    white = Samples(np.full((5, 4, 6), 255.0), np.ones(5, int), 2)
    found = judge(model, white, None)
    assert found["validation_loss"] == pytest.approx(-np.log(1e-7))
    assert found["validation_accuracy"] == 0
