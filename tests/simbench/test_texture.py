import numpy as np
import pytest
from scipy import stats

from simbench.psf import blur
from simbench.streams import stream
from simbench.texture import Spectrum, field

SPECTRA = [
    Spectrum(slope=3.0, length=8.0),
    Spectrum(slope=1.0, length=4.0),
    Spectrum(slope=0.0, length=1.0),
]


def fields(spectrum, size=(48, 64), psf=0.0, count=400):
    return np.stack(
        [field(stream(0, "texture", i), size, spectrum, psf) for i in range(count)]
    )


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("size", [(48, 64), (37, 51)])
def test_fields_have_the_size_asked_for_mean_0_and_variance_1(spectrum, size):
    drawn = fields(spectrum, size)
    assert drawn.shape == (400, *size)
    assert drawn.dtype == np.float32
    assert drawn.mean() == pytest.approx(0, abs=0.02)
    assert (drawn**2).mean() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("psf", [0.5, 0.7, 1.5])
def test_variance_is_1_after_the_blur_whatever_the_spectrum(spectrum, psf):
    drawn = fields(spectrum, psf=psf, count=200)
    imaged = np.stack([blur(one, psf) for one in drawn])[:, 8:-8, 8:-8]
    assert (imaged**2).mean() == pytest.approx(1, abs=0.04)


def test_variance_is_the_same_everywhere():
    # without the factor sqrt(2) of two columns it varies along the rows
    variance = (fields(SPECTRA[0], count=1500) ** 2).mean(0)
    assert variance.mean(0) == pytest.approx(1, abs=0.1)
    assert variance.mean(1) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("spectrum", SPECTRA[:2])
def test_rows_and_columns_are_alike(spectrum):
    drawn = fields(spectrum, (64, 64), count=800)
    for lag in (1, 3, 8):
        down = (drawn[:, lag:] * drawn[:, :-lag]).mean()
        right = (drawn[:, :, lag:] * drawn[:, :, :-lag]).mean()
        assert down == pytest.approx(right, abs=0.02)


def test_correlation_is_the_fourier_transform_of_the_spectrum():
    spectrum, lags = SPECTRA[0], np.arange(1, 12)
    drawn = fields(spectrum, (64, 64), count=800)
    found = [(drawn[:, :, lag:] * drawn[:, :, :-lag]).mean() for lag in lags]
    waves = np.fft.fftfreq(80)  # 1.25 x 64
    power = (waves[:, None] ** 2 + waves**2 + spectrum.length**-2.0) ** -1.5
    power[0, 0] = 0
    cosine = np.cos(2 * np.pi * waves * lags[:, None])
    expected = (cosine @ power.sum(0)) / power.sum()
    assert found == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("spectrum", [SPECTRA[0], SPECTRA[2]])
def test_the_marginal_law_is_normal(spectrum):
    drawn = fields(spectrum, (16, 24), count=4000).astype(float)
    for pixel in (drawn[:, 0, 0], drawn[:, 7, 11], drawn[:, -1, -1]):
        assert stats.kstest(pixel, "norm").pvalue > 1e-3
    values = drawn[:, ::5, ::7].ravel()
    assert stats.skew(values) == pytest.approx(0, abs=0.05)
    assert stats.kurtosis(values) == pytest.approx(0, abs=0.08)
    assert np.abs(values).max() > 3.8


def test_pairs_of_pixels_are_normal_together():
    """Not the marginal law alone: sums of neighbors have no excess either."""
    drawn = fields(SPECTRA[0], (16, 24), count=4000).astype(float)
    total = (drawn[:, 3, 3] - 0.5 * drawn[:, 3, 5] + drawn[:, 9, 20]).ravel()
    assert stats.kstest(total / total.std(), "norm").pvalue > 1e-3


def test_images_are_independent():
    drawn = fields(SPECTRA[0], (48, 64), count=800).astype(float)
    for shift in ((0, 0), (1, 3), (10, 20)):
        other = np.roll(drawn[1:], shift, axis=(1, 2))
        products = (drawn[:-1] * other).mean(axis=(1, 2))
        error = products.std() / np.sqrt(products.size)
        assert abs(products.mean()) < 4 * error
        assert error < 0.01


def test_opposite_borders_are_not_neighbors():
    drawn = fields(Spectrum(slope=3.0, length=6.0), (64, 64), count=800)
    assert (drawn[:, 0] * drawn[:, 1]).mean() > 0.4
    assert (drawn[:, 0] * drawn[:, -1]).mean() < 0.1
