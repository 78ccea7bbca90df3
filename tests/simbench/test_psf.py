import numpy as np
import pytest
from scipy import ndimage

from simbench.psf import REACH, blur, transfer


@pytest.mark.parametrize("psf", [0.0, 0.5, 1.2])
def test_transfer_is_the_gain_of_blur_for_waves(psf):
    frequency = 5 / 64
    wave = np.cos(2 * np.pi * frequency * np.arange(64))[None].repeat(48, 0)
    found = blur(wave, psf)[:, 16:48]
    expected = transfer(psf, np.array([frequency]))[0] * wave[:, 16:48]
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("psf", [0.01, 0.3, 0.7, 1.2, 9.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blur_is_scipy_s_gaussian_filter(psf, dtype):
    image = np.random.default_rng(0).normal(size=(2, 30, 41)).astype(dtype)
    expected = ndimage.gaussian_filter(
        image.astype(float), psf, truncate=REACH, mode="nearest", axes=(-2, -1)
    )
    found = blur(image, psf)
    assert found.dtype == dtype
    assert found == pytest.approx(expected, abs=1e-6)


def test_no_blur_however_small_is_undefined():
    image = np.eye(4, 6)
    for psf in (0.0, 5e-324, 1e-3):
        assert (blur(image, psf) == image).all()
