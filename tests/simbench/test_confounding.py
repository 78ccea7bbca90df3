import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simbench.assignment import assign
from simbench.confounders.confounder import ConfounderParameters, Correlation
from simbench.confounding import Group, Stratum, chances, count, feasible, present

shares = st.floats(0.02, 0.98)


def entry(prevalence, correlation=0.0, with_class=None):
    return ConfounderParameters(
        kind="any",
        prevalence=prevalence,
        correlation=Correlation(train=correlation),
        with_class=with_class,
    )


def rows(confounders, stratum, groups, seed=0):
    """List each image's confounders, group by group."""
    start, found = 0, []
    for size in groups:
        found.append(
            [
                present(confounders, stratum, Group(start, size, rank), seed)
                for rank in range(size)
            ]
        )
        start += size
    return found


def phi(table):
    (a, b), (c, d) = table
    return (a * d - b * c) / math.sqrt((a + b) * (c + d) * (a + c) * (b + d))


@given(shares, shares, st.floats(-1, 1))
def test_probabilities_give_prevalence_and_phi(prevalence, share, asked):
    low, high = feasible(prevalence, share)
    asked = min(max(asked, low), high)
    absent, having = chances(prevalence, asked, share)
    assert 0 <= absent <= 1
    assert 0 <= having <= 1
    mean = share * having + (1 - share) * absent
    assert mean == pytest.approx(prevalence)
    joint = share * having - share * prevalence
    spread = math.sqrt(prevalence * (1 - prevalence) * share * (1 - share))
    assert joint / spread == pytest.approx(asked, abs=1e-9)


@given(shares, shares)
def test_beyond_the_feasible_range_there_is_no_probability(prevalence, share):
    for end, beyond in zip(feasible(prevalence, share), (-1e-3, 1e-3), strict=True):
        at = [prevalence + s for s in steps(prevalence, share, end)]
        out = [prevalence + s for s in steps(prevalence, share, end + beyond)]
        assert all(-1e-9 <= p <= 1 + 1e-9 for p in at)
        assert not all(0 <= p <= 1 for p in out)


def steps(prevalence, share, correlation):
    spread = correlation * math.sqrt(prevalence * (1 - prevalence))
    odds = (1 - share) / share
    return spread * math.sqrt(odds), -spread / math.sqrt(odds)


def test_numbers_worked_by_hand():
    # p = 0.5, q = 0.2, r = 0.4: 0.5 + 0.4 x 0.5 x 2 = 0.9; 0.5 - 0.4 x 0.5 / 2 = 0.4
    assert chances(0.5, 0.4, 0.2) == pytest.approx((0.4, 0.9))
    assert feasible(0.5, 0.2) == pytest.approx((-0.5, 0.5))
    assert feasible(0.2, 0.5) == pytest.approx((-0.5, 0.5))
    # p = 0.2, q = 0.2: up 0.8, down 0.2: both classes can be told apart wholly
    assert feasible(0.2, 0.2) == pytest.approx((-0.25, 1.0))
    assert feasible(0.5, 0.5) == pytest.approx((-1.0, 1.0))
    assert feasible(0.0, 0.5) == feasible(1.0, 0.5) == feasible(0.3, 1.0) == (0, 0)


@given(
    st.integers(0, 60), st.integers(1, 60), shares, st.floats(-1, 1), st.integers(0, 9)
)
def test_counts_are_exact_and_phi_is_within_their_rounding(
    normal, abnormal, prevalence, asked, seed
):
    sizes = {"normal": normal, "abnormal": abnormal}
    low, high = feasible(prevalence, abnormal / (normal + abnormal))
    asked = min(max(asked, low), high)
    confounders = {"c": entry(prevalence, asked)}
    found = []
    for label, size in enumerate(sizes.values()):
        stratum = Stratum("train", label, sizes)
        (images,) = rows(confounders, stratum, [size], seed)
        having = sum(names == ("c",) for names in images)
        expected = chances(prevalence, asked, abnormal / (normal + abnormal))[label]
        assert abs(having - expected * size) <= 0.5 + 1e-9
        assert having == count(confounders["c"], stratum)
        found.append((expected * size, size))
    assume(all(size > 0 for _, size in found))
    (p0, n0), (p1, n1) = found
    reach = [
        phi([[a, n1 - a], [b, n0 - b]])
        for a, b in itertools.product((p1 - 0.5, p1 + 0.5), (p0 - 0.5, p0 + 0.5))
        if 0 < a < n1 and 0 < b < n0
    ]
    assume(len(reach) == 4)
    counts = [count(confounders["c"], Stratum("train", k, sizes)) for k in (0, 1)]
    got = phi([[counts[1], n1 - counts[1]], [counts[0], n0 - counts[0]]])
    assert min(reach) - 1e-9 <= got <= max(reach) + 1e-9
    assert min(reach) <= asked <= max(reach)


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.lists(shares, min_size=1, max_size=3),
    st.integers(0, 2**63 - 1),
)
def test_every_group_has_its_share_of_every_confounder_and_of_every_pair(
    groups, prevalences, seed
):
    confounders = {f"c{i}": entry(p) for i, p in enumerate(prevalences)}
    size = sum(groups)
    stratum = Stratum("train", 0, {"normal": size})
    found = rows(confounders, stratum, groups, seed)
    total = Counter(name for group in found for names in group for name in names)
    for name, each in confounders.items():
        assert total[name] == count(each, stratum)
        for group in found:
            having = sum(name in names for names in group)
            assert abs(having - total[name] * len(group) / size) < 1
    for one, two in itertools.combinations(confounders, 2):
        both = sum(one in names and two in names for g in found for names in g)
        cells = len(groups) * 2 ** list(confounders).index(two)
        assert abs(both - total[one] * total[two] / size) < cells


