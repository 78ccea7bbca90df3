import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from simbench.geometry.regions import softness
from simbench.lesions.focal import LESION as FOCAL
from simbench.lesions.spiculated import LESION, Spiculated, pattern
from simbench.streams import stream


def placed(parameters, body, index=0):
    return LESION.place(parameters, body, stream(0, "lesion", index), 1)[0]


def lone(length=12.0, width=2.0, angle=0.4, lean=0.0):
    """Return one spicule without a core: it starts 2.8 pixels from the center."""
    place = {"y": 30.25, "x": 40.5, "radius": 8.0, "height": 8.0, "width": 8.0}
    waves = {f"wave{m}_{part}": 0.0 for m in (2, 3, 4, 5) for part in ("cos", "sin")}
    ray = {"angle": angle, "lean": lean, "length": length / 8, "width": width / 8}
    rays = {f"spicule0_{name}": value for name, value in ray.items()}
    return {**place, "angle": 0.0, **waves, "spicules": 1.0, **rays}


def test_without_spicules_it_is_its_core(example, scene_of):
    before = scene_of()
    bare = example("lesions", "spiculated", spicules=(0, 0))
    focal = example("lesions", "focal", shape=bare.shape.model_dump())
    place = placed(bare, before.body)
    one, other = (
        lesion.change(table, place, before, stream(0, "lesion_texture", 0))
        for lesion, table in ((LESION, bare), (FOCAL, focal))
    )
    assert (one.scene.intensity == other.scene.intensity).all()
    assert (one.mean == other.mean).all()


@given(st.floats(3, 20), st.floats(0.2, 3), st.floats(0, 6.3), st.floats(-0.5, 0.5))
@settings(max_examples=60, deadline=None)
def test_spicules_are_those_of_the_slow_reference(length, width, angle, lean):
    place = lone(length, width, angle, lean) | {"height": 12.0, "width": 6.0}
    place |= {"angle": 0.5}
    drawn = pattern(PARAMETERS, place, (60, 80))
    ray = np.indices((60, 80)) - np.array([30.25, 40.5])[:, None, None]
    direction = np.array([np.cos(angle), np.sin(angle)])
    axes = np.array([[np.cos(0.5), np.sin(0.5)], [-np.sin(0.5), np.cos(0.5)]])
    border = 1 / np.linalg.norm(axes @ direction / [12, 6])
    start = 0.35 * border * direction
    heading = np.array([np.cos(angle + lean), np.sin(angle + lean)])
    offset = ray - start[:, None, None]
    along = np.tensordot(heading, offset, 1)
    across = np.linalg.norm(offset - along * heading[:, None, None], axis=0)
    whole = 0.65 * border + length
    scale = width * (1 - along / whole)
    used = np.maximum(scale, 0.5)
    level = scale / used * np.exp(-((across / used) ** 2) / 2)
    level[(along < 0) | (along >= whole) | (across > 3.5 * used)] = 0
    core = softness(place, (60, 80), PARAMETERS.shape.edge)
    assert drawn == pytest.approx(np.maximum(level, core), abs=1e-6)


@pytest.mark.parametrize("width", [0.2, 0.5, 2.0])
def test_a_spicule_s_mass_does_not_hang_on_the_grid(width):
    """A cross-section holds scale x sqrt(2 pi), even when thinner than a pixel."""
    place = lone(length=40.0, width=width, angle=0.0) | {"y": 5.25, "x": 30.5}
    core = softness(place, (70, 61), PARAMETERS.shape.edge)
    drawn = (pattern(PARAMETERS, place, (70, 61)) - core)[20:45].sum(1)
    rows = np.arange(20, 45)
    scale = width * (1 - (rows - 5.25 - 2.8) / 45.2)
    assert drawn == pytest.approx(scale * np.sqrt(2 * np.pi), rel=0.03)


def test_spicules_turn_with_the_lesion(example, scene_of):
    """Angles of core and spicules are measured alike."""
    parameters = example("lesions", "spiculated", shape={"radius": (0.1, 0.1)})
    place = placed(parameters, scene_of(size=(81, 81)).body) | {"y": 40.0, "x": 40.0}
    place |= {"height": 12.0, "width": 6.0}
    turned = {
        k: v + np.pi / 2 if k == "angle" or k.endswith("_angle") else v
        for k, v in place.items()
    }
    one, other = (pattern(parameters, p, (81, 81)) for p in (place, turned))
    assert other == pytest.approx(np.rot90(one), abs=1e-5)


def test_spicules_grow_from_the_core_and_reach_beyond_it(example, scene_of):
    parameters = example("lesions", "spiculated")
    body = scene_of(size=(160, 144)).body
    for index in range(10):
        place = placed(parameters, body, index)
        drawn = pattern(parameters, place, (160, 144))
        assert ndimage.label(drawn > 0.3, np.ones((3, 3)))[1] == 1
        rows, columns = np.nonzero(drawn > 0.1)
        far = np.hypot(rows - place["y"], columns - place["x"])
        assert far.max() > 1.3 * place["radius"]
        assert 6 <= place["spicules"] <= 9
        angles = [place[f"spicule{i}_angle"] for i in range(int(place["spicules"]))]
        gaps = np.diff([*angles, angles[0] + 2 * np.pi])
        assert 0 < gaps.min() <= gaps.max() <= 4 * np.pi / place["spicules"]


def test_the_count_s_limits_are_a_range(example):
    with pytest.raises(ValueError, match=r"must be \[fewest, most\] with 0 <= fewest"):
        example("lesions", "spiculated", spicules=(3, 50))


PARAMETERS = Spiculated(kind="spiculated", amplitude=(0.2, 0.3))
