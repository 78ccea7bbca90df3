from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import fft

from simbench.acquisition import FINE, Acquisition, conditions, expose, quantized
from simbench.artifacts import ARTIFACTS
from simbench.assignment import assign
from simbench.bias import Bias
from simbench.noises import NOISES
from simbench.phantoms import draw
from simbench.streams import stream

SIZE = (40, 56)
TISSUE = np.zeros(SIZE, bool)
TISSUE[6:-6, 8:-8] = True


def noise(kind="rician", **values):
    return NOISES[kind].parameters(kind=kind, **values)


def artifact(kind, **values):
    return ARTIFACTS[kind].parameters(kind=kind, **values)


def parameters(**changes):
    values = {
        "psf": 0.7,
        "bias": Bias(degree=3, strength=0.2),
        "noise": noise(sigma=(0.1, 0.1)),
        "gain": 0.0,
        "offset": 0.0,
        "window": (0.0, 2.0),
    }
    return Acquisition(**(values | changes))


def opened(index, stage, part=0):
    return stream(0, stage, index, part)


def drawn(options, index=0, channels=1, tissue=TISSUE):
    return conditions(options, tissue, channels, partial(opened, index))


def flat(value, channels=1):
    return np.full((channels, *SIZE), value, np.float32)


SILENT = noise(sigma=(0.0, 0.0))
EVEN = Bias(degree=1, strength=0.0)


def test_without_noise_an_image_is_the_object_times_bias_and_gain_plus_offset():
    options = parameters(noise=SILENT, gain=0.2, offset=0.1, window=(-0.2, 1.8))
    found = drawn(options)
    signal = np.abs(stream(1, "texture", 0).normal(1, *SIZE))
    seen = signal * found.bias * found.gain + found.offset
    expected = (seen + 0.2) / 2
    assert expose(signal, found, options) == pytest.approx(expected, abs=1e-5)
    assert found.gain != 1
    assert found.offset != 0


def test_conditions_are_the_same_whenever_they_are_drawn():
    options = parameters(gain=0.2, artifacts=(artifact("motion", amount=(1.0, 2.0)),))
    one, two, other = (drawn(options, index) for index in (0, 0, 1))
    assert one.factors == two.factors
    assert (one.noise == two.noise).all()
    assert (one.bias == two.bias).all()
    assert one.factors != other.factors
    assert set(one.factors) >= {"noise", "gain", "offset", "bias", "motion_amount"}


def test_noise_comes_after_the_bias_field():
    """The deviation of noise is the same where the field is strong and weak."""
    options = parameters(
        noise=noise(sigma=(0.02, 0.02)), bias=Bias(degree=1, strength=0.5)
    )
    images = []
    for index in range(200):
        found = drawn(options, index)
        mean = NOISES["rician"].moments(
            options.noise, 0.02, found.bias.astype(float)[None]
        )
        residual = (2 * expose(flat(1.0), found, options) - mean[0]) / mean[1]
        images.append((found.bias, residual[0]))
    field, residual = (np.stack(x) for x in zip(*images, strict=True))
    for part in (field < 0.8, field > 1.25):
        assert residual[part].var() == pytest.approx(1, abs=0.03)


def test_noise_comes_after_k_space():
    """Gibbs takes high frequencies from the object, none from the noise."""
    law = noise("gaussian", sigma=(0.1, 0.1))
    cut = artifact("gibbs", kept=(0.3, 0.3))
    options = parameters(noise=law, bias=EVEN, artifacts=(cut,))
    high = np.hypot(*np.meshgrid(fft.fftfreq(40), fft.fftfreq(56), indexing="ij")) > 0.4
    power = []
    for index in range(100):
        image = 2 * expose(flat(1.0), drawn(options, index), options)
        power.append(np.abs(fft.fft2(image[0]))[high] ** 2 / (40 * 56))
    assert np.mean(power) == pytest.approx(0.01, rel=0.03)


