import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from simbench.anatomies import ANATOMIES
from simbench.geometry.crossings import BENDS
from simbench.lesions import focal
from simbench.lesions.fracture import LESION, Fracture, _moves, _profile, _window
from simbench.scene import Scene, effect
from simbench.streams import stream

SIZE = (96, 80)
BONE = {"variation": 0.0, "deformation": 0.0, "rotation": 0.0, "pair": 0.0}


def scene(index=0, size=SIZE, **changes):
    entry = ANATOMIES["bone"]
    parameters = entry.parameters(kind="bone", **changes)
    body = entry.draw(parameters, size, stream(0, "anatomy", index))
    unit = stream(0, "texture", index).normal(*size)
    strength = body.texture * np.float32(0.1)
    return Scene(body, body.intensity, unit, strength, 0.1, 0.7)


def placed(parameters, body, index=0, sign=1):
    return LESION.place(parameters, body, stream(0, "lesion", index), sign)[0]


def changed(parameters, place, before):
    return LESION.change(parameters, place, before, stream(0, "lesion_texture", 0))


def fracture(**changes):
    return Fracture(kind="fracture", **({"amplitude": (0.3, 0.3)} | changes))


def line(**changes):
    """Return a level, straight fracture at (40, 40)."""
    place = {"y": 40.0, "x": 40.0, "angle": 0.0, "tilt": 0.0, "length": 20.0}
    place |= {"width": 1.0, "step": 0.0, "amplitude": -0.3} | dict.fromkeys(BENDS, 0.0)
    return place | changes


def test_the_line_is_a_dark_gaussian_across_bone():
    before = scene(1, **BONE)
    bone = replace(before.body, home=np.ones(SIZE, bool))
    before = replace(before, body=bone)
    change = changed(fracture(), line(width=1.5), before)
    found = (change.scene.intensity - before.intensity)[0]
    expected = -0.3 * np.exp(-((np.arange(96) - 40.0) ** 2) / (2 * 1.5**2))
    expected[np.abs(np.arange(96) - 40) > 7.5] = 0
    for column in (31, 40, 49):
        assert found[:, column] == pytest.approx(expected, abs=1e-6)
    assert not found[:, :29].any()
    assert not found[:, 52:].any()
    assert (change.scene.strength == before.strength).all()
    assert not change.variance.any()


def test_a_line_without_a_step_changes_bone_alone():
    for index in range(15):
        before = scene(index)
        parameters = fracture(step=(0.0, 0.0))
        place = placed(parameters, before.body, index)
        change = changed(parameters, place, before)
        found = (change.scene.intensity - before.intensity)[0]
        assert not found[~before.body.home].any()
        assert (found <= 0).all()
        assert found.min() < -0.2
        assert change.scene.body is before.body


def test_the_profile_is_as_wide_on_slopes():
    place = line(angle=0.0, length=32.0)
    slope = {name: 0.75 * (i + 1) * 2 for i, name in enumerate(BENDS)}
    parameters = fracture()
    near = _window(parameters, place | slope, (128, 128))
    profile = _profile(place | slope, near)
    steep = near.slope == 0.75
    straight = np.abs(near.beyond) * 0.8  # the cosine of the slope's angle
    assert profile[steep] == pytest.approx(
        np.where(straight <= 5, np.exp(-(straight**2) / 2), 0)[steep], abs=1e-5
    )


def test_it_crosses_the_shaft():
    found = []
    for index in range(40):
        before = scene(index, size=(160, 80), **BONE)
        place = placed(fracture(tilt=0.0), before.body, index)
        away = abs(place["y"] - (before.body.factors["joint"] * 40 + 79.5))
        if away > 36 and 12 < place["y"] < 148:  # not in the flaring end
            found.append(place)
            tilt = np.sin(place["angle"])
            assert abs(tilt) < 0.2  # bones are bowed
            assert place["length"] == pytest.approx(2 * 0.27 * 40, abs=2)
            bow = 0.03 * before.body.factors["bow"] * ((place["y"] - 79.5) / 40) ** 2
            middle = 39.5 + 40 * (0.08 * before.body.factors["shift"] + bow)
            assert place["x"] == pytest.approx(middle, abs=1.5)
    assert len(found) >= 8


def test_tilts_vary_as_asked():
    before = scene(1, size=(160, 80), **BONE)
    tilts = [placed(fracture(tilt=0.2), before.body, i)["tilt"] for i in range(200)]
    assert np.std(tilts) == pytest.approx(0.2, abs=0.03)


