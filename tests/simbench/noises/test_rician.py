import numpy as np
import pytest
from scipy import stats

from simbench.noises import gaussian, rician
from simbench.noises.rician import NOISE, Rician
from simbench.streams import stream

FIXED = Rician(kind="rician", sigma=(0.1, 0.1))


def images(signal, count=40):
    for index in range(count):
        fields = NOISE.draw(FIXED, signal.shape, stream(0, "noise", index))
        yield NOISE.apply(FIXED, 0.1, fields, signal)


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0, 3.0, 10.0])
def test_moments_are_those_of_rice(ratio):
    """SciPy's law is another source of the same formulae."""
    law = stats.rice(ratio, scale=0.1)
    mean, deviation = NOISE.moments(FIXED, 0.1, np.array([ratio * 0.1]))
    assert mean[0] == pytest.approx(law.mean(), rel=1e-9)
    assert deviation[0] == pytest.approx(law.std(), rel=1e-7)


def test_background_is_rayleigh_and_never_exactly_zero():
    signal = np.zeros((1, 60, 80), np.float32)
    found = np.stack(list(images(signal)))
    assert found.mean(dtype=float) == pytest.approx(0.1 * np.sqrt(np.pi / 2), rel=0.005)
    assert found.var(dtype=float) == pytest.approx(0.01 * (2 - np.pi / 2), rel=0.01)
    assert (found == 0).sum() <= 1
    few = found.astype(float).ravel()[:20000]
    assert stats.kstest(few, stats.rayleigh(scale=0.1).cdf).pvalue > 1e-3


def test_at_high_signal_it_is_gaussian():
    signal = np.full((1, 60, 80), 5.0, np.float32)
    mean, deviation = NOISE.moments(FIXED, 0.1, np.array([5.0]))
    assert mean[0] == pytest.approx(5.0, abs=0.1 / 50)
    assert deviation[0] == pytest.approx(0.1, rel=1e-3)
    fields = NOISE.draw(FIXED, signal.shape, stream(0, "noise", 0))
    other = gaussian.Gaussian(kind="gaussian", sigma=(0.1, 0.1))
    near = gaussian.apply(other, 0.1, fields[:1], signal)
    assert NOISE.apply(FIXED, 0.1, fields, signal) == pytest.approx(near, abs=0.02)


def test_without_noise_the_magnitude_is_left():
    signal = np.linspace(0, 2, 60, dtype=np.float32).reshape(1, 6, 10)
    fields = NOISE.draw(FIXED, signal.shape, stream(0, "noise", 0))
    silent = NOISE.apply(FIXED, 0.0, fields, signal)
    assert silent == pytest.approx(signal, abs=1e-7)
    turned = (signal * np.exp(1j)).astype(np.complex64)
    assert NOISE.apply(FIXED, 0.0, fields, turned) == pytest.approx(signal, abs=1e-6)
    mean, deviation = NOISE.moments(FIXED, 0.0, signal.astype(float))
    assert (mean == signal).all()
    assert (deviation == 0).all()


def test_sigma_is_a_standard_deviation_and_not_a_variance():
    assert rician.deviation(FIXED, 0.1, 1.0) == 0.1
    signal = np.full((1, 60, 80), 3.0, np.float32)
    found = np.stack(list(images(signal, 10)))
    assert found.std(dtype=float) == pytest.approx(0.1, rel=0.01)