def test_confounders_depend_neither_on_one_another_nor_on_lesion_nor_on_sign(
    tiny_with,
):
    letters = {"kind": "letters", "prevalence": 0.5}
    recipe = tiny_with(
        {
            "splits": {"train": 1200, "validation": 0, "test": 0},
            "confounders.a": letters | {"correlation": {"train": 0.8}},
            "confounders.b": letters | {"correlation": {"train": -0.4}},
            "confounders.c": letters,
        }
    )
    cases = [assign(recipe, i) for i in range(recipe.images)]
    count = Counter((c.label, name) for c in cases for name in c.confounders)
    expected = {"a": (60, 540), "b": (420, 180), "c": (300, 300)}
    assert count == {
        (label, name): n[label] for name, n in expected.items() for label in (0, 1)
    }
    for name, (_, having) in expected.items():
        for kind in ("focal", "texture_swap"):
            for sign in (1, -1):
                cell = [c for c in cases if (c.lesion, c.sign) == (kind, sign)]
                assert len(cell) == 150
                found = sum(name in c.confounders for c in cell)
                assert found == pytest.approx(having / 4, abs=1)
    for one, two in itertools.combinations(expected, 2):
        for label in (0, 1):
            own = [c for c in cases if c.label == label]
            both = sum(one in c.confounders and two in c.confounders for c in own)
            share = expected[one][label] * expected[two][label] / 600
            assert both == pytest.approx(share, abs=4)


def test_which_images_have_it_is_random_and_differs_by_name_seed_and_class():
    stratum = Stratum("train", 0, {"a": 400, "b": 400})
    marks = {}
    for name, seed in itertools.product("xy", (1, 2)):
        ((*images,),) = rows({name: entry(0.5)}, stratum, [400], seed)
        marks[name, seed] = np.array([bool(names) for names in images])
        runs = np.count_nonzero(np.diff(marks[name, seed])) + 1
        assert 160 < runs < 240
    for one, two in itertools.combinations(marks.values(), 2):
        assert abs((one == two).mean() - 0.5) < 0.12


def test_images_of_a_subject_have_confounders_of_their_own(tiny_with):
    recipe = tiny_with(
        {
            "images_per_subject": 3,
            "splits": {"train": 240, "validation": 60, "test": 0},
            "confounders.a": {"kind": "letters", "correlation": {"train": 0.5}},
        }
    )
    cases = [assign(recipe, i) for i in range(recipe.images)]
    found = Counter((c.split, c.label) for c in cases if c.confounders)
    assert found == {
        ("train", 0): 30,
        ("train", 1): 90,
        ("validation", 0): 15,
        ("validation", 1): 15,
    }
    subjects = Counter(c.subject for c in cases if c.split == "train" and c.label)
    having = Counter(c.subject for c in cases if c.confounders and c.split == "train")
    mixed = [s for s in subjects if 0 < having[s] < 3]
    assert len(mixed) > 10
    signs = Counter(
        (c.sign, bool(c.confounders))
        for c in cases
        if (c.split, c.label) == ("train", 1)
    )
    assert signs[1, True] == pytest.approx(45, abs=1)


def test_a_class_can_be_named_as_the_positive_one(tiny_with):
    classes = [
        {"name": "normal", "weight": 2},
        {"name": "a", "lesions": {"focal": 1}},
        {"name": "b", "lesions": {"texture_swap": 1}},
    ]
    sizes = {"train": 400, "validation": 40, "test": 0}
    letters = {"kind": "letters", "prevalence": 0.25, "correlation": {"train": 1.0}}
    changes = {"classes": classes, "splits": sizes}
    recipe = tiny_with(changes | {"confounders.c": letters | {"with_class": "b"}})
    found = Counter(
        (c.split, c.label)
        for c in (assign(recipe, i) for i in range(440))
        if c.confounders
    )
    assert found["train", 2] == 100
    assert found["train", 0] == found["train", 1] == 0
    assert found["validation", 2] in (2, 3)
    with pytest.raises(ValueError, match="with_class") as error:
        tiny_with(changes | {"confounders.c": letters | {"with_class": "d"}})
    assert str(error.value) == (
        "tiny.toml: confounders.c.with_class must be one of normal, a, b, got 'd'"
    )