def test_artifacts_act_on_the_object_under_its_bias_field_in_the_recipe_s_order():
    entries = (
        artifact("spikes", amplitude=(0.2, 0.2)),
        artifact("motion", amount=(2.0, 2.0)),
    )
    signal = np.abs(stream(1, "texture", 0).normal(1, *SIZE))
    images = []
    for order in (entries, entries[::-1]):
        options = parameters(noise=SILENT, artifacts=order)
        found = drawn(options)
        spectra = fft.fft2(signal * found.bias)
        for plan in found.plans:
            spectra = plan.apply(spectra)
        expected = np.abs(fft.ifft2(spectra)) / 2
        images.append(expose(signal, found, options))
        assert images[-1] == pytest.approx(expected, abs=1e-5)
    assert np.abs(images[0] - images[1]).max() > 0.01


def test_equal_artifacts_are_drawn_apart_and_told_apart():
    entry = artifact("ghosting", period=(3.0, 6.0), strength=(0.1, 0.2))
    found = drawn(parameters(artifacts=(entry, entry)))
    assert len(found.plans) == 2
    one, two = (found.factors[f"{name}_period"] for name in ("ghosting", "ghosting2"))
    assert one != two


def test_every_channel_has_its_own_noise_and_the_same_field():
    options = parameters(noise=noise("gaussian", sigma=(0.1, 0.1)))
    found = drawn(options, channels=3)
    image = expose(flat(1.0, 3), found, options)
    residual = 2 * image - found.bias
    assert residual.std(axis=(1, 2)) == pytest.approx(np.full(3, 0.1), rel=0.05)
    assert np.corrcoef(residual.reshape(3, -1)) == pytest.approx(np.eye(3), abs=0.07)
    silent = parameters(noise=SILENT)
    image = expose(flat(1.0, 3), drawn(silent, channels=3), silent)
    assert (image == image[:1]).all()


def test_gain_and_offset_are_one_number_for_an_image():
    options = parameters(gain=0.2, offset=0.1)
    for index in range(5):
        found = drawn(options, index)
        plain = replace(found, gain=1.0, offset=0.0)
        signal = flat(0.7)
        expected = found.gain * expose(signal, plain, options) + found.offset / 2
        assert expose(signal, found, options) == pytest.approx(expected, abs=1e-6)
    gains = np.log([drawn(options, index).gain for index in range(500)])
    offsets = np.array([drawn(options, index).offset for index in range(500)])
    assert gains.std() == pytest.approx(0.2, rel=0.1)
    assert offsets.std() == pytest.approx(0.1, rel=0.1)
    assert gains.mean() == pytest.approx(0, abs=0.03)


def test_no_tissue_is_no_error():
    found = drawn(parameters(), tissue=np.zeros((20, 24), bool))
    assert np.isfinite(found.bias).all()
    assert found.factors["bias"] == 0


def test_gamma_bends_the_window_between_black_and_white():
    plain, bent = (
        parameters(noise=SILENT, bias=EVEN, window=(-0.5, 1.5), gamma=gamma)
        for gamma in (1.0, 0.5)
    )
    for value, shown in ((-0.5, 0.0), (0.0, 0.5), (1.5, 1.0), (1.0, np.sqrt(0.75))):
        signal = flat(abs(value))
        offset = replace(drawn(plain), offset=value - abs(value))
        assert expose(signal, offset, bent) == pytest.approx(
            np.full((1, *SIZE), shown if value else np.sqrt(0.25)), abs=1e-6
        )
    dark = replace(drawn(plain), offset=-2.0)
    assert (expose(flat(0.5), dark, bent) == 0).all()
    assert (expose(flat(0.5), dark, plain) < 0).all()


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_quantization_rounds_to_the_nearest_level(bits):
    top = 2**bits - 1
    levels = np.linspace(-0.2, 1.2, 960).astype(np.float32).reshape(1, 24, 40)
    found = quantized(levels, bits)
    assert found.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert found.shape == (24, 40)
    assert found.min() == 0
    assert found.max() == top
    clipped = np.clip(levels[0].astype(float), 0, 1) * top
    assert np.abs(found - clipped).max() <= 0.51


@given(st.sampled_from([8, 10, 12, 16]), st.integers(0, 2**16 - 1))
def test_quantization_gives_every_level_back(bits, level):
    top = 2**bits - 1
    level = level % (top + 1)
    found = quantized(np.full((1, 2, 3), level / top, np.float32), bits)
    assert (found == level).all()


