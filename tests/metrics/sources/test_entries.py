import pytest

from metrics.analysis.options import ScoreOptions, resolve_reference
from metrics.sources.entries import KEYS, name_entries


def name(**names):
    return name_entries([{"method": "cam", **names}])[0]["name"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({}, "cam"),
        ({"layer": "all"}, "cam"),
        ({"layer": "stage4"}, "cam@stage4"),
        ({"layer": "stage4", "alignment": "receptive_field"}, "cam@stage4"),
        ({"alignment": "half_pixel"}, "cam"),
        ({"architecture": "resnet50", "seed": "1"}, "cam"),
    ],
)
def test_names(names, expected):
    assert name(**names) == expected


def test_only_further_alignments_are_named():
    both = [
        {"method": "cam", "layer": "s4"},
        {"method": "cam", "layer": "s4", "alignment": "receptive_field", "seed": "1"},
        {"method": "cam", "layer": "s4", "alignment": "half_pixel"},
    ]
    names = [entry["name"] for entry in name_entries(both[1:])]
    assert names == ["cam@s4", "cam@s4/half_pixel"]
    with pytest.raises(
        ValueError,
        match=r"^entries must have unique names, got 'cam@s4' 2 times; "
        r"give them another method, layer or alignment$",
    ):
        name_entries(both)


def test_what_is_not_said_is_empty_and_the_label_is_the_name():
    entry = name_entries([{"method": "cam", "layer": "s4"}])[0]
    assert entry == {
        "name": "cam@s4",
        **dict.fromkeys(KEYS, ""),
        "method": "cam",
        "layer": "s4",
        "label": "cam@s4",
        "kind": "external",
    }


def test_a_method_has_a_name():
    with pytest.raises(
        ValueError,
        match=r"^names of a source must hold its method, got {'layer': 'x'}$",
    ):
        name_entries([{"layer": "x"}])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"thresholds": (0.3, 0.505)},
            "thresholds must be multiples of 0.01 in 0..1, got 0.505",
        ),
        (
            {"thresholds": (1.2,)},
            "thresholds must be multiples of 0.01 in 0..1, got 1.2",
        ),
        ({"margin": 0.0}, "margin must lie between 0 and 1, got 0.0"),
        ({"level": 95.0}, "level must lie between 0.5 and 1, got 95.0"),
        (
            {"primary": "sensitivity"},
            "primary must be one of sensitivity_otsu, specificity_otsu, "
            "precision_otsu, dice_otsu, iou_otsu, dice_oracle, iou_oracle, auroc, "
            "average_precision, average_precision_lift, matched_sensitivity, "
            "relevance_rank, top_1_precision, top_5_sensitivity, top_5_dice, "
            "relevance_mass, relevance_mass_lift, relevance_mass_absolute, "
            "pointing_game, pointing_game_15, earth_mover, peak_separation, "
            "saddle_depth, got 'sensitivity'",
        ),
        ({"resamples": 5}, "resamples must be at least 100, got 5"),
    ],
)
def test_options_are_checked(change, expected):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message follows
        ScoreOptions(**change)
    assert str(caught.value) == expected


def test_every_hundredth_is_a_threshold():
    ScoreOptions(thresholds=tuple(k / 100 for k in range(101)))


def test_the_reference_is_hr_cam_or_the_first_unless_said():
    assert resolve_reference(ScoreOptions(), ("cam", "hr_cam")) == "hr_cam"
    assert resolve_reference(ScoreOptions(), ("mine", "cam")) == "mine"
    assert resolve_reference(ScoreOptions(reference="cam"), ("mine", "cam")) == "cam"
    with pytest.raises(
        ValueError,
        match=r"^reference must be a scored entry, got 'camm'; there are mine, cam$",
    ):
        resolve_reference(ScoreOptions(reference="camm"), ("mine", "cam"))
