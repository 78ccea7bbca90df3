import numpy as np
import pytest
from scipy import fft

from simbench.artifacts.spikes import ARTIFACT, Spikes
from simbench.streams import stream

SIZES = [(40, 56), (33, 20)]


def plan_of(size, index=0, **changes):
    values = {"kind": "spikes", "amplitude": (0.25, 0.25)} | changes
    return ARTIFACT.plan(Spikes(**values), size, stream(0, "artifact", index))


def wave_of(plan, size, spike=0):
    y, x = np.mgrid[: size[0], : size[1]]
    row, column, phase = (
        plan.factors[f"{name}_{spike}"] for name in ("row", "column", "phase")
    )
    turns = row * y / size[0] + column * x / size[1]
    return np.exp(1j * (2 * np.pi * turns + phase))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 3])
def test_a_spike_is_a_plane_wave_of_its_amplitude(size, count):
    image = stream(0, "noise", 0).normal(2, *size)
    plan = plan_of(size, count=count)
    found = fft.ifft2(plan.apply(fft.fft2(image)))
    waves = sum(0.25 * wave_of(plan, size, spike) for spike in range(count))
    assert found - image == pytest.approx(np.stack([waves, waves]), abs=1e-5)


def test_a_wave_s_energy_is_its_amplitude_squared():
    nothing = np.zeros((1, 40, 56), np.complex64)
    wave = fft.ifft2(plan_of((40, 56)).apply(nothing))
    assert np.abs(wave) == pytest.approx(np.full(wave.shape, 0.25), abs=1e-6)


def test_the_wave_does_not_depend_on_what_is_imaged():
    """Else a lesion would change the stripes all over the image."""
    size = (40, 56)
    plan = plan_of(size)
    waves = []
    for scale in (1, 10):
        image = scale * stream(0, "noise", 0).normal(1, *size)
        waves.append(fft.ifft2(plan.apply(fft.fft2(image))) - image)
    assert waves[0] == pytest.approx(waves[1], abs=1e-4)


def test_spikes_lie_within_the_recipe_s_frequencies_in_all_directions():
    size = (80, 120)
    drawn = [plan_of(size, index, frequency=(0.4, 0.6)).factors for index in range(300)]
    down = np.array([fft.fftfreq(80)[int(f["row_0"])] for f in drawn])
    right = np.array([fft.fftfreq(120)[int(f["column_0"])] for f in drawn])
    radii = 2 * np.hypot(down, right)
    assert radii.min() > 0.4 - 0.03
    assert radii.max() < 0.6 + 0.03
    assert (down**2).mean() == pytest.approx((right**2).mean(), rel=0.15)
    for signs in (down * right > 0, down > 0, right > 0):
        assert 0.4 < signs.mean() < 0.6
    phases = np.array([f["phase_0"] for f in drawn])
    assert phases.mean() == pytest.approx(np.pi, rel=0.1)


def test_at_the_nyquist_frequency_a_spike_is_still_in_k_space():
    for index in range(50):
        plan = plan_of((33, 20), index, frequency=(1.0, 1.0))
        changed = plan.apply(np.zeros((1, 33, 20), np.complex64))
        assert np.count_nonzero(changed) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"frequency": [0.5, 1.5]},
            "frequency must be [low, high] with high <= 1, the Nyquist frequency, "
            "got [0.5, 1.5]",
        ),
        ({"count": 9}, "count must be <= 8, got 9"),
        ({"amplitude": [0.0, 0.1]}, "amplitude[0] must be > 0, got 0.0"),
    ],
)
def test_ranges_are_checked(tiny_with, changes, message):
    table = {"kind": "spikes", "amplitude": [0.1, 0.2]} | changes
    with pytest.raises(ValueError, match="tiny") as error:
        tiny_with({"acquisition.artifacts": [table]})
    assert str(error.value) == f"tiny.toml: acquisition.artifacts[0].{message}"