def test_channels_come_last():
    image = np.stack([flat(v)[0] for v in (0.0, 0.5, 1.0)])
    found = quantized(image, 8)
    assert found.shape == (*SIZE, 3)
    assert found[3, 5].tolist() == [0, 128, 255]
    assert found.flags.c_contiguous


@pytest.mark.parametrize("bits", [8, 12])
@pytest.mark.parametrize(
    "law",
    [
        noise("gaussian", sigma=(0.03, 0.03)),
        noise("poisson", photons=(500.0, 500.0)),
        noise("speckle", looks=(4, 4)),
    ],
    ids=lambda law: law.kind,
)
def test_noise_in_gray_levels_is_what_images_have(law, bits):
    options = parameters(noise=law, bias=EVEN, gain=0.2, window=(-0.5, 2.5), bits=bits)
    for index in range(3):
        found = drawn(options, index)
        levels = quantized(expose(flat(1.0), found, options), bits)
        rounding = 1 / 12
        deviation = np.sqrt(levels.astype(float).var() - rounding)
        wanted = found.factors["noise_gray_levels"]
        assert deviation == pytest.approx(wanted, rel=0.07)


def test_from_two_gray_levels_on_rounding_does_not_matter():
    normal = np.random.default_rng(0).standard_normal(400_000) * FINE
    rounded = np.rint(normal + 0.3)
    assert rounded.std() == pytest.approx(FINE, rel=0.015)
    assert rounded.std() > FINE * 1.005


@pytest.mark.parametrize(
    "changes",
    [
        {"acquisition.noise.sigma": [0.3, 0.3]},
        {"acquisition.gain": 0.5},
        {"acquisition.offset": 0.5},
        {"acquisition.bias": {"degree": 6, "strength": 0.4}},
        {"acquisition.window": [0.4, 0.9]},
        {"acquisition.bits": 16},
        {"acquisition.gamma": 2.2},
        {"acquisition.artifacts": [{"kind": "motion", "amount": [3.0, 4.0]}]},
    ],
    ids=lambda changes: next(iter(changes)).split(".")[1],
)
def test_no_stage_of_the_acquisition_touches_a_mask(tiny, tiny_with, changes):
    recipe = tiny_with(changes)
    for lesion in ("focal", "texture_swap"):
        index = next(i for i in range(44) if assign(tiny, i).lesion == lesion)
        plain, sample = draw(tiny, index), draw(recipe, index)
        for name in ("mask", "distinctive", "instances", "effect", "tissue"):
            assert (getattr(sample, name) == getattr(plain, name)).all()
        assert sample.lesions == plain.lesions
        assert (sample.image != plain.image).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gain": -0.1}, "gain must be >= 0, got -0.1"),
        ({"gain": 1.5}, "gain must be <= 1, got 1.5"),
        ({"offset": -0.1}, "offset must be >= 0, got -0.1"),
        ({"psf": -0.1}, "psf must be >= 0, got -0.1"),
        ({"gamma": 0.0}, "gamma must be >= 0.2, got 0.0"),
        ({"bits": 9}, "bits must be 8, 10, 12 or 16, got 9"),
        (
            {"window": [1.0, 1.0]},
            "window must be [black, white] with black < white, got [1.0, 1.0]",
        ),
        (
            {"noise": {"kind": "rician", "sigma": [-0.1, 0.1]}},
            "noise.sigma[0] must be >= 0, got -0.1",
        ),
        (
            {"noise": {"kind": "rician", "sigma": [0.2, 0.1]}},
            "noise.sigma must be [low, high] with low <= high, got [0.2, 0.1]",
        ),
        (
            {"noise": {"kind": "ricain", "sigma": [0.1, 0.1]}},
            f"noise.kind must be one of {', '.join(NOISES)}, got 'ricain'; "
            "did you mean 'rician'?",
        ),
        (
            {"artifacts": [{"kind": "gibs", "kept": [0.5, 0.5]}]},
            f"artifacts[0].kind must be one of {', '.join(ARTIFACTS)}, got 'gibs'; "
            "did you mean 'gibbs'?",
        ),
    ],
)
def test_ranges_are_checked(tiny_with, changes, message):
    with pytest.raises(ValueError, match="tiny") as error:
        tiny_with({f"acquisition.{key}": value for key, value in changes.items()})
    assert str(error.value) == f"tiny.toml: acquisition.{message}"