def test_the_far_side_shows_what_lay_a_step_away():
    scenes = (scene(index, **BONE) for index in range(20))  # a shaft at the line:
    before = next(s for s in scenes if abs(s.body.factors["joint"]) > 0.9)
    parameters = fracture(fade=0.5)
    body = replace(before.body, home=np.zeros(SIZE, bool))  # no line
    moved = before.body.redraw
    body = replace(body, redraw=lambda d, r: replace(moved(d, r), home=body.home))
    before = replace(before, body=body)
    place = line(y=40.3, x=39.5, length=40.0, step=3.0)
    after = changed(parameters, place, before).scene.intensity[0]
    old = before.intensity[0]
    assert (after[:41] == old[:41]).all()  # the near side: y below the line's
    row = 41
    assert after[row, 25:55] == pytest.approx(old[row, 22:52], abs=0.02)
    assert np.abs(after[row, 25:55] - old[row, 25:55]).max() > 0.1
    back = changed(parameters, place | {"step": -3.0}, before).scene.intensity[0]
    assert back[row, 25:55] == pytest.approx(old[row, 28:58], abs=0.02)


def test_a_step_down_the_frame_goes_down():
    """Cross a level bone: the line runs downwards, its far side is on the left."""
    scenes = (scene(index, (80, 96), **BONE) for index in range(20))
    before = next(s for s in scenes if abs(s.body.factors["joint"]) > 0.9)
    place = line(y=39.5, x=40.3, angle=np.pi / 2, length=40.0, step=3.0, amplitude=0.0)
    after = changed(fracture(fade=0.5), place, before).scene.intensity[0]
    old = before.intensity[0]
    assert after[25:55, 40] == pytest.approx(old[22:52, 40], abs=0.02)
    assert np.abs(after[25:55, 40] - old[25:55, 40]).max() > 0.1
    assert (after[:, 41:] == old[:, 41:]).all()


@given(
    st.floats(0, 2 * np.pi),
    st.floats(-0.8, 0.8),
    st.floats(-6, 6),
    st.floats(2, 60),
    st.floats(0.05, 0.6),
)
@settings(deadline=None, max_examples=60)
def test_nothing_folds_and_nothing_moves_farther_than_a_step(
    angle, tilt, step, length, fade
):
    parameters = fracture(fade=fade)
    place = line(angle=angle, tilt=tilt, step=step, length=length)
    near = _window(parameters, place, SIZE)
    moves = _moves(parameters, place, near, SIZE)
    assert np.abs(moves).max() <= abs(step) + 1e-5
    sine, cosine = np.sin(angle), np.cos(angle)
    y = np.arange(SIZE[0])[:, None] - sine * moves
    x = np.arange(SIZE[1])[None] - cosine * moves
    smooth = np.zeros(SIZE, bool)  # both neighbors on the far side, off the break
    smooth[near.rows, near.columns] = near.beyond > 2
    ground = (
        np.diff(y, axis=0)[:, :-1] * np.diff(x, axis=1)[:-1]
        - np.diff(y, axis=1)[:-1] * np.diff(x, axis=0)[:, :-1]
    )
    assert (ground[smooth[:-1, :-1]] > 0.05).all()
    outside = np.ones(SIZE, bool)
    outside[near.rows, near.columns] = False
    assert not moves[outside].any()


def test_displacement_fades_out_away_from_the_line_and_beside_the_bone():
    parameters = fracture(fade=0.25)  # 20 pixels
    place = line(step=2.0)
    near = _window(parameters, place, SIZE)
    moves = _moves(parameters, place, near, SIZE)
    assert not moves[:41].any()
    assert moves[41, 40] == pytest.approx(2.0, abs=0.05)
    down = moves[41:, 40]
    assert (np.diff(down) <= 1e-6).all()
    assert down[9] == pytest.approx(1.0, abs=0.05)  # half way
    assert not moves[60:].any()
    assert moves[41, 28:53] == pytest.approx(moves[41, 40])
    assert moves[41, 40 + 12] > moves[41, 40 + 15] > moves[41, 40 + 17] >= 0
    assert not moves[:, 40 + 18 :].any()


