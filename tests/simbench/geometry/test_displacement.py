from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from simbench.geometry.displacement import (
    CREST,
    Displacing,
    displacement,
    moving,
    reshaped,
)
from simbench.geometry.kernels_displacement import enclosed
from simbench.streams import stream

PLACE = {"y": 30.0, "x": 40.0, "height": 20.0, "width": 20.0, "angle": 0.0}


def derivatives(place, outward, size=(120, 140)):
    """Return the displacement's derivative at every pixel, by central differences."""
    down, right = (f.astype(float) for f in displacement(place, size, outward))
    return np.array([np.gradient(down), np.gradient(right)]).transpose(2, 3, 0, 1)


@given(st.floats(0, 0.99), st.floats(1, 1.75), st.floats(0, np.pi), st.booleans())
@settings(max_examples=30, deadline=None)
def test_no_two_points_meet(strain, ratio, angle, outward):
    place = {"y": 60.0, "x": 70.0, "angle": angle, "strain": strain}
    place |= {"height": 45 * ratio**0.5, "width": 45 / ratio**0.5}
    found = derivatives(place, outward)
    norms = np.linalg.norm(found, 2, axis=(2, 3))
    assert norms.max() <= strain + 1e-6 < 1
    assert norms[60, 70] == pytest.approx(strain, rel=0.01, abs=1e-6)
    assert np.linalg.det(np.eye(2) + found).min() > 0


def test_tissue_moves_farthest_at_the_crest():
    place = PLACE | {"strain": 0.8, "height": 25.0, "width": 25.0}
    for outward, direction in ((True, -1), (False, 1)):
        right = direction * displacement(place, (60, 80), outward)[1][30, 40:]
        assert np.argmax(right) == pytest.approx(CREST * 25, abs=0.6)
        assert right.max() == pytest.approx(0.286 * 0.8 * 25, rel=0.01)


def test_nothing_moves_beyond_the_half_axes():
    place = PLACE | {"strain": 0.8, "angle": 0.0, "height": 10.0}
    down, right = displacement(place, (60, 80), True)
    moves = (down != 0) | (right != 0)
    rows, columns = np.nonzero(moves)
    assert (rows.min(), rows.max()) == (21, 39)
    assert (columns.min(), columns.max()) == (21, 59)


@pytest.mark.parametrize("outward", [True, False])
def test_where_nothing_moves_the_old_numbers_stay(outward, scene_of):
    before = scene_of()
    place = PLACE | {"strain": 0.7}
    after = reshaped(before, place, outward)
    rows, columns = np.indices(before.size)
    still = np.hypot(rows - 30, columns - 40) >= 20
    assert (after.intensity != before.intensity).mean() > 0.02
    for old, new in (
        (before.intensity, after.intensity),
        (before.strength, after.strength),
        (before.body.intensity, after.body.intensity),
        (before.body.texture, after.body.texture),
    ):
        assert (old[:, still] == new[:, still]).all()
        assert (old != new).any()
    assert after.texture is before.texture
    assert after.body.tissue is before.body.tissue
    assert after.body.home is before.body.home


def test_without_strain_the_scene_stays_itself(scene_of):
    before = scene_of()
    assert reshaped(before, PLACE | {"strain": 0.0}, True) is before


@pytest.mark.parametrize("outward", [True, False])
def test_borders_stay_sharp_and_no_intensity_is_new(outward, scene_of):
    """Neither blur nor ringing: only what lay near is seen, mostly plain tissue."""
    before = scene_of(size=(128, 144))
    place = {"y": 64.0, "x": 92.0, "height": 40.0, "width": 40.0, "angle": 0.0}
    after = reshaped(before, place | {"strain": 0.8}, outward)
    reach = int(0.29 * 0.8 * 40) + 2
    window = (1, 2 * reach + 1, 2 * reach + 1)
    assert (after.intensity <= ndimage.maximum_filter(before.intensity, window)).all()
    assert (after.intensity >= ndimage.minimum_filter(before.intensity, window)).all()
    plain = np.unique(np.round(before.intensity, 5), return_counts=True)
    levels = plain[0][plain[1] > 40]
    between = [
        (np.abs(scene.intensity[..., None] - levels).min(-1) > 2e-5).sum()
        for scene in (before, after)
    ]
    assert between[1] < 1.2 * between[0]


