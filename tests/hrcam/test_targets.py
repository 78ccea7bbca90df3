import re

import numpy as np
import pytest

from hrcam.pipeline.targets import Target

LABELS = np.array([2, 0, 1, 2, -1])
LOGITS = np.array(
    [[0, 1, -2], [-1, -5, -3], [4, 0, 1], [0, 0, 9], [1, 7, 0]], dtype=float
)
THREE = ("healthy", "nodule", "fibrosis")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, [2, 0, 1, 2, 1]),
        ("true", [2, 0, 1, 2, 1]),
        ("predicted", [1, 0, 0, 2, 1]),
        ("fibrosis", [2, 2, 2, 2, 2]),
        (0, [0, 0, 0, 0, 0]),
        ("1", [1, 1, 1, 1, 1]),
        (np.array([0, 1, 2, 1, 0]), [0, 1, 2, 1, 0]),
        ([0, 1, 2, 1, 0], [0, 1, 2, 1, 0]),
    ],
)
def test_classes_are_those_asked_for(asked, expected):
    assert Target(asked).classes(LABELS, LOGITS, THREE).tolist() == expected


def test_two_classes_are_explained_by_the_pathology():
    labels = np.array([0, 1, 0])
    found = Target().classes(labels, LOGITS[:3, :2], ("healthy", "ill"))
    assert found.tolist() == [1, 1, 1]
    true = Target("true").classes(labels, LOGITS[:3, :2], ("healthy", "ill"))
    assert true.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            "lesion",
            "target must be 'true', 'predicted', or a class: healthy, nodule, "
            "fibrosis (0..2), got 'lesion'",
        ),
        (
            3,
            "target must be 'true', 'predicted', or a class: healthy, nodule, "
            "fibrosis (0..2), got 3",
        ),
        (
            [0, 1],
            "target must be one class per image, 5 whole numbers, got int64 of shape "
            "(2,)",
        ),
        (
            np.array([0.0, 1.0, 0.0, 1.0, 0.0]),
            "target must be one class per image, 5 whole numbers, got float64 of "
            "shape (5,)",
        ),
        ([0, 1, 5, 0, 0], "target must be a class in 0..2, got 5"),
        ([0, 1, -1, 0, 0], "target must be a class in 0..2, got -1"),
    ],
)
def test_refused_targets(asked, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Target(asked).classes(LABELS, LOGITS, THREE)


def test_form_is_checked():
    message = "form must be one of contrast, logit, got 'probability'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Target(form="probability")


@pytest.mark.parametrize(
    ("target", "classes", "words"),
    [
        (
            Target(),
            ("healthy", "ill"),
            "contrast logit: ill minus the mean of the others",
        ),
        (
            Target(),
            THREE,
            "contrast logit: the true class minus the mean of the others",
        ),
        (Target("predicted", "logit"), THREE, "logit: the predicted class"),
        (Target(1, "logit"), THREE, "logit: nodule"),
        (Target([0, 1], "logit"), THREE, "logit: one given class per image"),
    ],
)
def test_words_say_what_is_explained(target, classes, words):
    assert target.describe(classes) == words
