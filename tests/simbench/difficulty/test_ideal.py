from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft, linalg

from simbench.difficulty.ideal import divergence, ideal, nonprewhitening
from simbench.difficulty.setting import Background, Retexture
from simbench.difficulty.spectra import grid, imaged_power, integrated_power, pairs
from simbench.psf import transfer
from simbench.streams import stream
from simbench.texture import Spectrum, field, padded

positive = st.floats(0.05, 5)
spectra = st.builds(Spectrum, slope=st.floats(0, 4), length=st.floats(1, 12))


def covariance(size, spectrum, psf, constant):
    """Return the covariance of all pixels of a texture, from its power alone."""
    whole = [padded(n, spectrum.length) for n in size]
    fy, fx = (fft.fftfreq(n) for n in whole)
    power = (fy[:, None] ** 2 + fx**2 + spectrum.length**-2) ** (-spectrum.slope / 2)
    power *= np.outer(transfer(psf, fy), transfer(psf, fx)) ** 2
    power[0, 0] = 0
    power /= power.mean()
    power[0, 0] = power[0, 1] if constant else 0
    lags = fft.ifft2(power).real
    y, x = (axis.ravel() for axis in np.indices(size))
    return lags[(y[:, None] - y) % whole[0], (x[:, None] - x) % whole[1]]


def framed(lesion):
    """Put the boxed signal in the middle of its frame."""
    frame = np.zeros(lesion.background.frame)
    height, width = lesion.signal.shape[1:]
    top, left = (frame.shape[0] - height) // 2, (frame.shape[1] - width) // 2
    frame[top : top + height, left : left + width] = lesion.signal[0]
    return frame.ravel()


@given(st.floats(1, 8), positive)
@settings(deadline=None, max_examples=20)
def test_in_white_noise_it_is_the_energy_of_the_lesion(lesion_of, radius, noise):
    lesion = lesion_of(radius=radius, noise=noise)
    expected = np.linalg.norm(lesion.signal.astype(float)) / noise
    assert ideal(lesion) == pytest.approx(expected, rel=1e-5)
    assert nonprewhitening(lesion) == pytest.approx(expected, rel=1e-5)


def test_for_a_flat_disc_in_white_noise_it_is_what_rose_says(lesion_of):
    lesion = lesion_of()
    y, x = np.ogrid[:21, :23]
    flat = (np.hypot(y - 10, x - 11) <= 7).astype(np.float32)
    lesion = replace(lesion, signal=0.3 * flat[None], mask=flat > 0)
    assert ideal(lesion) == pytest.approx(0.3 * np.sqrt(flat.sum()) / 0.1, rel=1e-5)


def test_lesions_of_one_rose_ratio_differ_in_texture(lesion_of):
    """As Burgess & Judy found: small strong ones are easier than large ones."""
    spectrum = Spectrum(slope=3.0, length=32.0)
    found = [
        [
            function(lesion_of(radius, texture=t, amplitude=c, spectrum=spectrum))
            for radius, c in ((6.0, 0.05), (3.0, 0.1), (1.5, 0.2))
        ]
        for t in (0.0, 0.1)
        for function in (ideal, nonprewhitening)
    ]
    white, _, textured, blunt = np.array(found)
    assert np.ptp(white) < 0.25 * white.max()
    assert textured[0] < textured[1] < textured[2]
    assert textured[2] > 1.7 * textured[0]
    assert (blunt < textured).all()
    assert (textured < white).all()


@given(spectra, positive, positive, st.floats(0.01, 50))
@settings(deadline=None, max_examples=30)
def test_both_observers_scale_with_the_amplitude(
    lesion_of, spectrum, noise, texture, factor
):
    one = lesion_of(noise=noise, texture=texture, spectrum=spectrum)
    other = replace(one, signal=-np.float32(factor) * one.signal)
    for function in (ideal, nonprewhitening):
        assert function(other) == pytest.approx(factor * function(one), rel=1e-5)


@given(spectra, st.floats(1, 6), positive, positive, st.none() | spectra)
@settings(deadline=None, max_examples=50)
def test_nobody_is_better_than_the_ideal_observer(
    lesion_of, spectrum, radius, noise, texture, grain
):
    lesion = lesion_of(radius, noise, texture, 1.0, spectrum, grain=grain)
    best = ideal(lesion)
    assert 0 < nonprewhitening(lesion) <= best * (1 + 1e-6)
    assert best < ideal(replace(lesion, texture=lesion.texture / 2)) * (1 + 1e-6)
    assert best < ideal(replace(lesion, noise=lesion.noise / 2))


