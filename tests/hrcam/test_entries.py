"""Which rows a comparison has."""

import re

import pytest

from hrcam.entries import Entry, head_key, plan
from hrcam.methods import METHODS

TAPS = ("stage1", "stage2", "stage3")
TRUTH = frozenset({"truth"})


def names(*arguments, **options):
    return [entry.name for entry in plan(*arguments, **options)]


def test_the_paper_s_three_methods():
    """Grad-CAM at the layer before the last, as in the paper, and at the last."""
    assert names(["cam", "grad_cam", "hr_cam"], TAPS) == [
        "cam@stage3",
        "grad_cam@stage2",
        "grad_cam@stage3",
        "hr_cam",
    ]


def test_all_methods_in_the_table_s_order():
    found = plan(["all"], TAPS, known=TRUTH)
    assert list(dict.fromkeys(entry.method.name for entry in found)) == list(METHODS)
    assert names(["all"], TAPS, known=TRUTH)[-4:] == [
        "ceiling@stage1",
        "ceiling@stage2",
        "ceiling@stage3",
        "effect",
    ]


def test_every_method_at_every_layer():
    found = names(["all"], TAPS, "all", TRUTH)
    assert set(names(["all"], TAPS, known=TRUTH)) < set(found)
    for method in ("hr_cam", "hr_cam_convex", "hr_cam_centroid", "hr_cam_paper"):
        assert {f"{method}@{tap}" for tap in TAPS} | {method} <= set(found)
    assert {f"grad_cam@{tap}" for tap in TAPS} <= set(found)
    # The network has one head, on its last layer.
    assert [name for name in found if name.startswith("cam")] == ["cam@stage3"]
    assert "intensity" in found
    assert len(found) == len(set(found))


@pytest.mark.parametrize("layers", ["default", "all"])
def test_entries_have_unique_names_and_labels(layers):
    found = plan(["all"], TAPS, layers, TRUTH)
    assert len({entry.name for entry in found}) == len(found)
    assert len({entry.label for entry in found}) == len(found)


def test_a_method_named_twice_is_planned_once():
    assert names(["sobel", "cam", "sobel"], TAPS) == ["sobel", "cam@stage3"]


def test_a_network_of_one_layer_has_no_layer_before_the_last():
    assert names(["grad_cam"], ("only",)) == ["grad_cam@only"]


def test_names_layers_and_labels():
    grad_cam, hr_cam, sobel = (
        Entry(METHODS["grad_cam"], ("stage2",)),
        Entry(METHODS["hr_cam"], TAPS),
        Entry(METHODS["sobel"]),
    )
    assert [e.name for e in (grad_cam, hr_cam, sobel)] == [
        "grad_cam@stage2",
        "hr_cam",
        "sobel",
    ]
    assert [e.layer for e in (grad_cam, hr_cam, sobel)] == ["stage2", "all", ""]
    assert [e.label for e in (grad_cam, hr_cam, sobel)] == [
        "Grad-CAM, stage2",
        "HR-CAM",
        "Sobel",
    ]


def test_heads_are_keyed_by_the_layers_they_are_fitted_on():
    found = {entry.name: entry.heads for entry in plan(["all"], TAPS, "all", TRUTH)}
    assert found["hr_cam"] == {"pattern": "pattern@all"}
    assert found["hr_cam_paper@stage2"] == {"paper": "paper@stage2"}
    assert found["cam@stage3"] == {"base": "base"}
    assert found["filter_cam"] == {"filter": "filter"}
    assert found["grad_cam@stage2"] == {}


def test_head_keys():
    assert head_key("pattern", TAPS, TAPS) == "pattern@all"
    assert head_key("convex", ("stage1", "stage3"), TAPS) == "convex@stage1+stage3"
    assert head_key("base", ("stage3",), TAPS) == "base"
    # One layer is all layers where there is one.
    assert head_key("convex", ("only",), ("only",)) == "convex@all"


def test_what_needs_the_truth_is_left_out_of_all():
    found = {entry.method.name for entry in plan(["all"], TAPS)}
    assert found == {n for n, m in METHODS.items() if "truth" not in m.needs}


def test_what_needs_the_truth_is_refused_by_name():
    message = "method 'ceiling' must have simulated images with a known effect"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        plan(["cam", "ceiling"], TAPS)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gradcam", "did you mean 'grad_cam'?"),
        ("hr_cam_convx", "did you mean 'hr_cam_convex'?"),
        ("zzz", "see `hrcam list methods`"),
        ("", "see `hrcam list methods`"),
    ],
)
def test_an_unknown_method_is_told_its_nearest_name(name, hint):
    message = f"method must be one of the table, got {name!r}; {hint}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        plan([name], TAPS)


def test_an_unknown_choice_of_layers_is_refused():
    message = "layers must be 'default' or 'all', got 'last'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        plan(["cam"], TAPS, "last")
