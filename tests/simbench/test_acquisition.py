import numpy as np
import pytest
from scipy.special import ive

from simbench.acquisition import Acquisition, Bias, blur, conditions, expose, transfer


def parameters(**changes):
    values = {
        "psf": 0.7,
        "bias": Bias(degree=3, strength=0.2),
        "noise": (0.1, 0.1),
        "gain": 0.0,
        "offset": 0.0,
        "window": (0.0, 2.55),
    }
    return Acquisition(**(values | changes))


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0, 3.0, 10.0])
def test_noise_has_the_moments_of_rice(ratio):
    sigma, levels = 0.1, 1000.0
    # a window of 2.55 at most 0.01 a level: widen the scale to see small noise
    options = parameters(bias=Bias(degree=1, strength=0.0), window=(0.0, 255 / levels))
    options = options.model_copy(update={"noise": (0.01, 0.01)})
    sigma = 0.01
    signal = np.full((400, 400), ratio * sigma, np.float32)
    drawn = conditions(options, np.ones(signal.shape, bool), 0, 0)
    image = expose(signal, drawn, options).astype(float) / levels
    half = ratio**2 / 4
    laguerre = (1 + 2 * half) * ive(0, half) + 2 * half * ive(1, half)
    mean = sigma * np.sqrt(np.pi / 2) * laguerre
    square = (ratio * sigma) ** 2 + 2 * sigma**2
    assert image.mean() == pytest.approx(mean, rel=0.005)
    assert image.var() == pytest.approx(square - mean**2, rel=0.03)


def test_without_signal_noise_is_rayleigh():
    options = parameters(bias=Bias(degree=1, strength=0.0))
    drawn = conditions(options, np.ones((300, 300), bool), 0, 0)
    image = expose(np.zeros((300, 300), np.float32), drawn, options) / 100
    assert image.mean() == pytest.approx(0.1 * np.sqrt(np.pi / 2), rel=0.01)
    assert image.var() == pytest.approx(0.1**2 * (2 - np.pi / 2), rel=0.02)


@pytest.mark.parametrize("size", [(40, 40), (24, 56)])
def test_the_bias_field_has_no_global_gain(size):
    tissue = np.zeros(size, bool)
    tissue[4:-4, 6:-8] = True
    fields = [conditions(parameters(), tissue, 1, i) for i in range(300)]
    for drawn in fields[:20]:
        assert np.log(drawn.bias[tissue]).mean() == pytest.approx(0, abs=1e-5)
    spread = np.mean([drawn.factors["bias"] ** 2 for drawn in fields])
    assert 0.05 < np.sqrt(spread) < 0.3


def test_both_axes_of_the_bias_field_vary_alike():
    tissue = np.ones((40, 40), bool)
    fields = [np.log(conditions(parameters(), tissue, 2, i).bias) for i in range(400)]
    rows = np.mean([drawn.mean(1).var() for drawn in fields])
    columns = np.mean([drawn.mean(0).var() for drawn in fields])
    assert rows == pytest.approx(columns, rel=0.2)


def test_gain_and_offset_shift_levels():
    options = parameters(gain=0.2, offset=0.1, bias=Bias(degree=1, strength=0.0))
    signal = np.full((32, 32), 1.0, np.float32)
    drawn = conditions(options, np.ones((32, 32), bool), 0, 5)
    plain = conditions(parameters(bias=options.bias), np.ones((32, 32), bool), 0, 5)
    image, reference = (
        expose(signal, c, options).astype(float) / 100 for c in (drawn, plain)
    )
    expected = drawn.gain * reference + drawn.offset
    assert image == pytest.approx(expected, abs=0.012)


def test_no_tissue_is_no_error():
    drawn = conditions(parameters(), np.zeros((20, 20), bool), 0, 0)
    assert np.isfinite(drawn.bias).all()
    assert drawn.factors["bias"] == 0


@pytest.mark.parametrize("psf", [0.0, 0.5, 1.2])
def test_transfer_is_the_gain_of_blur_for_waves(psf):
    frequency = 5 / 64
    wave = np.cos(2 * np.pi * frequency * np.arange(64))[None].repeat(64, 0)
    found = blur(wave, psf)[:, 16:48]
    expected = transfer(psf, np.array([frequency]))[0] * wave[:, 16:48]
    assert found == pytest.approx(expected, abs=1e-6)