@pytest.mark.parametrize("radius", [1.5, 6.0])
@pytest.mark.parametrize(
    ("slope", "length", "psf"), [(3.0, 6.0, 0.7), (4.0, 6.0, 0.7), (2.0, 12.0, 0.0)]
)
def test_it_is_the_inverse_of_the_whole_covariance(
    lesion_of, radius, slope, length, psf
):
    """No Fourier transform here: every pixel's covariance with every other."""
    spectrum, frame = Spectrum(slope=slope, length=length), (34, 38)
    lesion = lesion_of(radius, 0.1, 0.3, 1.0, spectrum, frame, psf)
    signal = framed(lesion)
    matrix = 0.09 * covariance(frame, spectrum, psf, constant=True)
    matrix += 0.01 * np.eye(signal.size)
    best = np.sqrt(signal @ linalg.solve(matrix, signal, assume_a="pos"))
    assert ideal(lesion) == pytest.approx(best, rel=0.003)
    blunt = signal @ signal / np.sqrt(signal @ matrix @ signal)
    assert nonprewhitening(lesion) == pytest.approx(blunt, rel=0.003)


def test_correlated_noise_is_prewhitened_too(lesion_of):
    grain, frame = Spectrum(slope=2.0, length=5.0), (34, 38)
    lesion = lesion_of(3.0, 0.2, 0.1, frame=frame, grain=grain)
    signal = framed(lesion)
    texture = covariance(frame, lesion.background.spectrum, 0.7, constant=True)
    matrix = 0.01 * texture + 0.04 * covariance(frame, grain, 0.0, constant=True)
    best = np.sqrt(signal @ linalg.solve(matrix, signal, assume_a="pos"))
    assert ideal(lesion) == pytest.approx(best, rel=0.003)
    blunt = signal @ signal / np.sqrt(signal @ matrix @ signal)
    assert nonprewhitening(lesion) == pytest.approx(blunt, rel=0.003)


def test_channels_share_their_texture_and_nothing_else(lesion_of):
    """Three channels against a matrix solved for each wave by itself."""
    texture, noise = np.array([0.1, 0.2, 0.15]), np.array([0.1, 0.05, 0.2])
    lesion = lesion_of(3.0, noise, texture, (1.0, 0.5, -0.2))
    height, width = grid(lesion.signal.shape[1:], lesion.background)
    waves = np.fft.rfft2(lesion.signal.astype(float), (height, width))
    power = imaged_power((height, width), lesion.background)
    total = numerator = spread = 0.0
    for k in np.ndindex(power.shape):
        s = waves[:, *k]
        w = power[k] * np.outer(texture, texture) + np.diag(noise**2)
        share = pairs(width)[k[1]] / (height * width)
        total += share * (s.conj() @ np.linalg.solve(w, s)).real
        numerator += share * (s.conj() @ s).real
        spread += share * (s.conj() @ w @ s).real
    assert ideal(lesion) == pytest.approx(np.sqrt(total), rel=1e-5)
    assert nonprewhitening(lesion) == pytest.approx(numerator / np.sqrt(spread))


def test_color_that_no_texture_has_is_seen_in_spite_of_it(lesion_of):
    hidden = lesion_of(3.0, 0.1, np.full(3, 5.0), (1.0, 1.0, 1.0))
    bare = lesion_of(3.0, 0.1, np.full(3, 5.0), (1.0, -1.0, 0.0))
    free = lesion_of(3.0, 0.1, np.zeros(3), (1.0, -1.0, 0.0))
    assert ideal(bare) == pytest.approx(ideal(free), rel=1e-5)
    assert ideal(hidden) < 0.1 * ideal(bare)