def test_what_earlier_lesions_added_stays():
    before = scene(2)
    spot = focal.Focal(kind="focal", amplitude=(0.2, 0.2))
    spots = focal.LESION.place(spot, before.body, stream(0, "lesion", 5), 1)
    with_spot = focal.LESION.change(
        spot, spots[0], before, stream(0, "lesion_texture", 0)
    ).scene
    parameters = fracture(step=(0.02, 0.02))
    place = placed(parameters, before.body, 3)
    alone = changed(parameters, place, before).scene
    both = changed(parameters, place, with_spot).scene
    added = with_spot.intensity - before.intensity
    assert both.intensity == pytest.approx(alone.intensity + added, abs=1e-6)
    assert both.texture is with_spot.texture


def test_a_second_fracture_keeps_the_first_one_s_step():
    before = scene(3)
    parameters = fracture(step=(0.02, 0.025))
    first = changed(parameters, placed(parameters, before.body, 1), before).scene
    still = placed(parameters, before.body, 2) | {"step": 1e-6}
    second = changed(parameters, still, first)
    away = np.abs(second.mean) < 1e-4
    assert second.scene.body.intensity == pytest.approx(first.body.intensity, abs=1e-3)
    assert away.mean() > 0.8


def test_the_step_moves_the_texture_s_strength_but_not_the_texture():
    before = scene(4)
    parameters = fracture(step=(0.025, 0.025))
    place = placed(parameters, before.body, 4)
    change = changed(parameters, place, before)
    after = change.scene
    assert after.texture is before.texture
    expected = before.contrast * (after.body.texture - before.body.texture)
    assert after.strength - before.strength == pytest.approx(expected, abs=1e-6)
    assert change.variance.max() > 0
    assert (after.strength >= -1e-6).all()


def test_beyond_its_reach_no_bit_changes():
    for index in range(10):
        before = scene(index)
        parameters = fracture(step=(0.02, 0.025))
        place = placed(parameters, before.body, index)
        change = changed(parameters, place, before)
        near = _window(parameters, place, SIZE)
        outside = np.ones(SIZE, bool)
        outside[near.rows, near.columns] = False
        for name in ("intensity", "strength"):
            old, new = getattr(before, name), getattr(change.scene, name)
            assert (old[:, outside] == new[:, outside]).all()
        blurred = ndimage.binary_erosion(outside, iterations=4, border_value=1)
        assert not effect(change.mean, change.variance)[blurred].any()


@pytest.mark.parametrize(
    ("sign", "expected"), [("negative", {-1}), ("positive", {1}), ("coin", {-1, 1})]
)
def test_lines_are_dark_unless_asked(sign, expected):
    body = scene(0).body
    places = [placed(fracture(sign=sign), body, i) for i in range(12)]
    assert {float(np.sign(place["amplitude"])) for place in places} == expected
    assert fracture().sign == "negative"


def test_steps_go_either_way_and_either_side_moves():
    body = scene(0).body
    places = [placed(fracture(step=(0.01, 0.02)), body, i) for i in range(60)]
    steps = np.array([place["step"] for place in places])
    assert 0.3 < (steps > 0).mean() < 0.7
    assert ((np.abs(steps) >= 0.8) & (np.abs(steps) <= 1.6)).all()
    facing = [np.cos(place["angle"] - place["tilt"]) > 0 for place in places]
    assert 0.3 < np.mean(facing) < 0.7


@given(st.integers(0, 2**30), st.sampled_from([(16, 16), (20, 48), (70, 31)]))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_every_draw_lies_in_bone_and_is_finite(index, size):
    before = scene(index, size=size)
    parameters = fracture()
    place = placed(parameters, before.body, index)
    assert before.body.home[
        round(place["y"]) - 1 : round(place["y"]) + 2,
        round(place["x"]) - 1 : round(place["x"]) + 2,
    ].any()
    assert place["length"] <= 0.6 * min(size)
    change = changed(parameters, place, before)
    assert np.isfinite(change.scene.object()).all()
    assert effect(change.mean, change.variance).max() > 0


def test_a_detectability_is_of_the_line_alone():
    message = (
        "step must be [0.0, 0.0] where d_prime is given, which scales the line alone, "
        "got [0.0, 0.025]"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        fracture(amplitude=None, d_prime=(3.0, 3.0))
    place = placed(
        fracture(amplitude=None, d_prime=(3.0, 3.0), step=(0.0, 0.0)), scene().body
    )
    assert place["amplitude"] == -1
    assert place["d_prime"] == 3
