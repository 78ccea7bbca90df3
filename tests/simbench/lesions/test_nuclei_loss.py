from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.lesions.nuclei_loss import LESION, NucleiLoss, share_lost
from simbench.scene import effect
from simbench.streams import stream


def placed(parameters, body, index=0, sign=1):
    return LESION.place(parameters, body, stream(0, "lesion", index), sign)


def changed(parameters, place, before):
    return LESION.change(parameters, place, before, stream(0, "lesion_texture", 0))


def loss(**changes):
    return NucleiLoss(kind="nuclei_loss", **changes)


@pytest.fixture
def bars(scene_of):
    """Give a scene with two level bars, 20 by 4 pixels each, of contrast 0.5."""
    scene = scene_of("midbrain")
    structures = {}
    for name, left in (("left", 6), ("right", 46)):
        added = np.zeros((1, 64, 72), np.float32)
        added[0, 30:34, left : left + 20] = 0.5
        structures[name] = added
    body = replace(scene.body, structures=structures)
    return replace(scene, body=body)


def test_both_sides_lose_their_outer_parts(bars):
    parameters = loss(
        area=(0.5, 0.5), contrast=(0.0, 0.0), asymmetry=(0.0, 0.0), edge=1e-3
    )
    left, right = placed(parameters, bars.body)
    assert (left["side"], right["side"]) == (-1, 1)
    after = changed(parameters, left, bars).scene
    lost = bars.intensity - after.intensity
    expected = np.zeros((64, 72))
    expected[30:34, 6:16] = 0.5
    assert lost[0] == pytest.approx(expected, abs=1e-6)
    lost = bars.intensity - changed(parameters, right, bars).scene.intensity
    assert lost[0] == pytest.approx(expected[:, ::-1], abs=1e-6)
    assert (left["y"], left["x"]) == (31.5, 10.5)
    assert (right["y"], right["x"]) == (31.5, 60.5)


def test_the_rest_is_dimmed_by_its_share(bars):
    parameters = loss(
        area=(0.25, 0.25), contrast=(0.4, 0.4), asymmetry=(0.0, 0.0), edge=1e-3
    )
    left, _ = placed(parameters, bars.body)
    lost = bars.intensity - changed(parameters, left, bars).scene.intensity
    assert lost[0, 31, 6:11] == pytest.approx(0.5)
    assert lost[0, 31, 11:26] == pytest.approx(0.2)
    assert np.count_nonzero(lost) == 80


def test_the_border_of_the_loss_is_soft(bars):
    parameters = loss(
        area=(0.5, 0.5), contrast=(0.0, 0.0), asymmetry=(0.0, 0.0), edge=4 / 64
    )
    _, right = placed(parameters, bars.body)
    share = share_lost(parameters, right, (64, 72))[31, 46:66]
    border = right["x"] + right["cut"] - 46
    assert share == pytest.approx(
        np.clip((np.arange(20) - border) / 4 + 0.5, 0, 1), abs=1e-5
    )


def test_outwards_follows_the_line_between_the_nuclei(bars):
    structures = {}
    for name, top in (("left", 44), ("right", 4)):  # upright: left below, right above
        added = np.zeros((1, 64, 72), np.float32)
        added[0, top : top + 16, 30:34] = 0.5
        structures[name] = added
    scene = replace(bars, body=replace(bars.body, structures=structures))
    parameters = loss(area=(0.5, 0.5), contrast=(0.0, 0.0), asymmetry=(0.0, 0.0))
    left, right = placed(parameters, scene.body)
    assert left["angle"] == pytest.approx(-np.pi / 2)
    assert left["y"] == pytest.approx(55.5)
    assert right["y"] == pytest.approx(7.5)


@given(st.integers(0, 2**30), st.sampled_from([-1, 1]))
@settings(max_examples=40, deadline=None)
def test_shares_and_asymmetry_keep_their_limits(scene_of, index, sign):
    parameters, body = loss(), scene_of("midbrain").body
    left, right = placed(parameters, body, index, sign)
    assert left["asymmetry"] == right["asymmetry"]
    assert 0.05 <= sign * left["asymmetry"] <= 0.35
    for place in (left, right):
        assert 0.2 - 1e-9 <= place["area_lost"] <= 0.8 + 1e-9
        assert 0 <= place["contrast_lost"] <= 0.4
    both = left["area_lost"] + right["area_lost"]
    found = (right["area_lost"] - left["area_lost"]) / both
    assert found == pytest.approx(left["asymmetry"])