def test_what_earlier_lesions_added_stays_in_place(scene_of):
    healthy = scene_of()
    numbers = np.random.default_rng(0)
    more = numbers.random((1, 64, 72)).astype(np.float32)
    before = replace(
        healthy, intensity=healthy.intensity + more, strength=healthy.strength + more
    )
    place = PLACE | {"strain": 0.7}
    alone, both = reshaped(healthy, place, True), reshaped(before, place, True)
    assert both.intensity - alone.intensity == pytest.approx(more, abs=1e-6)
    assert both.strength - alone.strength == pytest.approx(more, abs=1e-6)


def test_strength_goes_with_the_tissue(scene_of):
    after = reshaped(scene_of(contrast=0.1), PLACE | {"strain": 0.7}, False)
    expected = np.float32(0.1) * after.body.texture
    assert after.strength == pytest.approx(expected, abs=1e-6)


def test_structures_go_with_the_tissue(scene_of):
    before = scene_of()

    def added(body):
        return replace(body, structures={"spots": body.intensity * np.float32(0.5)})

    old = before.body
    body = replace(added(old), redraw=lambda *move: added(old.redraw(*move)))
    after = reshaped(replace(before, body=body), PLACE | {"strain": 0.7}, True)
    expected = after.body.intensity * np.float32(0.5)
    assert (after.body.structures["spots"] == expected).all()
    assert (expected != old.intensity * np.float32(0.5)).any()


def test_the_next_displacement_starts_from_the_moved_body(scene_of):
    before = scene_of(size=(96, 112))
    place = {"y": 48.0, "x": 60.0, "height": 30.0, "width": 30.0, "angle": 0.0}
    once = reshaped(before, place | {"strain": 0.6}, True)
    still = np.zeros((96, 112), np.float32)
    again = once.body.redraw(still, still)
    assert again.intensity == pytest.approx(once.body.intensity, abs=2e-3)
    back = reshaped(once, place | {"strain": 0.5}, False)
    assert np.abs(back.intensity - before.intensity).mean() < 0.5 * (
        np.abs(once.intensity - before.intensity).mean()
    )


def test_what_moves_lies_among_tissue_with_a_border_beyond_the_crest(scene_of):
    body = scene_of(size=(128, 144)).body
    inside = ndimage.distance_transform_edt(enclosed(body.home))
    ventricle = body.tissue == 6
    parameters = Displacing(kind="any", elongation=1.0)
    for index in range(30):
        place = moving(parameters, body, stream(0, "lesion", index))
        y, x, radius = round(place["y"]), round(place["x"]), place["radius"]
        assert 0.12 * 128 <= radius <= 0.17 * 128
        assert 0.6 <= place["strain"] <= 0.8
        assert body.home[y, x]
        assert inside[y, x] >= radius
        rows, columns = np.nonzero(ventricle)
        nearest = np.hypot(rows - place["y"], columns - place["x"]).min()
        assert CREST * radius - 2 <= nearest <= radius


def test_without_borders_tissue_moves_anywhere(scene_of):
    body = scene_of().body
    flat = replace(body, intensity=np.ones_like(body.intensity))
    place = moving(Displacing(kind="any"), flat, stream(0, "lesion", 0))
    assert body.home[round(place["y"]), round(place["x"])]


def test_strain_keeps_below_one():
    with pytest.raises(ValueError, match=r"must be \[low, high\] with high < 1"):
        Displacing(kind="any", strain=(0.5, 1.0))
