"""Which rows a comparison has."""

import re

import pytest

from hrcam.entries import EVERYTHING, Entry, check, head_key, plan, refusal
from hrcam.fusion import FUSIONS
from hrcam.methods import METHODS

TAPS = ("stage1", "stage2", "stage3")
#: All that is known of a classifier of one's own on images of one's own.
OWN = EVERYTHING - {"truth"}


def planned(methods, taps, layers="default", known=EVERYTHING, fusions=()):
    return plan(methods, taps, layers, known, fusions)


def names(*arguments, **options):
    return [entry.name for entry in planned(*arguments, **options)]


def refused(message, call, *arguments):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call(*arguments)


def test_the_paper_s_three_methods():
    """Grad-CAM at the layer before the last, as in the paper, and at the last."""
    assert names(["cam", "grad_cam", "hr_cam"], TAPS) == [
        "cam@stage3",
        "grad_cam@stage2",
        "grad_cam@stage3",
        "hr_cam",
    ]


def test_all_methods_in_the_table_s_order():
    found = planned(["all"], TAPS)
    assert list(dict.fromkeys(entry.method.name for entry in found)) == list(METHODS)
    assert names(["all"], TAPS)[-4:] == [
        "ceiling@stage1",
        "ceiling@stage2",
        "ceiling@stage3",
        "effect",
    ]


def test_every_method_at_every_layer():
    found = names(["all"], TAPS, "all")
    assert set(names(["all"], TAPS)) < set(found)
    for method in ("hr_cam", "hr_cam_convex", "hr_cam_centroid", "hr_cam_paper"):
        assert {f"{method}@{tap}" for tap in TAPS} | {method} <= set(found)
    assert {f"grad_cam@{tap}" for tap in TAPS} <= set(found)
    # The network has one head, on its last layer.
    assert [name for name in found if name.startswith("cam@")] == ["cam@stage3"]
    assert "intensity" in found
    assert len(found) == len(set(found))


@pytest.mark.parametrize("fusions", [(), ("all",), tuple(FUSIONS)], ids=len)
@pytest.mark.parametrize("layers", ["default", "all"])
def test_entries_have_unique_names_and_labels(layers, fusions):
    found = planned(["all"], TAPS, layers, fusions=fusions)
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
    found = {entry.name: entry.heads for entry in planned(["all"], TAPS, "all")}
    assert found["hr_cam"] == {"hotelling": "hotelling@all"}
    assert found["hr_cam_pattern"] == {"pattern": "pattern@all"}
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


def test_head_keys_of_a_variant_of_the_network():
    assert head_key("pattern", TAPS, TAPS, "doubled") == "pattern@all/doubled"
    assert head_key("base", TAPS[-1:], TAPS, "doubled") == "base"
    for entry in planned(["all"], TAPS, "all"):
        ending = f"/{entry.method.network}" if entry.method.network else ""
        for head, key in entry.heads.items():
            assert key.startswith(head)
            assert key.endswith(ending)
            assert ("/" in key) == bool(ending)


# Places


def test_a_method_at_a_layer_at_each_and_fused():
    assert names(["grad_cam@stage1"], TAPS) == ["grad_cam@stage1"]
    assert names(["grad_cam@each"], TAPS) == [f"grad_cam@{tap}" for tap in TAPS]
    assert names(["grad_cam@last", "cam@last"], TAPS) == [
        "grad_cam@stage3",
        "cam@stage3",
    ]
    assert names(["grad_cam@before_last"], TAPS) == ["grad_cam@stage2"]
    assert names(["hr_cam@all", "hr_cam@stage2"], TAPS) == ["hr_cam", "hr_cam@stage2"]
    for fusion in FUSIONS:
        (entry,) = planned([f"grad_cam@all-{fusion}"], TAPS)
        assert (entry.layers, entry.fusion) == (TAPS, fusion)
        assert entry.name == f"grad_cam@all-{fusion}"
        assert entry.layer == f"all-{fusion}"
        assert entry.label == f"Grad-CAM, all-{fusion}"


def test_layer_cam_is_shown_at_the_last_layer_and_as_published():
    assert names(["layer_cam"], TAPS) == ["layer_cam@stage3", "layer_cam@all-tanh_max"]


