import numpy as np
import pytest

from simbench.psf import blur, transfer


@pytest.mark.parametrize("psf", [0.0, 0.5, 1.2])
def test_transfer_is_the_gain_of_blur_for_waves(psf):
    frequency = 5 / 64
    wave = np.cos(2 * np.pi * frequency * np.arange(64))[None].repeat(48, 0)
    found = blur(wave, psf)[:, 16:48]
    expected = transfer(psf, np.array([frequency]))[0] * wave[:, 16:48]
    assert found == pytest.approx(expected, abs=1e-6)