@given(st.integers(0, 2**30))
@settings(max_examples=25, deadline=None)
def test_the_area_that_is_lost_is_the_share_that_is_drawn(scene_of, index):
    before = scene_of("midbrain", size=(128, 120))
    parameters = loss(contrast=(0.0, 0.0))
    for place in placed(parameters, before.body, index):
        scene = changed(parameters, place, before).scene
        name = "left nigra" if place["side"] < 0 else "right nigra"
        old, new = (s.body.structures[name][0] for s in (before, scene))
        core = old >= old.max() / 2
        lost = (new < old / 2)[core].mean()
        assert lost == pytest.approx(place["area_lost"], abs=0.03)
        gone = (old - new)[core].sum() / old[core].sum()
        assert gone == pytest.approx(place["area_lost"], abs=0.12)


def test_lateral_parts_are_lost_first(scene_of):
    before = scene_of("midbrain", size=(96, 96))
    for index in range(10):
        for place in placed(loss(), before.body, index):
            name = "left nigra" if place["side"] < 0 else "right nigra"
            old = before.body.structures[name][0]
            new = changed(loss(), place, before).scene.body.structures[name][0]
            rows, columns = np.nonzero(old >= old.max() / 2)
            share = (new / np.where(old > 0, old, 1))[rows, columns]
            outwards = place["side"] * columns
            inner = share[outwards <= np.quantile(outwards, 0.15)].mean()
            outer = share[outwards >= np.quantile(outwards, 0.85)].mean()
            assert outer < 0.25
            assert inner > 0.55


def test_it_only_darkens_and_only_the_nigra(scene_of):
    before = scene_of("midbrain")
    for index in range(10):
        scene = before
        for place in placed(loss(), before.body, index):
            change = changed(loss(), place, scene)
            assert (change.mean <= 0).all()
            assert not change.variance.any()
            scene = change.scene
        lost = before.intensity - scene.intensity
        most = sum(before.body.structures.values())
        assert (lost <= most + 1e-6).all()
        assert (scene.intensity <= before.intensity).all()
        assert not lost[most == 0].any()
        assert (scene.strength == before.strength).all()
        assert (scene.texture == before.texture).all()


def test_losses_of_one_side_never_take_more_than_there_was(scene_of):
    before = scene_of("midbrain")
    parameters = loss(area=(0.6, 0.9), contrast=(0.3, 0.4), asymmetry=(0.0, 0.1))
    scene = before
    for index in range(5):
        for place in placed(parameters, before.body, index):
            scene = changed(parameters, place, scene).scene
    most = sum(before.body.structures.values())
    assert (before.intensity - scene.intensity <= most + 1e-6).all()
    left = sum(scene.body.structures.values())
    assert before.intensity - scene.intensity == pytest.approx(most - left, abs=1e-6)


def test_the_mask_of_a_side_lies_on_that_side(scene_of):
    before = scene_of("midbrain", size=(96, 96))
    for place in placed(loss(contrast=(0.0, 0.0)), before.body):
        change = changed(loss(contrast=(0.0, 0.0)), place, before)
        found = effect(change.mean, change.variance)
        mask = found >= found.max() / 2
        label = 8 if place["side"] < 0 else 9
        assert (before.body.tissue[mask] == label).mean() > 0.9
        assert mask[round(place["y"]), :].any()


def test_a_settled_area_is_that_of_both_sides(scene_of):
    settled = loss().model_copy(update={"area": (0.8, 0.8)})
    for index in range(20):
        left, right = placed(settled, scene_of("midbrain").body, index)
        a = left["asymmetry"]
        assert left["area_lost"] == pytest.approx(min(0.8 * (1 - a), 1))
        assert right["area_lost"] == pytest.approx(min(0.8 * (1 + a), 1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"area": (0.2, 1.2), "asymmetry": (0.0, 0.1)},
            r"area must be \[low, high\] of at most 1, got \[0.2, 1.2\]",
        ),
        ({"contrast": (0.0, 2.0)}, "contrast must be .* at most 1, got"),
        ({"area": (0.0, 0.5)}, "greater than 0"),
        (
            {"area": (0.4, 0.6)},
            "asymmetry must be at most 0.2, so that both sides can lose a share of "
            r"0.4 to 0.6, got \[0.05, 0.35\]",
        ),
        ({"edge": 0.0}, "greater than 0"),
    ],
)
def test_impossible_shares_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        loss(**changes)
