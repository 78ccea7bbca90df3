import numpy as np
import pytest

from simbench.noises.gaussian import NOISE, Gaussian
from simbench.streams import stream

FIXED = Gaussian(kind="gaussian", sigma=(0.2, 0.2))


def test_noise_is_added_whatever_the_signal_is():
    signal = np.linspace(-1, 2, 60, dtype=np.float32).reshape(1, 6, 10)
    fields = NOISE.draw(FIXED, signal.shape, stream(0, "noise", 0))
    image = NOISE.apply(FIXED, 0.2, fields, signal)
    assert image == pytest.approx(signal + 0.2 * fields[0], abs=1e-6)
    assert image.min() < 0


def test_of_a_complex_signal_the_magnitude_is_seen():
    signal = np.full((1, 4, 6), -0.6 + 0.8j, np.complex64)
    fields = NOISE.draw(FIXED, signal.shape, stream(0, "noise", 0))
    image = NOISE.apply(FIXED, 0.2, fields, signal)
    assert image == pytest.approx(1 + 0.2 * fields[0], abs=1e-6)


def test_noise_is_white():
    fields = [NOISE.draw(FIXED, (1, 24, 40), stream(0, "noise", i)) for i in range(300)]
    power = np.mean([np.abs(np.fft.rfft2(f[0, 0])) ** 2 for f in fields], axis=0)
    assert power / (24 * 40) == pytest.approx(np.ones(power.shape), abs=0.45)
    assert (power / (24 * 40)).mean() == pytest.approx(1, abs=0.01)