def test_another_label_keeps_the_confounders(tiny_with):
    letters = {"kind": "letters", "correlation": {"train": 0.9}}
    recipe = tiny_with({"confounders.c": letters})
    for index in range(recipe.images):
        case = assign(recipe, index)
        for label in (0, 1):
            assert assign(recipe, index, label).confounders == case.confounders


PROBLEMS = [
    (
        {"prevalence": 0.2, "correlation": {"train": 0.8}},
        "confounders.c.correlation.train must be -0.5 to 0.5 where prevalence is 0.2 "
        "and 0.5 of the images are positive, got 0.8",
    ),
    (
        {"prevalence": 0.3, "correlation": {"test": -0.655}},
        "confounders.c.correlation.test must be -0.654 to 0.654 where prevalence is "
        "0.3 and 0.5 of the images are positive, got -0.655",
    ),
    (
        {"correlation": {"trian": 0.8}},
        "confounders.c.correlation.trian is not a key; did you mean 'train'?",
    ),
    (
        {"correlation": {"train": 1.5}},
        "confounders.c.correlation.train must be <= 1, got 1.5",
    ),
    (
        {"prevalence": 1.2},
        "confounders.c.prevalence must be <= 1, got 1.2",
    ),
    (
        {"color": [0.1, 0.2]},
        "confounders.c.color must hold 1 or 3 numbers, got [0.1, 0.2]",
    ),
    (
        {"color": [0.1, 0.2, 0.3]},
        "confounders.c must have a color of 1 number, as the anatomy has 1 channel, "
        "got [0.1, 0.2, 0.3]",
    ),
]


@pytest.mark.parametrize(("changes", "message"), PROBLEMS)
def test_what_cannot_be_is_refused_with_what_can(tiny_with, changes, message):
    with pytest.raises(ValueError, match="confounders") as error:
        tiny_with({"confounders.c": {"kind": "letters"} | changes})
    assert str(error.value) == f"tiny.toml: {message}"


def test_correlations_at_the_end_of_the_range_are_allowed(tiny_with):
    letters = {"kind": "letters", "prevalence": 0.2}
    for asked in (0.5, -0.5):
        recipe = tiny_with(
            {"confounders.c": letters | {"correlation": {"train": asked}}}
        )
        cases = [assign(recipe, i) for i in range(recipe.images)]
        found = Counter(c.label for c in cases if c.confounders and c.split == "train")
        assert found == {int(asked > 0): 5}  # 0.4 x 12 = 4.8
    for asked in (1.0, -1.0):
        tiny_with({"confounders.c": {"kind": "hair", "correlation": {"train": asked}}})


def test_a_split_of_one_class_or_none_can_have_no_correlation(tiny_with):
    letters = {"kind": "letters", "correlation": {"validation": 0.5}}
    changes = {"splits.validation": 0, "confounders.c": letters}
    assert tiny_with(changes).confounders
    with pytest.raises(ValueError, match="validation must be 0 to 0 where"):
        tiny_with(changes | {"splits.validation": 1})


def test_recipes_with_confounders_survive_their_canonical_text(tiny_with):
    from simbench.recipe import parse

    letters = {"kind": "letters", "correlation": {"train": 0.5}, "with_class": "normal"}
    recipe = tiny_with({"confounders.c": letters, "confounders.h.kind": "hair"})
    assert parse(recipe.toml()) == recipe
    assert parse(recipe.toml()).toml() == recipe.toml()


def test_in_small_sets_no_sign_is_favored(tiny_with):
    """Two images of each lesion, one of either sign: every other place has it."""
    names = ("focal", "texture_swap", "focal+texture_swap", "texture_swap+focal")
    recipe = tiny_with(
        {
            "splits": {"train": 16, "validation": 0, "test": 0},
            "classes": [
                {"name": "normal"},
                {"name": "ill", "lesions": dict.fromkeys(names, 1)},
            ],
            "confounders.c": {"kind": "letters"},
        }
    )
    ill = [case for case in (assign(recipe, i) for i in range(16)) if case.label]
    assert sorted(Counter(c.lesion for c in ill).values()) == [2, 2, 2, 2]
    assert Counter(c.sign for c in ill if c.confounders) == {1: 2, -1: 2}
