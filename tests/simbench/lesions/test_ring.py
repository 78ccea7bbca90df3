import numpy as np
import pytest
from scipy import ndimage

from simbench.geometry.regions import softness
from simbench.lesions.focal import LESION as FOCAL
from simbench.lesions.ring import LESION, pattern
from simbench.streams import stream

WAVES = [(m, part) for m in (2, 3, 4, 5) for part in ("cos", "sin")]
SHAPE = {"radius": (0.15, 0.15), "elongation": 1.0, "irregularity": 0.0, "edge": 0.1}


def placed(parameters, body, index=0):
    return LESION.place(parameters, body, stream(0, "lesion", index), 1)[0]


def test_a_solid_ring_is_a_focal_lesion(example, scene_of):
    before = scene_of()
    solid = example("lesions", "ring", necrosis=(0.0, 0.0), edema=(0.0, 0.0))
    focal = example("lesions", "focal", shape=solid.shape.model_dump())
    for index in range(5):
        place = placed(solid, before.body, index)
        one, other = (
            lesion.change(table, place, before, stream(0, "lesion_texture", 0))
            for lesion, table in ((LESION, solid), (FOCAL, focal))
        )
        assert (one.scene.intensity == other.scene.intensity).all()
        assert (one.mean == other.mean).all()


@pytest.mark.parametrize(("necrosis", "edema"), [(1.0, 0.0), (1.4, -0.3), (0.5, 0.25)])
def test_rim_core_and_halo_have_their_levels(necrosis, edema, example, scene_of):
    parameters = example(
        "lesions",
        "ring",
        shape=SHAPE,
        core=(0.5, 0.5),
        necrosis=(necrosis, necrosis),
        edema=(edema, edema),
        spread=2.0,
    )
    place = placed(parameters, scene_of(size=(128, 140)).body)
    place |= {"y": 64.0, "x": 70.0, "core_y": 64.0, "core_x": 70.0}
    drawn = pattern(parameters, place, (128, 140))
    radius = 0.15 * 128
    assert drawn[64, 70] == pytest.approx(1 - necrosis, abs=1e-6)
    for share, expected in ((0.75, 1.0), (1.2, edema), (2.8, 0.0)):
        x = 70 + round(share * radius)
        assert drawn[64, x] == pytest.approx(expected, abs=1e-6)


def test_the_halo_adds_only_what_lies_beyond_the_rim(example, scene_of):
    parameters = example("lesions", "ring", edema=(0.5, 0.5), necrosis=(0.0, 0.0))
    for index in range(5):
        place = placed(parameters, scene_of().body, index)
        drawn = pattern(parameters, place, (64, 72))
        without = pattern(parameters, place | {"edema": 0.0}, (64, 72))
        assert drawn.max() == pytest.approx(1, abs=1e-6)
        assert (
            (drawn >= without) & (drawn <= np.maximum(without, 0.5 + without / 2))
        ).all()
        assert (drawn > 0).sum() > 1.5 * (without > 0).sum()


def test_the_core_lies_within_the_rim(example, scene_of):
    """A closed ring: the core never breaks through, and differs from the outline."""
    shape = {"radius": (0.12, 0.12), "edge": 0.15}
    parameters = example(
        "lesions",
        "ring",
        shape=shape,
        core=(0.6, 0.6),
        necrosis=(1.0, 1.0),
        edema=(0.0, 0.0),
    )
    closed, centers = 0, []
    for index in range(40):
        place = placed(parameters, scene_of(size=(160, 144)).body, index)
        rim = pattern(parameters, place, (160, 144)) > 0.5
        hole = ndimage.binary_fill_holes(rim) & ~rim
        closed += hole.any()
        off = place["core_y"] - place["y"], place["core_x"] - place["x"]
        assert np.hypot(*off) <= 0.5 * 0.4 * min(place["height"], place["width"]) + 1e-9
        centers.append(off)
    assert closed >= 38
    assert np.std(centers, 0).min() > 0.3
    assert place["core_wave2_cos"] != place["wave2_cos"]


def test_the_core_has_a_center_and_waves_of_its_own(example, scene_of):
    parameters = example("lesions", "ring", edema=(0.0, 0.0), necrosis=(0.8, 0.8))
    place = placed(parameters, scene_of().body, 1)
    core = {f"wave{m}_{part}": place[f"core_wave{m}_{part}"] for m, part in WAVES}
    core |= {"y": place["core_y"], "x": place["core_x"], "angle": place["angle"]}
    core |= {k: place["core"] * place[k] for k in ("height", "width")}
    edge = parameters.shape.edge
    expected = softness(place, (64, 72), edge) - 0.8 * softness(core, (64, 72), edge)
    assert pattern(parameters, place, (64, 72)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("core", [(0.0, 0.5), (0.5, 0.95)])
def test_the_core_is_a_share_of_the_lesion(core, example):
    with pytest.raises(ValueError, match=r"must be \[low, high\] with 0 < low <= high"):
        example("lesions", "ring", core=core)


def test_the_count_s_limits_are_a_range(example):
    with pytest.raises(ValueError, match=r"must be \[fewest, most\] with 1 <= fewest"):
        example("lesions", "ring", count=(0, 1))