@pytest.mark.parametrize(("slope", "length"), [(0.0, 6.0), (3.0, 6.0), (3.0, 20.0)])
def test_power_is_that_of_the_fields_that_are_drawn(slope, length):
    """The mean periodogram of fields that are drawn."""
    spectrum, size = Spectrum(slope=slope, length=length), (48, 60)
    whole = tuple(padded(n, length) for n in size)
    background = Background(whole, spectrum, 0.8)
    total = np.zeros((whole[0], whole[1] // 2 + 1))
    window = np.outer(*(np.hanning(n) for n in whole))
    count = 200
    for i in range(count):
        drawn = field(stream(1, "texture", i), whole, spectrum, 0.8)
        total += np.abs(np.fft.rfft2(window * drawn)) ** 2 / (window**2).sum() / count
    rows, columns = fft.fftfreq(whole[0]), fft.rfftfreq(whole[1])
    blur = np.outer(transfer(0.8, rows), transfer(0.8, columns)) ** 2
    expected = imaged_power(whole, background)
    for low, high in ((3, 8), (8, 14), (14, 24)):
        box = np.s_[low:high, low:high]
        found = (total * blur)[box].mean()
        assert found == pytest.approx(expected[box].mean(), rel=0.06)


@given(spectra, st.just(0.0) | st.floats(0.2, 2))
@settings(deadline=None, max_examples=25)
def test_a_texture_has_unit_variance_on_every_grid(spectrum, psf):
    background = Background((96, 120), spectrum, psf)
    size = (96, 112)
    table = imaged_power(size, background) * pairs(size[1])
    table[0, 0] = 0
    assert table.sum() / (96 * 112) == pytest.approx(1, rel=0.03)
    power, shares = integrated_power(background, spectrum.length)
    assert shares.sum() == pytest.approx(1)
    assert power @ shares == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize("size", [(5, 7), (1, 1), (96, 120), (200, 30)])
def test_grids_hold_the_lesion_and_stay_within_the_texture_s_own_field(size):
    background = Background((96, 120), Spectrum(slope=3.0, length=6.0), 0.7)
    height, width = grid(size, background)
    assert height >= size[0]
    assert width >= size[1]
    assert (height, width) <= (120, 150) or size[0] > 96


def retexture(count, before, after, share, spectrum):
    ones = np.ones(count)
    return Retexture(before * ones, after * ones, share * ones, spectrum)


def test_a_texture_that_stays_tells_nothing():
    background = Background((96, 120), Spectrum(slope=3.0, length=6.0), 0.7)
    same = retexture(500, 2.0, 2.0, 1.0, background.spectrum)
    assert divergence(same, background) == pytest.approx(0, abs=1e-9)
    none = retexture(0, 2.0, 2.0, 1.0, background.spectrum)
    assert divergence(none, background) == 0


def test_the_divergence_of_white_textures_is_known():
    """Without spectra every pixel is a mode: J = n (r + 1 / r - 2) / 2."""
    white = Spectrum(slope=0.0, length=6.0)
    background = Background((96, 120), white, 0.0)
    found = divergence(retexture(700, 2.0, 5.0, 0.0, white), background)
    assert found == pytest.approx(700 * (2 + 1 / 2 - 2) / 2, rel=1e-3)
    back = divergence(retexture(700, 5.0, 2.0, 0.0, white), background)
    assert back == pytest.approx(found)


@pytest.mark.parametrize(
    ("after", "share", "slope", "tolerance"),
    [(0.5, 0.0, 3.0, 0.02), (0.2, 1.0, 0.0, 0.12), (0.2, 0.5, 0.0, 0.12)],
)
def test_the_divergence_is_that_of_the_whole_covariances(
    after, share, slope, tolerance
):
    """Two Gaussian laws of 28 x 32 pixels that differ everywhere."""
    first, other = Spectrum(slope=3.0, length=6.0), Spectrum(slope=slope, length=6.0)
    size = (28, 32)
    k1 = 0.2 * covariance(size, first, 0.7, constant=True)
    mixed = (1 - share) * covariance(size, first, 0.7, constant=True)
    mixed += share * covariance(size, other, 0.7, constant=True)
    noise = np.eye(size[0] * size[1])
    before, later = k1 + noise, after * mixed + noise
    exact = sum(
        np.trace(linalg.solve(a, b, assume_a="pos"))
        for a, b in ((before, later), (later, before))
    )
    exact = exact / 2 - size[0] * size[1]
    background = Background(size, first, 0.7)
    found = divergence(
        retexture(size[0] * size[1], 0.2, after, share, other), background
    )
    assert found == pytest.approx(exact, rel=tolerance)


def test_mean_and_texture_add_up(lesion_of):
    lesion = lesion_of(3.0, 0.1, 0.1)
    change = retexture(50, 1.0, 2.0, 0.0, lesion.background.spectrum)
    both = replace(lesion, retexture=change)
    alone = replace(both, signal=np.zeros_like(lesion.signal))
    assert ideal(both) == pytest.approx(np.hypot(ideal(lesion), ideal(alone)))
    assert np.isnan(nonprewhitening(alone))


def test_what_is_unknown_is_not_a_number(lesion_of):
    lesion = replace(lesion_of(), unknown="no noise")
    assert np.isnan(ideal(lesion))
    assert np.isnan(nonprewhitening(lesion))
