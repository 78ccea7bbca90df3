import numpy as np
import pytest
from scipy import stats

from simbench.noises import rician
from simbench.noises.noncentral_chi import NOISE, NoncentralChi
from simbench.streams import stream


def of(coils, sigma=0.1):
    return NoncentralChi(kind="noncentral_chi", coils=coils, sigma=(sigma, sigma))


def test_one_coil_is_rician_bit_for_bit():
    one, other = of(1), rician.Rician(kind="rician", sigma=(0.1, 0.1))
    signal = np.linspace(-1, 2, 60, dtype=np.float32).reshape(1, 6, 10)
    fields = NOISE.draw(one, signal.shape, stream(0, "noise", 0))
    assert (fields == rician.draw(other, signal.shape, stream(0, "noise", 0))).all()
    for given in (signal, (signal * np.exp(1j)).astype(np.complex64)):
        found = NOISE.apply(one, 0.1, fields, given)
        assert (found == rician.apply(other, 0.1, fields, given)).all()
    values = np.linspace(0, 5, 50)
    for found, expected in zip(
        NOISE.moments(one, 0.1, values), rician.moments(other, 0.1, values), strict=True
    ):
        assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("coils", [2, 4, 32])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0, 10.0])
def test_squares_follow_the_noncentral_chi_square(coils, ratio):
    law = of(coils)
    signal = np.full((1, 60, 80), 0.1 * ratio, np.float32)
    fields = NOISE.draw(law, signal.shape, stream(0, "noise", 1))
    squares = (NOISE.apply(law, 0.1, fields, signal).astype(float) / 0.1) ** 2
    exact = stats.ncx2(2 * coils, ratio**2)
    assert stats.kstest(squares.ravel(), exact.cdf).pvalue > 1e-3
    mean, deviation = NOISE.moments(law, 0.1, np.array([0.1 * ratio]))
    square = mean[0] ** 2 + deviation[0] ** 2
    assert square == pytest.approx(0.01 * exact.mean(), rel=1e-9)


def test_background_is_chi_with_two_degrees_a_coil():
    law = of(4)
    mean, deviation = NOISE.moments(law, 0.1, np.zeros(1))
    assert mean[0] == pytest.approx(stats.chi(8, scale=0.1).mean(), rel=1e-9)
    assert deviation[0] == pytest.approx(stats.chi(8, scale=0.1).std(), rel=1e-9)


@pytest.mark.parametrize("coils", [1, 4, 32])
def test_moments_stay_finite_and_gaussian_at_huge_ratios(coils):
    mean, deviation = NOISE.moments(of(coils), 0.001, np.array([1.0, 10.0]))
    assert mean == pytest.approx(np.array([1.0, 10.0]), rel=1e-4)
    assert deviation == pytest.approx(np.full(2, 0.001), rel=1e-2)


def test_without_noise_the_coils_give_the_signal():
    signal = np.linspace(0, 2, 60, dtype=np.float32).reshape(1, 6, 10)
    fields = NOISE.draw(of(6), signal.shape, stream(0, "noise", 0))
    assert NOISE.apply(of(6), 0.0, fields, signal) == pytest.approx(signal, abs=1e-6)
    mean, deviation = NOISE.moments(of(6), 0.0, signal.astype(float))
    assert (mean == signal).all()
    assert (deviation == 0).all()


@pytest.mark.parametrize("coils", [0, 33])
def test_the_number_of_coils_has_bounds(tiny_with, coils):
    rule = ">= 1" if coils < 1 else "<= 32"
    table = {"kind": "noncentral_chi", "coils": coils, "sigma": [0.1, 0.1]}
    with pytest.raises(ValueError, match="coils") as error:
        tiny_with({"acquisition.noise": table})
    message = f"tiny.toml: acquisition.noise.coils must be {rule}, got {coils}"
    assert str(error.value) == message
