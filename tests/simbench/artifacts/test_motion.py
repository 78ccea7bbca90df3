import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import fft

from simbench.artifacts.motion import ARTIFACT, Motion, _path, turns
from simbench.streams import stream

SIZES = [(40, 56), (33, 20), (27, 45)]


def image_of(size):
    return stream(0, "noise", 0).normal(1, *size)


def moved(image, path, axis):
    size = image.shape[-2:]
    factors = turns(np.asarray(path, np.float32), size, axis)
    return fft.ifft2(fft.fft2(image) * factors)


def path_of(index=0, lines=57, **changes):
    parameters = Motion(kind="motion", amount=(1.0, 1.0), **changes)
    return _path(parameters, lines, stream(0, "artifact", index))


@given(
    st.sampled_from(SIZES),
    st.integers(-9, 9),
    st.integers(-9, 9),
    st.sampled_from((0, 1)),
)
def test_a_constant_path_of_whole_pixels_is_a_circular_shift(size, down, right, axis):
    image = image_of(size)
    path = np.full((size[axis], 2), (down, right))
    expected = np.roll(image, (down, right), axis=(1, 2))
    assert moved(image, path, axis) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("axis", [0, 1])
def test_a_line_s_place_changes_its_samples_only(size, axis):
    """Lines run from the most negative frequency to the most positive."""
    lines = size[axis]
    for line in (0, lines // 2, lines - 1):
        path = np.zeros((lines, 2))
        path[line] = 2.5, -1.5
        factors = turns(path.astype(np.float32), size, axis)
        number = (line - lines // 2) % lines
        changed = np.flatnonzero((np.moveaxis(factors, axis, 0) != 1).any(axis=1))
        assert changed.tolist() == [number]


@pytest.mark.parametrize("axis", [0, 1])
def test_every_sample_is_turned_by_its_frequency_and_its_line_s_place(axis):
    size = (10, 14)
    path = stream(0, "artifact", 5).normal(size[axis], 2)
    factors = turns(path, size, axis)
    for row in range(10):
        for column in range(14):
            f = fft.fftfreq(10)[row], fft.fftfreq(14)[column]
            number = (row, column)[axis]
            down, right = path[(number + size[axis] // 2) % size[axis]]
            expected = np.exp(-2j * np.pi * (f[0] * down + f[1] * right))
            assert factors[row, column] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("kind", ["walk", "moves"])
def test_energy_is_kept(kind):
    size = (40, 56)
    parameters = Motion(kind="motion", amount=(3.0, 3.0), path=kind)
    plan = ARTIFACT.plan(parameters, size, stream(0, "artifact", 1))
    spectra = fft.fft2(image_of(size))
    changed = plan.apply(spectra)
    assert np.abs(changed) == pytest.approx(np.abs(spectra), rel=1e-5)
    image = fft.ifft2(changed)
    assert (np.abs(image) ** 2).sum() == pytest.approx(
        (image_of(size).astype(float) ** 2).sum(), rel=1e-4
    )


@pytest.mark.parametrize("kind", ["walk", "moves"])
@pytest.mark.parametrize("lines", [40, 57])
def test_the_image_stays_where_its_mask_is(kind, lines):
    """The path is 0 at the center of k-space and nowhere farther than the amount."""
    for index in range(50):
        path = path_of(index, lines, path=kind)
        assert (path[lines // 2] == 0).all()
        assert np.hypot(*path.T).max() == pytest.approx(1)
    size = (40, 56)
    parameters = Motion(kind="motion", amount=(3.0, 3.0), path=kind)
    plan = ARTIFACT.plan(parameters, size, stream(0, "artifact", 1))
    spectra = fft.fft2(image_of(size))
    assert plan.apply(spectra)[0, 0, 0] == spectra[0, 0, 0]
    assert plan.factors["amount"] == 3
    assert 0 < plan.factors["rms"] < 3


def test_sudden_moves_are_as_many_as_asked():
    for index in range(50):
        path = path_of(index, 200, path="moves", moves=3)
        jumps = (np.abs(np.diff(path, axis=0)) > 0).any(axis=1).sum()
        assert 1 <= jumps <= 3
    walk = path_of(0, 200)
    assert (np.diff(walk, axis=0) != 0).all(axis=1).mean() > 0.99


def test_a_walk_spreads_as_the_root_of_time():
    paths = np.stack([path_of(i, 201, path="walk") for i in range(400)])
    spread = [np.sqrt((paths[:, 100 + n] ** 2).mean()) for n in (20, 80)]
    assert spread[1] / spread[0] == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize(
    ("encoding", "axes"), [("vertical", {0}), ("horizontal", {1}), ("either", {0, 1})]
)
def test_the_direction_of_phase_encoding_is_the_recipe_s(encoding, axes):
    parameters = Motion(kind="motion", amount=(1.0, 2.0), encoding=encoding)
    plans = [
        ARTIFACT.plan(parameters, (40, 56), stream(0, "artifact", i)) for i in range(30)
    ]
    assert {plan.factors["axis"] for plan in plans} == axes


@pytest.mark.parametrize(("encoding", "still"), [("vertical", 1), ("horizontal", 0)])
def test_motion_blurs_along_the_direction_of_phase_encoding(encoding, still):
    """A bar that fills the frame across that direction, far from what moves."""
    image = np.zeros((1, 40, 56), np.float32)
    image[0, 18:22, 26:30] = 1
    parameters = Motion(kind="motion", amount=(4.0, 4.0), encoding=encoding)
    plan = ARTIFACT.plan(parameters, (40, 56), stream(0, "artifact", 0))
    found = np.abs(fft.ifft2(plan.apply(fft.fft2(image))))[0]
    away = np.abs(found - image[0]) ** 2
    across = away.sum(axis=1 - still)
    far = np.abs(np.arange(across.size) - across.size // 2) > 9
    assert across[far].sum() < 0.06 * across.sum()
    along = away.sum(axis=still)
    far = np.abs(np.arange(along.size) - along.size // 2) > 9
    assert along[far].sum() > 0.06 * along.sum()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": [0.0, 1.0]}, "amount[0] must be > 0, got 0.0"),
        ({"moves": 0}, "moves must be >= 1, got 0"),
        ({"path": "jump"}, "path must be 'walk' or 'moves', got 'jump'"),
    ],
)
def test_ranges_are_checked(tiny_with, changes, message):
    table = {"kind": "motion", "amount": [1.0, 2.0]} | changes
    with pytest.raises(ValueError, match="tiny") as error:
        tiny_with({"acquisition.artifacts": [table]})
    assert str(error.value) == f"tiny.toml: acquisition.artifacts[0].{message}"
