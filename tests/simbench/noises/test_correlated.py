import numpy as np
import pytest

from simbench.noises.correlated import NOISE, Correlated
from simbench.streams import stream
from simbench.texture import Spectrum

LAW = Correlated(
    kind="correlated", sigma=(0.1, 0.1), spectrum=Spectrum(slope=2.0, length=8.0)
)


def test_the_spectrum_is_that_of_the_recipe():
    """Along both axes alike: halved columns of the half spectrum would be seen."""
    size = (40, 56)
    fields = [NOISE.draw(LAW, (1, *size), stream(0, "noise", i)) for i in range(600)]
    window = np.outer(np.hanning(40), np.hanning(56))
    power = np.mean(
        [np.abs(np.fft.fft2(f[0, 0] * window)) ** 2 for f in fields], axis=0
    )
    squared = np.fft.fftfreq(40)[:, None] ** 2 + np.fft.fftfreq(56)[None] ** 2
    wanted = 1 / (squared + 1 / 64)
    chosen = (squared > 0.08**2) & (squared < 0.4**2)
    ratio = power[chosen] / wanted[chosen]
    assert ratio / ratio.mean() == pytest.approx(np.ones(ratio.size), abs=0.35)
    down, right = power[4:12, 0], power[0, 6:16]
    wanted_down, wanted_right = wanted[4:12, 0], wanted[0, 6:16]
    ratios = (down / wanted_down).mean(), (right / wanted_right).mean()
    assert ratios[0] == pytest.approx(ratios[1], rel=0.08)


def test_a_white_spectrum_is_gaussian_noise():
    white = Correlated(
        kind="correlated", sigma=(0.1, 0.1), spectrum=Spectrum(slope=0.0, length=8.0)
    )
    fields = np.stack(
        [NOISE.draw(white, (1, 40, 56), stream(0, "noise", i)) for i in range(100)]
    )
    near = (fields[..., 1:] * fields[..., :-1]).mean()
    assert near == pytest.approx(0, abs=0.01)
    assert fields.var(dtype=float) == pytest.approx(1, abs=0.01)


def test_it_is_added_after_the_blur_so_its_variance_is_one_as_it_is():
    fields = [NOISE.draw(LAW, (1, 40, 56), stream(0, "noise", i)) for i in range(300)]
    assert np.var(fields) == pytest.approx(1, abs=0.02)
    signal = np.full((1, 40, 56), 0.5, np.float32)
    image = NOISE.apply(LAW, 0.1, fields[0], signal)
    assert image == pytest.approx(0.5 + 0.1 * fields[0][0], abs=1e-6)