def test_what_is_named_twice_is_planned_once():
    asked = ["grad_cam", "grad_cam@stage3", "grad_cam@each", "layer_cam@all-tanh_max"]
    found = names([*asked, "layer_cam"], TAPS)
    assert found == [
        "grad_cam@stage2",
        "grad_cam@stage3",
        "grad_cam@stage1",
        "layer_cam@all-tanh_max",
        "layer_cam@stage3",
    ]


def test_fusions_of_every_method():
    found = names(["grad_cam", "cam", "sobel"], TAPS, fusions=["all"])
    assert found == [
        "grad_cam@stage2",
        "grad_cam@stage3",
        *(f"grad_cam@all-{f}" for f in ("mean", "max", "tanh_max", "product")),
        "cam@stage3",
        "sobel",
    ]
    assert "hr_cam@all-sum" in names(["hr_cam"], TAPS, fusions=["sum"])
    assert not [n for n in names(["all"], TAPS, "all") if "all-" in n][1:]


def test_members_are_what_is_run():
    (single,) = planned(["hr_cam"], TAPS)
    assert single.members == (single,)
    (fused,) = planned(["hr_cam@all-max"], TAPS)
    assert fused.heads == {}
    assert [m.layers for m in fused.members] == [(tap,) for tap in TAPS]
    assert [m.heads for m in fused.members] == [
        {"hotelling": f"hotelling@{tap}"} for tap in TAPS
    ]
    assert not any(m.fusion for m in fused.members)
    assert [m.name for m in fused.members] == [f"hr_cam@{tap}" for tap in TAPS]


def test_one_layer_may_be_fused_with_itself():
    (fused,) = planned(["grad_cam@all-max"], ("only",))
    assert fused.name == "grad_cam@all-max"
    assert [m.name for m in fused.members] == ["grad_cam@only"]


def test_a_layer_goes_before_the_word_of_its_name():
    taps = ("last", "each", "final")
    assert names(["grad_cam@last", "grad_cam@each"], taps) == [
        "grad_cam@last",
        "grad_cam@each",
    ]
    assert names(["grad_cam"], taps) == ["grad_cam@each", "grad_cam@final"]


@pytest.mark.parametrize("tap", ["image", "all", "all-max"])
def test_a_layer_must_not_be_named_like_a_row(tap):
    refused(
        f"tapped layers must not be named image, all or all-FUSION, got {tap!r}; "
        "rename the layer",
        planned,
        ["grad_cam"],
        (tap, "deep"),
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            "grad_cam@stage4",
            "layer must be one of stage1, stage2, stage3, got 'stage4'; did you mean "
            "'stage3'?",
        ),
        (
            "grad_cam@zzz",
            "layer must be one of stage1, stage2, stage3, got 'zzz'; or 'each', or "
            "'all-FUSION'",
        ),
        (
            "grad_cam@all",
            "method 'grad_cam' must look at one layer at a time, got 'all'; fuse the "
            "layers, as in grad_cam@all-max",
        ),
        (
            "cam@stage1",
            "method 'cam' must look at the last layer, 'stage3', got 'stage1'; the "
            "network has a head for no other: use hr_cam@stage1",
        ),
        (
            "cam@all-max",
            "method 'cam' must look at the last layer, 'stage3', got 'all-max'; the "
            "network has a head for no other: use hr_cam@all-max",
        ),
        (
            "hr_cam_destrided@stage1",
            "method 'hr_cam_destrided' must look at the last layer, 'stage3', got "
            "'stage1'; the layers before it stay as they are: use hr_cam@stage1",
        ),
        (
            "grad_cam@all-best",
            "fusion must be one of sum, mean, max, tanh_max, product, got 'best'",
        ),
        (
            "grad_cam@all-all",
            "fusion must be one of sum, mean, max, tanh_max, product, got 'all'",
        ),
        (
            "sobel@stage1",
            "method 'sobel' must be named without a place, got 'sobel@stage1'; it "
            "looks at the image",
        ),
        (
            "grad_cam@",
            "method 'grad_cam' must be named without a place, got 'grad_cam@'; name a "
            "layer after the @",
        ),
    ],
)
def test_places_that_a_method_cannot_look_at(asked, message):
    refused(message, planned, [asked], TAPS)


