"""What every entry of the table of anatomies must do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.anatomies import ANATOMIES
from simbench.streams import stream


@pytest.fixture(params=ANATOMIES.values(), ids=list(ANATOMIES))
def anatomy(request):
    return request.param


def draw(anatomy, size=(64, 64), index=0, **changes):
    parameters = anatomy.parameters(kind=anatomy.name, **changes)
    return anatomy.draw(parameters, size, stream(0, "anatomy", index))


@pytest.mark.parametrize("size", [(64, 64), (40, 90), (101, 33), (16, 16)])
def test_any_size_gives_a_whole_body(anatomy, size):
    body = draw(anatomy, size)
    for planes in (body.intensity, body.texture, *body.structures.values()):
        assert planes.shape == (anatomy.channels, *size)
    for array in (body.tissue, body.home):
        assert array.shape == size
    assert body.home.any()
    labels = range(1, len(anatomy.tissues) + 1)
    assert set(np.unique(body.tissue)) - {0} == set(labels)
    assert tuple(body.structures) == anatomy.structures
    assert (body.tissue[body.home] > 0).all()
    assert (body.intensity >= 0).all()
    assert body.intensity[:, body.home].min() > 0


def test_a_body_that_is_not_moved_is_drawn_the_same(anatomy):
    body = draw(anatomy, (40, 56))
    still = np.zeros((40, 56), np.float32)
    again = body.redraw(still, still)
    assert (again.intensity == body.intensity).all()
    assert (again.texture == body.texture).all()
    assert (again.tissue == body.tissue).all()
    assert again.factors == body.factors


def test_a_moved_body_shows_what_lay_elsewhere(anatomy):
    body = draw(anatomy, (48, 64))
    down, right = np.full((48, 64), 3, np.float32), np.full((48, 64), -2, np.float32)
    moved = body.redraw(down, right)
    inner, origin = np.s_[:, 8:-8, 8:-8], np.s_[:, 11:-5, 6:-10]
    assert moved.intensity[inner] == pytest.approx(body.intensity[origin], abs=2e-3)
    if np.ptp(body.intensity) > 0:  # a uniform medium is the same everywhere
        assert (moved.intensity != body.intensity).any()
    assert (moved.tissue[inner[1:]] == body.tissue[origin[1:]]).mean() > 0.995


def test_structures_are_part_of_the_intensity(anatomy):
    body = draw(anatomy, (48, 64))
    for added in body.structures.values():
        assert added.any()
        assert (body.intensity - added >= -1e-6).all()


def test_bodies_differ_and_repeat(anatomy):
    first, second = draw(anatomy, index=1), draw(anatomy, index=2)
    assert (first.intensity != second.intensity).mean() > 0.3
    assert (first.intensity == draw(anatomy, index=1).intensity).all()
    assert first.factors.keys() == second.factors.keys()
    assert all(np.isfinite(value) for value in first.factors.values())


def test_a_larger_frame_holds_the_same_body(anatomy):
    small, large = draw(anatomy, (64, 64)), draw(anatomy, (128, 128))
    assert (small.tissue > 0).mean() == pytest.approx(
        (large.tissue > 0).mean(), abs=0.02
    )
    assert (small.home).mean() == pytest.approx((large.home).mean(), abs=0.03)


@given(st.integers(0, 2**40), st.integers(16, 48), st.integers(16, 48))
@settings(max_examples=30, deadline=None)
def test_every_draw_is_finite_and_has_room_for_lesions(index, height, width):
    for anatomy in ANATOMIES.values():
        body = draw(anatomy, (height, width), index)
        assert np.isfinite(body.intensity).all()
        assert np.isfinite(body.texture).all()
        assert body.home.mean() > 0.05
