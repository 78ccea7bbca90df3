import numpy as np
import pytest
from scipy import ndimage

from simbench.anatomies.bone import ANATOMY, TISSUES, Bone
from simbench.streams import stream

SOFT, CORTEX, CANAL, SPONGIOSA = (TISSUES.index(name) + 1 for name in TISSUES)
STILL = {"deformation": 0.0, "rotation": 0.0, "variation": 0.0, "spread": 0.0}


def draw(size=(128, 96), index=0, **changes):
    parameters = Bone(kind="bone", **changes)
    return ANATOMY.draw(parameters, size, stream(0, "anatomy", index))


def far_row(body, joint_away=1.6):
    """Return a row of a still, upright limb far from the joint, on the single side."""
    factors = body.factors
    height, width = body.tissue.shape
    at = factors["joint"] + factors["flip"] * joint_away
    return round(at * width / 2 + (height - 1) / 2)


def shafts(index):
    """Draw limbs whose shaft is in the frame far from the joint."""
    body = draw((260, 96), index, pair=0.0, **STILL)
    row = far_row(body)
    return (body, row) if 0 <= row < 260 else None


SHAFTS = [index for index in range(8) if shafts(index) is not None]


def test_shafts_are_in_the_frame_often_enough():
    assert len(SHAFTS) >= 4


@pytest.mark.parametrize("index", SHAFTS)
def test_a_shaft_is_attenuation_along_parallel_rays(index):
    """Check one row against the formula, with the parameters' defaults."""
    body, row = shafts(index)
    bone = Bone(kind="bone")
    along = (row - (260 - 1) / 2) / 48
    x = (np.arange(96) - 95 / 2) / 48
    factors = body.factors
    c = x - 0.08 * factors["shift"] - 0.03 * factors["bow"] * along**2

    def chord(radius):
        return np.sqrt(np.maximum(radius**2 - c**2, 0))

    limb = 2.7 * bone.width
    fat = max(1 - 0.16 * np.exp(0.4 * factors["fat"]), 0.5) * limb
    outer, inner = bone.width, bone.width * (1 - bone.wall)
    expected = bone.soft_tissue * (chord(limb) / limb + chord(fat) / fat) / 2
    expected += bone.cortex * (chord(outer) - chord(inner)) / bone.width
    expected += bone.canal * chord(inner) / bone.width
    assert body.intensity[0, row] == pytest.approx(expected, abs=4e-3)
    labels = body.tissue[row]
    assert (labels[np.abs(c) < inner - 0.02] == CANAL).all()
    wall = (np.abs(c) > inner + 0.02) & (np.abs(c) < outer - 0.02)
    assert (labels[wall] == CORTEX).all()
    assert (labels[np.abs(c) > limb + 0.02] == 0).all()


@pytest.mark.parametrize(("size", "axis"), [((120, 60), 0), ((60, 120), 1)])
def test_the_limb_crosses_the_frame_along_its_longer_side(size, axis):
    for index in range(10):
        bone = np.moveaxis(draw(size, index).home, axis, 0)
        lines = np.flatnonzero(bone.any(axis=1))
        assert lines[0] <= 6
        assert lines[-1] >= 113


def test_a_joint_parts_two_bones():
    for index in range(20):
        body = draw(index=index, pair=0.0)
        parts = ndimage.label(body.home)[1]
        assert 1 <= parts <= 2
    assert any(ndimage.label(draw(index=i, pair=0.0).home)[1] == 2 for i in range(20))


def bones_in_a_row(body, rows):
    """Return the most bones that lie beside one another in any of the rows."""
    beside = ndimage.label(body.home, [[0, 0, 0], [1, 1, 1], [0, 0, 0]])[0][rows]
    return max(len(np.unique(row[row > 0])) for row in beside)


def test_a_pair_meets_a_single_bone():
    for index in range(20):
        body = draw((192, 96), index, pair=1.0, **STILL)
        joint = round(body.factors["joint"] * 48 + 95.5)
        above, below = np.s_[: max(joint - 24, 0)], np.s_[joint + 24 :]
        single, pair = (below, above) if body.factors["flip"] > 0 else (above, below)
        if body.tissue[single].size:
            assert bones_in_a_row(body, single) == 1
        if body.tissue[pair].size > 40 * 96:
            assert bones_in_a_row(body, pair) == 2


def test_as_many_have_a_pair_as_asked():
    pairs = [draw((16, 16), index, pair=0.3).factors["pair"] for index in range(400)]
    assert np.mean(pairs) == pytest.approx(0.3, abs=0.07)


def test_air_is_black_and_soft_tissue_dimmer_than_bone():
    for index in range(10):
        body = draw(index=index)
        image = body.intensity[0]
        assert not image[body.tissue == 0].any()
        assert not body.texture[0][body.tissue == 0].any()
        assert (body.tissue == 0).any()
        soft, bone = image[body.tissue == SOFT], image[body.home]
        assert 0 < np.median(soft) < 0.7 * np.median(bone)
        cortex, canal = (image[body.tissue == t] for t in (CORTEX, CANAL))
        assert np.percentile(cortex, 75) > 1.1 * np.median(canal)


def test_spongy_bone_has_the_strongest_texture():
    for index in range(10):
        body = draw(index=index)
        strength = [
            np.median(body.texture[0][body.tissue == t])
            for t in (SOFT, CORTEX, CANAL, SPONGIOSA)
        ]
        assert strength[3] == max(strength)
        assert strength[0] == min(strength)


def test_attenuations_vary_about_what_the_recipe_says():
    logs = [
        np.log([body.factors[n] for n in ("soft_tissue", "cortex", "spongiosa")])
        for body in (draw((16, 16), i, spread=0.2, cortex=0.5) for i in range(300))
    ]
    assert np.mean(logs, axis=0) == pytest.approx(np.log([0.32, 0.5, 0.3]), abs=0.04)
    assert np.std(logs, axis=0) == pytest.approx([0.2] * 3, abs=0.03)
