"""Axes and the grid of specifications."""

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.enlargement import ALIGNMENTS
from hrcam.fusion import POSTPROCESSING
from hrcam.heads import PENALTIES
from hrcam.pipeline.fitting import FITTED
from hrcam.pipeline.multiverse.axes import (
    AT_LAYER,
    HEADS,
    LAYER_SETS,
    NORMALIZED,
    RECTIFIERS,
    RIVALS,
    TARGETS,
    Axis,
    layer_sets,
    measures,
)
from hrcam.pipeline.multiverse.plan import cells, digest, thin
from metrics.normalization.table import DEFAULT, NORMALIZATIONS


@pytest.fixture(scope="session")
def everything(make_plan):
    return make_plan(
        head=[head.name for head in HEADS],
        layers=list(LAYER_SETS),
        alignment=list(ALIGNMENTS),
        rectifier=RECTIFIERS,
        target=TARGETS,
    )


def test_the_tables_name_what_the_package_has():
    assert {head.kind for head in HEADS} == set(FITTED)
    assert {head.penalty for head in HEADS} <= {0.0, *PENALTIES}
    assert set(AT_LAYER) == set(RECTIFIERS)
    assert set(AT_LAYER.values()) <= set(POSTPROCESSING)
    assert set(NORMALIZED) <= set(NORMALIZATIONS)
    assert NORMALIZED[0] == DEFAULT
    assert len(set(measures())) == len(measures()) == 20
    assert set(RIVALS.values()) == {-1, -2, -3}


def test_all_readings_of_one_network_are_more_than_two_thousand(everything):
    plan = everything
    assert plan.size == len(set(plan.rows())) == 15 * 6 * 3 * 3 * 2 * 3 > 2000


def test_layer_sets_that_a_network_cannot_tell_apart_stand_once():
    five = layer_sets(["a", "b", "c", "d", "e"])
    assert five == {
        "all": ("a", "b", "c", "d", "e"),
        "last": ("e",),
        "last three": ("c", "d", "e"),
        "without the first": ("b", "c", "d", "e"),
        "without the last": ("a", "b", "c", "d"),
        "last two": ("d", "e"),
    }
    assert layer_sets(["a", "b"]) == {
        "all": ("a", "b"),
        "last": ("b",),
        "without the last": ("a",),
    }


@given(st.integers(1, 4860))
def test_a_thinned_grid_is_a_part_of_the_grid_and_large_enough(everything, least):
    plan, found = everything, thin(everything, least)
    assert found.size == prod(found.shape) >= least
    for axis in found.axes:
        whole = plan.options(axis.name)
        assert axis.options == whole[: len(axis.options)]
        assert len(axis.options) >= min(2, len(whole))
    assert thin(found, least) == found


def test_the_quick_grid_compares_three_heads_on_three_sets_of_layers(everything):
    found = thin(with_two_alignments(everything), 200)
    assert found.size == 216
    assert found.options("head") == ("hotelling", "paper, Adam 0.001 x 60", "pattern")
    assert found.options("layers") == ("all", "last", "last three")
    assert found.options("rectifier") == ("none", "each layer")


def with_two_alignments(plan):
    axes = [
        replace(a, options=a.options[:2]) if a.name == "alignment" else a
        for a in plan.axes
    ]
    return replace(plan, axes=tuple(axes))


@pytest.mark.parametrize("least", [0, 10_000])
def test_more_than_all_or_none_are_refused(everything, least):
    with pytest.raises(ValueError, match="specifications") as caught:
        thin(everything, least)
    assert str(caught.value) == f"specifications must be in 1..4860, got {least}"


def test_the_hash_follows_from_every_option_and_rival(make_plan):
    plan = make_plan()
    assert plan.describe()["sha256"] == digest(plan) == digest(make_plan())
    others = [
        make_plan(training_seed=["1"]),
        make_plan(head=["paper, Adam 0.001 x 60", "hotelling"]),
        replace(plan, rivals=("cam",)),
    ]
    assert len({digest(plan), *map(digest, others)}) == 4


def test_a_cell_is_a_network_trained_once_on_one_dataset(make_plan):
    plan = make_plan(network=["compact", "vgg"], training_seed=["0", "1"])
    assert len(cells(plan)) == 4
    assert cells(plan)[1] == {
        "network": "compact",
        "data_seed": "7",
        "training_seed": "1",
    }


def test_an_axis_has_each_option_once():
    with pytest.raises(ValueError, match="head") as caught:
        Axis("head", "Head", "", ("a", "a"))
    assert str(caught.value) == ("head must have options, each once, got ('a', 'a')")
