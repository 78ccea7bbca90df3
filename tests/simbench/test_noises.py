"""What every entry of the table of noises must do."""

import itertools

import numpy as np
import pytest
from scipy import ndimage

from simbench.assignment import assign
from simbench.noises import NOISES
from simbench.phantoms import draw
from simbench.psf import REACH
from simbench.recipe import parse
from simbench.streams import stream

SIZE = (40, 56)
ERRORS = 4.5  # standard errors that a Monte-Carlo result may be off


@pytest.fixture(params=NOISES.values(), ids=list(NOISES))
def noise(request):
    return request.param


@pytest.fixture
def parameters(noise, example):
    return example("noises", noise.name)


@pytest.fixture
def table(parameters):
    """Return the law's table of a recipe."""
    return parameters.model_dump(exclude_none=True)


def level_of(noise, parameters, index=0):
    return noise.level(parameters, stream(0, "exposure", index))


def fields_of(noise, parameters, index=0, shape=(1, *SIZE)):
    return noise.draw(parameters, shape, stream(0, "noise", index))


def flat(value, shape=(1, *SIZE)):
    return np.full(shape, value, np.float32)


def first(recipe, lesion):
    return next(i for i in range(99) if assign(recipe, i).lesion == lesion)


def test_moments_are_those_of_the_formulae_at_five_ratios(noise, parameters):
    """On the same draws for all signals, so on both images of every pair."""
    level = level_of(noise, parameters)
    unit = noise.deviation(parameters, level, 1.0)
    signals = unit * np.array([0.0, 0.5, 1.0, 3.0, 10.0])
    means, deviations = noise.moments(parameters, level, signals)
    found = np.empty((2, 5, 150))
    for index in range(150):
        fields = fields_of(noise, parameters, index)
        for i, signal in enumerate(signals):
            image = noise.apply(parameters, level, fields, flat(signal))
            found[0, i, index] = image.mean(dtype=float)
            found[1, i, index] = ((image.astype(float) - means[i]) ** 2).mean()
    errors = found.std(axis=2, ddof=1) / np.sqrt(150)
    assert (errors[1] <= 0.01 * deviations**2).all()  # the test is sharp
    off = np.abs(found.mean(axis=2) - [means, deviations**2])
    assert (off <= ERRORS * errors + 1e-7).all()


def test_moments_of_arrays_have_the_signal_s_shape(noise, parameters):
    level = level_of(noise, parameters)
    signal = np.linspace(0, 2, 24).reshape(2, 3, 4)
    for found in noise.moments(parameters, level, signal):
        assert found.shape == signal.shape
        assert np.isfinite(found).all()
        assert (found >= 0).all()


def test_levels_lie_in_the_recipe_s_range(noise, parameters, table):
    low, high = next(
        table[key] for key in ("sigma", "photons", "looks") if key in table
    )
    levels = [level_of(noise, parameters, i) for i in range(100)]
    assert all(type(level) is float for level in levels)
    assert low <= min(levels) < max(levels) <= high
    assert min(levels) < low + (high - low) / 2 < max(levels)


def test_fields_are_standard_normal_and_not_shared(noise, parameters):
    fields = np.stack([fields_of(noise, parameters, i) for i in range(100)])
    assert fields.dtype == np.float32
    assert fields.mean() == pytest.approx(0, abs=0.02)
    assert fields.var(dtype=float) == pytest.approx(1, abs=0.02)
    assert np.abs(fields).max() < 9
    assert (fields[3] == fields_of(noise, parameters, 3)).all()
    assert (fields[3] != fields[4]).mean() > 0.99


def test_channels_and_fields_are_independent(noise, parameters):
    shape = (3, *SIZE)
    drawn = [fields_of(noise, parameters, i, shape) for i in range(100)]
    planes = np.stack([d.reshape(-1, *SIZE) for d in drawn])
    for one, two in itertools.combinations(range(planes.shape[1]), 2):
        assert (planes[:, one] * planes[:, two]).mean() == pytest.approx(0, abs=0.02)
    level = level_of(noise, parameters)
    signal = flat(0.7, shape) * np.float32([1, 0.5, 2])[:, None, None]
    image = noise.apply(parameters, level, drawn[0], signal)
    assert image.shape == shape
    for channel in range(3):
        part = slice(channel, channel + 1)
        alone = noise.apply(parameters, level, drawn[0][:, part], signal[part])
        assert (image[part] == alone).all()


def test_a_pixel_s_signal_changes_no_other_pixel(noise, parameters):
    level, fields = level_of(noise, parameters), fields_of(noise, parameters)
    one, two = flat(0.7), flat(0.7)
    two[0, 5, 9] = 1.4
    images = [noise.apply(parameters, level, fields, s) for s in (one, two)]
    assert images[0].dtype == np.float32
    different = images[0] != images[1]
    assert different[0, 5, 9]
    assert different.sum() == 1


