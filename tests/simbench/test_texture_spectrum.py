import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simbench import texture
from simbench.psf import blur
from simbench.streams import stream
from simbench.texture import Spectrum, field

SPECTRA = [
    Spectrum(slope=3.0, length=8.0),
    Spectrum(slope=1.0, length=4.0),
    Spectrum(slope=0.0, length=1.0),
]


@pytest.fixture
def unpadded(monkeypatch):
    """Draw whole periods, whose Fourier transform is exact."""
    monkeypatch.setattr(texture, "padded", lambda side, _: side)
    texture._amplitudes.cache_clear()
    yield
    texture._amplitudes.cache_clear()


def powers(spectrum, size, count=800):
    """Return power over the formula's at every frequency, and the frequencies."""
    found = np.zeros(size)
    for start in range(0, count, 200):
        source = (stream(3, "texture", start + i) for i in range(200))
        drawn = np.stack([field(one, size, spectrum, 0.0) for one in source])
        found += (np.abs(np.fft.fft2(drawn)) ** 2).sum(0) / count
    y, x = np.fft.fftfreq(size[0])[:, None], np.fft.fftfreq(size[1])[None, :]
    power = (y**2 + x**2 + spectrum.length**-2.0) ** (-spectrum.slope / 2)
    power[0, 0] = 0
    expected = power / power.sum() * power.size**2  # so that the variance is 1
    ratio = np.divide(found, expected, out=np.zeros(size), where=expected > 0)
    return ratio, y + 0 * x, x + 0 * y


def spread(chosen):
    """Return four standard errors of the mean ratio over some frequencies.

    A ratio has an exponential law, and a frequency and its negative are the same.
    """
    return 4 * np.sqrt(2 / (800 * chosen.sum()))


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("size", [(48, 64), (45, 75), (50, 48)])
@pytest.mark.usefixtures("unpadded")
def test_power_is_the_formula_s_at_every_radius_and_in_every_column(spectrum, size):
    ratio, y, x = powers(spectrum, size)
    assert ratio[0, 0] == 0  # no constant part
    radius, wave = np.hypot(y, x), varying(y, x)
    for low in np.arange(0.0, 0.7, 0.05):
        ring = wave & (radius >= low) & (radius < low + 0.05)
        if ring.any():
            assert ratio[ring].mean() == pytest.approx(1, abs=spread(ring))
    for column in range(size[1] // 2 + 1):
        chosen = wave & (x == x[0, column])
        assert ratio[chosen].mean() == pytest.approx(1, abs=spread(chosen))
    for row in range(size[0]):
        chosen = wave & (y == y[row, 0])
        assert ratio[chosen].mean() == pytest.approx(1, abs=spread(chosen))


def varying(y, x):
    """Leave the constant out."""
    return (y != 0) | (x != 0)


@pytest.mark.usefixtures("unpadded")
def test_half_the_power_of_two_columns_would_be_missed(monkeypatch):
    """The half-spectrum trap: irfft2 drops their imaginary part."""
    amplitudes = texture._amplitudes

    def trapped(*inputs):
        scale, padded = amplitudes(*inputs)
        scale = scale.copy()
        scale[:, [0, -1]] /= np.sqrt(2)
        return scale, padded

    trapped.cache_clear = amplitudes.cache_clear
    monkeypatch.setattr(texture, "_amplitudes", trapped)
    ratio, y, x = powers(SPECTRA[0], (48, 64))
    for column in (0, 32):
        chosen = (x == x[0, column]) & varying(y, x)
        assert ratio[chosen].mean() == pytest.approx(0.5, abs=spread(chosen))


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.usefixtures("unpadded")
def test_no_direction_has_more_power(spectrum):
    ratio, y, x = powers(spectrum, (64, 48))
    angle = np.rad2deg(np.arctan2(y, x)) % 180
    inner = varying(y, x) & (np.hypot(y, x) <= 0.5)
    for low in range(0, 180, 15):
        sector = inner & (np.abs((angle - low + 90) % 180 - 90) <= 7.5)
        assert ratio[sector].mean() == pytest.approx(1, abs=spread(sector))


@given(st.floats(0, 4), st.floats(1, 64), st.sampled_from([0.0, 0.7, 1.5]))
@settings(deadline=None, max_examples=20)
def test_the_variance_as_imaged_is_1_for_any_spectrum(slope, length, psf):
    """By the sum over frequencies: no sample is as sharp."""
    scale, padded = texture._amplitudes((40, 52), slope, length, psf)
    impulse = np.zeros(padded)
    impulse[padded[0] // 2, padded[1] // 2] = 1
    blurred = np.abs(np.fft.fft2(blur(impulse, psf))) ** 2
    pairs = np.full(scale.shape[1], 2.0)
    pairs[0] = 0.5  # twice the power, half of which is dropped, and no mirror image
    if padded[1] % 2 == 0:
        pairs[-1] = 0.5
    power = 2 * pairs * scale.astype(float) ** 2 * blurred[:, : scale.shape[1]]
    assert power.sum() / np.prod(padded) ** 2 == pytest.approx(1, rel=1e-5)
