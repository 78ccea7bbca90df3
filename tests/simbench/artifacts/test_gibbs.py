import numpy as np
import pytest
from scipy import fft

from simbench.artifacts.gibbs import ARTIFACT, Gibbs
from simbench.streams import stream

SIZES = [(40, 56), (33, 20), (27, 45)]


def plan_of(kept, size):
    parameters = Gibbs(kind="gibbs", kept=(kept, kept))
    return ARTIFACT.plan(parameters, size, stream(0, "artifact", 0))


def noise_of(size):
    return fft.fft2(stream(0, "noise", 0).normal(1, *size)).astype(np.complex64)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kept", [0.3, 0.55, 1.0])
def test_twice_is_as_once(size, kept):
    plan, spectra = plan_of(kept, size), noise_of(size)
    once = plan.apply(spectra)
    assert (plan.apply(once) == once).all()
    assert np.linalg.norm(once) < np.linalg.norm(spectra)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kept", [0.3, 0.55, 1.0])
def test_a_real_image_stays_real(size, kept):
    """The trap of half spectra: a frequency kept without its negative."""
    image = fft.ifft2(plan_of(kept, size).apply(noise_of(size)))
    assert np.abs(image.imag).max() < 1e-5 * np.abs(image.real).max()


@pytest.mark.parametrize("size", SIZES)
def test_waves_within_the_radius_stay_and_others_go(size):
    """In every direction: both diagonals, both axes."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    plan = plan_of(0.61, size)
    for down in range(-(height // 2) + 1, (height + 1) // 2, 4):
        for right in range(-(width // 2) + 1, (width + 1) // 2, 4):
            wave = np.exp(2j * np.pi * (down * y / height + right * x / width))
            kept = np.hypot(down / height, right / width) <= 0.305
            spectrum = fft.fft2(wave)[None].astype(np.complex64)
            found = fft.ifft2(plan.apply(spectrum))[0]
            assert found == pytest.approx(wave * kept, abs=1e-4)


def test_an_edge_overshoots_by_the_constant_of_gibbs():
    """Wilbraham-Gibbs: 8.95 % of the step, whatever is kept."""
    image = np.zeros((1, 64, 512), np.float32)
    image[..., 128:384] = 1
    found = fft.ifft2(plan_of(0.25, (64, 512)).apply(fft.fft2(image))).real
    assert found.max() == pytest.approx(1.0895, abs=0.01)
    assert found.min() == pytest.approx(-0.0895, abs=0.01)


def test_the_mean_is_kept():
    spectra = noise_of((40, 56))
    assert plan_of(0.3, (40, 56)).apply(spectra)[0, 0, 0] == spectra[0, 0, 0]


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (
            [0.5, 1.2],
            "kept must be [low, high] with high <= 1, the Nyquist frequency, "
            "got [0.5, 1.2]",
        ),
        ([0.0, 0.5], "kept[0] must be > 0, got 0.0"),
        ([0.6, 0.5], "kept must be [low, high] with low <= high, got [0.6, 0.5]"),
    ],
)
def test_the_radius_is_a_share_of_nyquist(tiny_with, kept, message):
    with pytest.raises(ValueError, match="kept") as error:
        tiny_with({"acquisition.artifacts": [{"kind": "gibbs", "kept": kept}]})
    assert str(error.value) == f"tiny.toml: acquisition.artifacts[0].{message}"