def test_the_signal_is_left_alone(noise, parameters):
    level, fields = level_of(noise, parameters), fields_of(noise, parameters)
    signal, before = flat(0.7), fields.copy()
    noise.apply(parameters, level, fields, signal)
    assert (signal == np.float32(0.7)).all()
    assert (fields == before).all()


def test_a_complex_signal_without_phase_is_as_a_real_one(noise, parameters):
    level, fields = level_of(noise, parameters), fields_of(noise, parameters)
    signal = np.abs(fields[0]) + np.float32(0.1)
    real = noise.apply(parameters, level, fields, signal)
    other = noise.apply(parameters, level, fields, signal.astype(np.complex64))
    assert other.dtype == np.float32
    assert other == pytest.approx(real, abs=1e-6)


def test_phase_does_not_matter_to_mean_and_deviation(noise, parameters):
    level = level_of(noise, parameters)
    signal = (flat(0.5) * np.exp(2j)).astype(np.complex64)
    images = np.stack(
        [
            noise.apply(parameters, level, fields_of(noise, parameters, i), signal)
            for i in range(150)
        ]
    )
    mean, deviation = noise.moments(parameters, level, np.array([0.5]))
    assert images.mean(dtype=float) == pytest.approx(mean[0], abs=0.02 * deviation[0])
    assert images.std(dtype=float) == pytest.approx(deviation[0], rel=0.01)


def border(signal):
    """Return the ring of two pixels around the border of the spot."""
    spot = signal[0] > 0.5
    return ndimage.binary_dilation(spot) & ~ndimage.binary_erosion(spot)


def pair_with_spot():
    healthy = flat(0.5)
    ill = healthy.copy()
    ill[0, 12:24, 20:38] = 0.8
    return healthy, ill


def test_noise_at_a_lesion_s_border_is_as_elsewhere(noise, parameters):
    level = level_of(noise, parameters)
    drawn = [fields_of(noise, parameters, i) for i in range(200)]
    healthy, ill = pair_with_spot()
    ring = border(ill)
    assert 0.02 < ring.mean() < 0.1
    for signal in (healthy, ill):
        images = [noise.apply(parameters, level, f, signal) for f in drawn]
        mean, deviation = noise.moments(parameters, level, signal.astype(float))
        residuals = ((np.stack(images) - mean) / deviation)[:, 0]
        assert (residuals[:, ring] ** 2).mean() == pytest.approx(1, abs=0.05)
        assert (residuals[:, ~ring] ** 2).mean() == pytest.approx(1, abs=0.03)


def test_blending_after_noise_would_be_seen_at_the_border(noise, parameters):
    """The defect of pasted lesions, planted: half of the noise is missing there."""
    level = level_of(noise, parameters)
    healthy, ill = pair_with_spot()
    ring = border(ill)
    opacity = np.where(ring, 0.5, (ill[0] > 0.5).astype(float))
    residuals = []
    for index in range(50):
        first_, second = (
            noise.apply(parameters, level, fields_of(noise, parameters, i), s)
            for i, s in ((index, healthy), (index + 999, ill))
        )
        mean = [
            noise.moments(parameters, level, s.astype(float)) for s in (healthy, ill)
        ]
        pasted = (1 - opacity) * first_ + opacity * second
        expected = (1 - opacity) * mean[0][0] + opacity * mean[1][0]
        residuals.append((pasted - expected) / mean[0][1])
    ratio = np.stack(residuals)[:, 0][:, ring].var() / np.stack(residuals)[:, 0].var()
    assert ratio < 0.9


def test_images_of_a_pair_differ_near_the_lesion_only(table, tiny_with):
    recipe = tiny_with({"acquisition.noise": table})
    for lesion in ("focal", "texture_swap"):
        index = first(recipe, lesion)
        sample, healthy = draw(recipe, index), draw(recipe, index, lesions="none")
        reach = int(REACH * recipe.acquisition.psf + 0.5) + 1
        touched = ndimage.binary_dilation(
            sample.effect > 0, np.ones((3, 3)), iterations=reach
        )
        assert (~touched).mean() > 0.1
        assert (sample.image[~touched] == healthy.image[~touched]).all()
        assert (sample.image[sample.mask] != healthy.image[sample.mask]).mean() > 0.4
        assert sample.factors == healthy.factors


def test_masks_do_not_depend_on_the_noise(table, tiny, tiny_with):
    recipe = tiny_with({"acquisition.noise": table})
    index = first(recipe, "focal")
    sample, plain = draw(recipe, index), draw(tiny, index)
    for name in ("mask", "distinctive", "instances", "effect", "tissue"):
        assert (getattr(sample, name) == getattr(plain, name)).all()


def test_a_recipe_with_the_law_is_read_back(table, tiny_with):
    recipe = tiny_with({"acquisition.noise": table})
    assert parse(recipe.toml()) == recipe
