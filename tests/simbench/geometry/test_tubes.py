import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench.geometry.tubes import (
    CANAL,
    FLARE,
    METAPHYSIS,
    SPONGIOSA,
    WALL,
    WALL_AT_END,
    Tube,
    lay,
)

ONE_EACH = np.eye(
    3, dtype=np.float32
)  # compact bone, marrow, spongy bone: a layer each


def rays(tube, depth, across):
    """Return what each ray meets of compact bone, marrow and spongy bone."""
    layers = np.zeros((3, *across.shape), np.float32)
    shown = lay(tube, ONE_EACH, depth, across, layers)
    return layers, shown


def grid(depths, half=0.6, columns=401):
    across = np.linspace(-half, half, columns, dtype=np.float32)
    depth = np.asarray(depths, np.float32)
    both = np.broadcast_arrays(depth[:, None], across[None])
    return tuple(np.ascontiguousarray(part) for part in both)


def test_a_shaft_s_rays_are_chords_of_two_circles():
    depth, across = grid([2.0], columns=5)
    found, shown = rays(Tube(0.5, 0.2), depth, across)  # at -0.6, -0.3, 0, 0.3, 0.6
    assert found[0, 0] == pytest.approx([0, 0.4, 0.2, 0.4, 0], abs=1e-6)
    assert found[1, 0] == pytest.approx([0, 0, 0.3, 0, 0], abs=1e-6)
    assert not found[2].any()
    assert shown[0].tolist() == [0, WALL, CANAL, WALL, 0]


def test_a_shaft_holds_as_much_bone_as_a_ring():
    depth, across = grid([2.0], columns=20001)
    found, _ = rays(Tube(0.4, 0.15), depth, across)
    step = 1.2 / 20000
    assert 2 * found[0].sum() * step == pytest.approx(
        np.pi * (0.4**2 - 0.25**2), rel=1e-4
    )
    assert 2 * found[1].sum() * step == pytest.approx(np.pi * 0.25**2, rel=1e-4)


def test_the_wall_is_brightest_where_a_ray_runs_along_it():
    depth, across = grid([2.0])
    found, shown = rays(Tube(0.4, 0.1), depth, across)
    best = np.abs(across[0, found[0, 0].argmax()])
    assert best == pytest.approx(0.3, abs=0.004)
    assert (shown[0] == WALL).sum() > 0


def test_ends_are_wide_thin_walled_and_spongy():
    depth, across = grid([0.5, METAPHYSIS + 0.01])
    found, shown = rays(Tube(0.3, 0.12), depth, across)
    flare = (1 - 0.5 / METAPHYSIS) ** 3
    assert (found.sum(0) > 0).sum(1) == pytest.approx(
        [2 * 0.3 * (1 + FLARE * flare) / 0.003, 2 * 0.3 / 0.003], abs=2
    )
    middle = across.shape[1] // 2
    assert found[0, 1, middle] == pytest.approx(0.12, abs=1e-6)
    assert found[0, 0, middle] < 0.12
    depth, across = grid([0.3])
    found, shown = rays(Tube(0.3, 0.12), depth, across)
    assert found[0, 0, middle] == pytest.approx(WALL_AT_END * 0.12, abs=1e-6)
    assert found[1, 0, middle] == 0
    assert shown[0, middle] == SPONGIOSA


def test_nothing_lies_beyond_the_end():
    depth, across = grid([-0.4, -0.01, 0.0, 0.02])
    found, shown = rays(Tube(0.3, 0.1), depth, across)
    assert not found[:, :3].any()
    assert not shown[:3].any()
    assert shown[3].any()
    plate = shown[3][shown[3] > 0]
    assert (plate == WALL).all()  # the end is closed by compact bone


def test_bones_add_up_where_they_overlap():
    depth, across = grid([1.0, 2.0])
    layers = np.full((3, *across.shape), 0.25, np.float32)
    once, _ = rays(Tube(0.3, 0.1), depth, across)
    for _ in range(2):
        lay(Tube(0.3, 0.1), ONE_EACH, depth, across, layers)
    assert layers == pytest.approx(0.25 + 2 * once, abs=1e-6)


def plain(tube, deep, c):
    """Return one ray's compact bone, marrow and spongy bone, by the formulae."""
    flare = max(1 - max(deep, 0) / METAPHYSIS, 0) ** 3
    spongy = min(max(4 * flare - 0.5, 0), 1)
    outside = tube.radius * (1 + FLARE * flare)
    inside = outside - tube.wall * (1 - (1 - WALL_AT_END) * spongy**0.5)
    plate = WALL_AT_END * tube.wall
    left = max(1 - deep / tube.radius, 0) ** 4
    outer = outside**2 * (1 - left) - c**2
    left = max(1 - (deep - plate) / (tube.radius - plate), 0) ** 4
    inner = inside**2 * (1 - left) - c**2
    if deep <= 0 or outer <= 0:
        return np.zeros(3)
    core = np.sqrt(max(inner, 0))
    return np.array([np.sqrt(outer) - core, core * (1 - spongy), core * spongy])


@given(
    st.floats(0.05, 0.5),
    st.floats(0.05, 0.9),
    st.lists(
        st.tuples(st.floats(-0.5, 2.0), st.floats(-0.8, 0.8)), min_size=1, max_size=20
    ),
)
@settings(deadline=None)
def test_the_loop_is_the_formula(radius, share, points):
    tube = Tube(float(np.float32(radius)), float(np.float32(share * radius)))
    depth, across = np.array(points, np.float32).T[:, None]
    found, shown = rays(tube, np.ascontiguousarray(depth), np.ascontiguousarray(across))
    for i in range(len(points)):
        expected = plain(tube, float(depth[0, i]), float(across[0, i]))
        assert found[:, 0, i] == pytest.approx(expected, abs=3e-3)
        assert (found[:, 0, i] >= 0).all()
        assert (shown[0, i] > 0) == (found[:, 0, i].sum() > 0)
