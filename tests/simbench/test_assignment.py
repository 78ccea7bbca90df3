from collections import Counter

import pytest

from simbench.assignment import assign


def test_splits_classes_lesions_and_signs_have_exact_counts(tiny):
    cases = [assign(tiny, i) for i in range(tiny.images)]
    assert Counter((c.split, c.label) for c in cases) == {
        ("train", 0): 12,
        ("train", 1): 12,
        ("validation", 0): 4,
        ("validation", 1): 4,
        ("test", 0): 6,
        ("test", 1): 6,
    }
    lesions = Counter((c.split, c.lesion) for c in cases if c.label)
    assert set(lesions.values()) == {6, 2, 3}
    assert lesions["train", "focal"] == lesions["train", "texture_swap"] == 6
    signs = Counter((c.split, c.lesion, c.sign) for c in cases)
    assert signs["train", "focal", 1] == signs["train", "focal", -1] == 3
    assert all(c.lesion == "none" for c in cases if c.label == 0)
    assert all(c.subject == c.image_id == f"{c.index:06d}" for c in cases)


def test_weights_divide_classes_and_lesions_may_be_joined(tiny_with):
    recipe = tiny_with(
        {
            "splits": {"train": 40, "validation": 0, "test": 0},
            "classes": [
                {"name": "normal", "weight": 3.0},
                {"name": "a", "weight": 1, "lesions": {"focal": 1}},
                {"name": "b", "lesions": {"focal+texture_swap": 1, "focal": 1}},
            ],
        }
    )
    cases = [assign(recipe, i) for i in range(40)]
    assert Counter(c.label for c in cases) == {0: 24, 1: 8, 2: 8}
    both = [c for c in cases if c.lesion == "focal+texture_swap"]
    assert len(both) == 4
    assert both[0].lesion_names == ("focal", "texture_swap")


def test_a_subject_s_images_share_split_class_and_lesion(tiny_with):
    recipe = tiny_with({"images_per_subject": 4})
    cases = [assign(recipe, i) for i in range(recipe.images)]
    groups = {}
    for case in cases:
        groups.setdefault(case.subject, set()).add(
            (case.split, case.label, case.lesion)
        )
    assert len(groups) == recipe.images // 4
    assert all(len(kinds) == 1 for kinds in groups.values())
    assert cases[5].subject == "subject-00001"
    assert Counter(c.split for c in cases) == {
        "train": 24,
        "validation": 8,
        "test": 12,
    }


def test_another_label_can_be_asked_for(tiny):
    normal = next(i for i in range(44) if assign(tiny, i).label == 0)
    case = assign(tiny, normal, label=1)
    assert case.label == 1
    assert case.lesion in ("focal", "texture_swap")
    assert assign(tiny, normal, label=0).lesion == "none"
    kinds = Counter(
        (assign(tiny, i).label, assign(tiny, i, label=1).lesion) for i in range(44)
    )
    assert len(kinds) == 4
    assert set(kinds.values()) == {11}
    assert all(
        assign(tiny, i, assign(tiny, i).label) == assign(tiny, i) for i in range(44)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((44,), "index must be 0 to 43, got 44"),
        ((-1,), "index must be 0 to 43, got -1"),
        ((0, 2), "label must be 0 to 1, got 2"),
    ],
)
def test_what_does_not_exist_is_refused(tiny, arguments, message):
    with pytest.raises(ValueError, match="must be") as error:
        assign(tiny, *arguments)
    assert str(error.value) == message