def test_an_unknown_fusion_is_refused():
    refused(
        "fusion must be one of sum, mean, max, tanh_max, product or all, got 'best'",
        planned,
        ["cam"],
        TAPS,
        "default",
        EVERYTHING,
        ["best"],
    )


# What is known


def test_what_needs_the_truth_is_left_out_of_all():
    found = {entry.method.name for entry in plan(["all"], TAPS, known=OWN)}
    assert found == {n for n, m in METHODS.items() if "truth" not in m.needs}


def test_of_nothing_but_features_and_gradients():
    """A network whose library tells no more, without training images."""
    found = {entry.method.name for entry in plan(["all"], TAPS)}
    assert {"grad_cam", "eigen_cam", "sobel", "random"} <= found
    assert not found & {"cam", "hr_cam", "filter_cam", "score_cam", "gradient"}
    assert all(METHODS[n].needs <= {"features", "gradients"} for n in found)


def test_the_standard_methods_need_one_pass_or_are_in_every_report():
    found = {entry.method.name for entry in planned(["standard"], TAPS)}
    assert {"hr_cam", "cam", "grad_cam", "full_grad", "gradient", "effect"} <= found
    slow = {"score_cam", "rise", "guided_backprop", "hr_cam_doubled"}
    assert not found & slow
    beyond = {"calls", "slope:guided", "slope:deconvnet"}
    cheap = {n for n, m in METHODS.items() if not m.needs & beyond and not m.network}
    assert found == cheap | {n for n, m in METHODS.items() if m.kind != "model"}
    assert "hr_cam_untrained" in found
    assert names(["standard", "occlusion"], TAPS)[-1] == "occlusion"


@pytest.mark.parametrize(
    ("name", "word", "what"),
    [
        ("ceiling", "truth", "simulated images with a known effect"),
        (
            "cam",
            "head:base",
            "a network that ends in global average pooling and one dense layer; use "
            "grad_cam, or hr_cam, which fits a head of its own",
        ),
        (
            "hr_cam",
            "heads",
            "labelled training and validation images to fit its head on; give them, or "
            "use a method without a fitted head, such as grad_cam",
        ),
        (
            "rise",
            "calls",
            "a network that can be asked again; use grad_cam or gradient",
        ),
        (
            "gradient",
            "slope:plain",
            "derivatives by the pixels; use a method of feature maps, such as grad_cam",
        ),
        (
            "hr_cam_doubled",
            "network:doubled",
            "a network whose variant 'doubled' can be made",
        ),
    ],
)
def test_what_needs_the_unknown_is_refused_by_name_and_left_out(name, word, what):
    known = EVERYTHING - {word}
    refused(
        f"method {name!r} must have {what}", plan, ["sobel", name], TAPS, "all", known
    )
    found = {entry.method.name for entry in plan(["all"], TAPS, known=known)}
    assert found
    assert name not in found
    assert name in {e.method.name for e in planned(["all"], TAPS)}


def test_what_is_named_beside_a_group_must_be_known_too():
    message = "method 'ceiling' must have simulated images with a known effect"
    refused(message, plan, ["all", "ceiling"], TAPS, "default", OWN)


def test_every_reason_is_told():
    """Every method that something is missing for is refused in words."""
    for name in METHODS:
        words = refusal(METHODS[name], frozenset())
        needs = METHODS[name].needs - {"features", "gradients"}
        assert bool(words) == bool(needs or METHODS[name].network)
        assert not words or words.startswith(f"method {name!r} must have ")
        assert not refusal(METHODS[name], EVERYTHING)


def test_what_can_be_checked_before_the_network_is_there():
    check(
        ["all", "standard", "grad_cam@anywhere", "cam@all-max"], "all", ["all", "sum"]
    )
    refused("layers must be 'default' or 'all', got 'last'", check, ["cam"], "last")
    message = "method must be one of the table, got 'gradcam'; did you mean 'grad_cam'?"
    refused(message, check, ["gradcam@stage1"])


def test_nothing_asked_is_nothing_planned():
    assert plan([], TAPS) == ()


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
