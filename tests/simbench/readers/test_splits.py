"""Splits by subject: grouped, of the asked size, independent of order and company."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.readers.splits import Division, divide

SHARES = st.floats(0.0, 0.3)
SEEDS = st.integers(0, 9)


@st.composite
def people(draw):
    """Draw whose each image is: 6 to 20 subjects of 1 to 4 images."""
    names = draw(st.lists(st.integers(0, 99), min_size=6, max_size=20, unique=True))
    counts = draw(st.lists(st.integers(1, 4), min_size=20, max_size=20))
    listed = [f"p{n}" for n, k in zip(names, counts, strict=False) for _ in range(k)]
    return draw(st.permutations(listed))


SUBJECTS = people()


@st.composite
def divisions(draw):
    return Division(draw(SHARES), draw(SHARES), draw(SEEDS))


@given(SUBJECTS, divisions())
def test_the_images_of_a_subject_are_in_one_split(subjects, division):
    splits = divide(subjects, [""] * len(subjects), division)
    held = {}
    for subject, split in zip(subjects, splits, strict=True):
        assert held.setdefault(subject, split) == split
    assert "train" in splits
    assert set(splits) <= {"train", "validation", "test"}


@given(SUBJECTS, divisions(), st.randoms())
def test_neither_order_nor_repetition_of_the_listing_matters(
    subjects, division, chance
):
    none = [""] * len(subjects)
    before = dict(zip(subjects, divide(subjects, none, division), strict=True))
    others = list(subjects)
    chance.shuffle(others)
    after = dict(zip(others, divide(others, none, division), strict=True))
    assert before == after


@given(SUBJECTS, divisions())
def test_sizes_are_as_near_as_whole_subjects_allow(subjects, division):
    splits = Counter(divide(subjects, [""] * len(subjects), division))
    largest = max(Counter(subjects).values())
    for name in ("validation", "test"):
        share = getattr(division, name)
        assert abs(splits[name] - share * len(subjects)) <= largest
        assert (splits[name] > 0) == (share > 0)


@given(st.integers(3, 40), st.integers(1, 5), st.integers(0, 5), SEEDS)
def test_numbers_of_images_are_exact_where_each_has_its_subject(n, test, valid, seed):
    count = n + test + valid
    subjects = [f"s{k}" for k in range(count)]
    splits = divide(subjects, [""] * count, Division(valid, test, seed))
    assert Counter(splits) == Counter(
        {
            name: k
            for name, k in zip(
                ("train", "validation", "test"), (n, valid, test), strict=True
            )
            if k
        }
    )


@given(SUBJECTS, SEEDS)
def test_published_splits_are_kept(subjects, seed):
    names = sorted(set(subjects))
    words = {s: ("train", "validation", "test")[k % 3] for k, s in enumerate(names)}
    published = [words[s] for s in subjects]
    assert divide(subjects, published, Division(seed=seed)) == published


@given(SUBJECTS, SEEDS)
def test_a_split_that_is_not_published_comes_out_of_the_training(subjects, seed):
    names = sorted(set(subjects))
    words = {s: "test" if k < 2 else "train" for k, s in enumerate(names)}
    published = [words[s] for s in subjects]
    splits = divide(subjects, published, Division(validation=0.25, seed=seed))
    pairs = set(zip(published, splits, strict=True))
    assert pairs == {("test", "test"), ("train", "train"), ("train", "validation")}


def test_the_same_seed_draws_the_same_and_others_differ():
    subjects = [f"s{k}" for k in range(200)]
    draws = [divide(subjects, [""] * 200, Division(0.1, 0.2, k)) for k in (0, 0, 1, 2)]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2] != draws[3]


def test_the_draw_is_pinned():
    """Recorded with this module's first version: datasets must stay what they are."""
    subjects = [f"s{k}" for k in range(12)]
    found = divide(subjects, [""] * 12, Division(2, 3, seed=5))
    places = {n: [k for k, s in enumerate(found) if s == n] for n in set(found)}
    assert places["test"] == PINNED["test"]
    assert places["validation"] == PINNED["validation"]


PINNED = {"test": [0, 5, 6], "validation": [1, 2]}


def test_every_subject_is_equally_likely_to_be_drawn():
    subjects = [f"s{k}" for k in range(20)]
    times = np.zeros(20)
    for seed in range(400):
        splits = divide(subjects, [""] * 20, Division(0, 5, seed))
        times += [split == "test" for split in splits]
    assert times.sum() == 2000
    assert (abs(times - 100) < 5 * np.sqrt(400 * 0.25 * 0.75)).all()


def test_a_subject_in_two_published_splits_is_refused():
    subjects = ["a", "a", "b", "c", "c", "d"]
    published = ["train", "test", "train", "", "test", "validation"]
    with pytest.raises(ValueError, match="splits") as caught:
        divide(subjects, published, Division())
    assert str(caught.value) == (
        "splits must not share a subject, got a in test and train; "
        "c in no split and test"
    )


def test_problems_are_counted():
    subjects = [name for name in "abcdefgh" for _ in range(2)]
    with pytest.raises(ValueError, match=r"; and 3 more \(8 in all\)$"):
        divide(subjects, ["train", "test"] * 8, Division())


def test_a_published_split_is_not_drawn():
    with pytest.raises(ValueError, match="test must") as caught:
        divide(["a", "b"], ["train", "test"], Division(test=0.5))
    assert str(caught.value) == "test must be left out where it is published, got 0.5"


def test_nothing_to_train_on_is_refused():
    with pytest.raises(ValueError, match="splits must leave") as caught:
        divide(["a", "b"], ["", ""], Division(validation=1, test=1))
    assert str(caught.value) == (
        "splits must leave images to train on, got none of 2 images of 2 subjects; "
        "draw fewer"
    )


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan"), float("inf")])
def test_sizes_are_shares_or_whole_numbers(value):
    with pytest.raises(ValueError, match="test must be a share") as caught:
        Division(test=value)
    assert str(caught.value) == (
        f"test must be a share below 1 or a whole number of images, got {value}"
    )
