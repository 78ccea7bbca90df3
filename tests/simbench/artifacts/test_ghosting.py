import numpy as np
import pytest
from scipy import fft

from simbench.artifacts.ghosting import ARTIFACT, Ghosting, modulation
from simbench.streams import stream

SIZE = (48, 56)


def plan_of(period, strength=0.3, phase=0.2, encoding="vertical", size=SIZE):
    parameters = Ghosting(
        kind="ghosting",
        period=(period, period),
        strength=(strength, strength),
        phase=(phase, phase),
        encoding=encoding,
    )
    return ARTIFACT.plan(parameters, size, stream(0, "artifact", 0))


def image_of(size=SIZE):
    return stream(0, "noise", 0).normal(1, *size)


@pytest.mark.parametrize(("encoding", "axis"), [("vertical", 1), ("horizontal", 2)])
@pytest.mark.parametrize("phase", [0.0, 0.2, 0.5])
def test_a_period_of_two_makes_one_ghost_half_a_field_of_view_away(
    encoding, axis, phase
):
    image = image_of()
    plan = plan_of(2.0, 0.3, phase, encoding)
    found = fft.ifft2(plan.apply(fft.fft2(image)))
    ghost = np.roll(image, image.shape[axis] // 2, axis=axis)
    expected = image + 0.3 * np.cos(2 * np.pi * phase) * ghost
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("period", [4, 8])
@pytest.mark.parametrize("encoding", ["vertical", "horizontal"])
def test_other_periods_make_two_of_half_the_strength(period, encoding):
    """Shifted by n / period both ways, with opposite phases."""
    axis = 1 if encoding == "vertical" else 2
    image = image_of()
    found = fft.ifft2(plan_of(float(period), 0.3, 0.2, encoding).apply(fft.fft2(image)))
    step = image.shape[axis] // period
    phase = np.exp(2j * np.pi * 0.2)
    behind = np.roll(image, -step, axis=axis) * phase
    before = np.roll(image, step, axis=axis) / phase
    assert found == pytest.approx(image + 0.15 * (behind + before), abs=1e-5)


def test_ghosts_add_half_the_square_of_the_strength_to_the_energy():
    spectra = fft.fft2(image_of())
    changed = plan_of(4.0, 0.4).apply(spectra)
    lines = np.abs(modulation(48, 4.0, 0.4, 0.2)) ** 2
    assert lines.mean() == pytest.approx(1 + 0.4**2 / 2)
    energy = (np.abs(changed) ** 2).sum() / (np.abs(spectra) ** 2).sum()
    assert energy == pytest.approx(1.08, abs=0.05)


def test_lines_are_numbered_from_the_center_of_k_space():
    found = modulation(9, 3.5, 0.5, 0.1)
    numbers = [0, 1, 2, 3, 4, -4, -3, -2, -1]
    expected = [1 + 0.5 * np.cos(2 * np.pi * (n / 3.5 + 0.1)) for n in numbers]
    assert found == pytest.approx(expected, abs=1e-6)
    assert found.min() >= 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"period": [1.5, 4.0]},
            "period must be [low, high] with low >= 2 lines, got [1.5, 4.0]",
        ),
        (
            {"strength": [0.5, 1.5]},
            "strength must be [low, high] with high <= 1, got [0.5, 1.5]",
        ),
        (
            {"encoding": "up"},
            "encoding must be 'vertical', 'horizontal' or 'either', got 'up'",
        ),
    ],
)
def test_ranges_are_checked(tiny_with, changes, message):
    table = {"kind": "ghosting", "period": [2.0, 4.0], "strength": [0.1, 0.2]} | changes
    with pytest.raises(ValueError, match="tiny") as error:
        tiny_with({"acquisition.artifacts": [table]})
    assert str(error.value) == f"tiny.toml: acquisition.artifacts[0].{message}"
