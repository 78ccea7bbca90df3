"""Observers that look at images: what they achieve is what the formulae say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg

from simbench.difficulty.amplitude import amplitude_for
from simbench.difficulty.channelized import hotelling, laguerre_gauss, observed
from simbench.difficulty.columns import columns
from simbench.exams import examine
from simbench.noises import NOISES
from simbench.phantoms import changed, take
from simbench.psf import blur, transfer
from simbench.streams import stream
from simbench.texture import field

PAIRS = 4000  # 1.1 % is the standard error of a standard deviation
SIZE = (40, 44)
GAUSSIAN = {"acquisition.noise": {"kind": "gaussian", "sigma": [0.05, 0.05]}}
RICIAN = {"acquisition.noise": {"kind": "rician", "sigma": [0.05, 0.05]}}
COLORED = {
    "acquisition.noise": {
        "kind": "correlated",
        "sigma": [0.1, 0.1],
        "spectrum": {"slope": 2.0, "length": 4.0},
    }
}
WHITE = {**GAUSSIAN, "texture.contrast": [1e-6, 1e-6]}
LARGE = {
    **GAUSSIAN,
    "lesions.spot.shape": {"radius": [0.2, 0.2]},
    "acquisition.offset": 1.0,
}


def power(spectrum, psf):
    """Return the power of a texture's own field, of unit variance, and its constant."""
    fy, fx = (np.fft.fftfreq(5 * n // 4) for n in SIZE)
    table = (fy[:, None] ** 2 + fx**2 + spectrum.length**-2) ** (-spectrum.slope / 2)
    table *= np.outer(transfer(psf, fy), transfer(psf, fx)) ** 2
    constant, table[0, 0] = table[0, 0], 0
    return table / table.mean(), constant / table.sum()


def covariance(table):
    lags = np.fft.ifft2(table).real
    y, x = (axis.ravel() for axis in np.indices(SIZE))
    return lags[y[:, None] - y, x[:, None] - x]


def images(exam, scene, count):
    """Take many images of one scene: other textures, other noise, the same lesions."""
    recipe = exam.recipe
    spectrum, entry = recipe.texture.spectrum, recipe.acquisition.noise
    textures = np.stack(
        [
            field(stream(5, "texture", i), SIZE, spectrum, scene.psf)
            for i in range(count)
        ]
    )
    law, source = NOISES[entry.kind], stream(5, "noise", 0)
    noise = law.draw(entry, (count, *SIZE), source)
    sharp = scene.intensity + scene.strength * textures
    return law.apply(entry, exam.conditions.level, noise, blur(sharp, scene.psf))


@pytest.mark.parametrize(
    "changes",
    [GAUSSIAN, WHITE, RICIAN, COLORED, LARGE],
    ids=["gaussian", "white", "rician", "colored", "large"],
)
def test_a_matched_filter_finds_what_was_asked_for(uniform_with, changes):
    """d' by Monte Carlo against :func:`amplitude_for`, within 3 %.

    The filter is prewhitened by the covariance of all pixels. A lesion that is large
    against the frame needs an offset that is as uncertain as the longest waves.
    """
    recipe = uniform_with({"size": list(SIZE), **changes})
    exam = examine(recipe, 0, label=1)
    amplitude = amplitude_for(recipe, "spot", 3.0)
    name, place = exam.lesions[0]
    exam = replace(exam, lesions=((name, {**place, "amplitude": amplitude}),))
    scene, kept = changed(exam)
    healthy, pair = images(exam, exam.scene, PAIRS), images(exam, scene, 200)
    shift = (pair.astype(float) - healthy[:200]).mean(axis=0).ravel()
    contrast, noise = recipe.texture.contrast[0], exam.conditions.level
    table, constant = power(recipe.texture.spectrum, 0.7)
    matrix = contrast**2 * covariance(table)
    if changes is COLORED:
        grain = recipe.acquisition.noise.spectrum
        matrix += noise**2 * covariance(power(grain, 0.0)[0])
    else:
        matrix += noise**2 * np.eye(shift.size)
    if changes is LARGE:
        uncertain = contrast * np.sqrt(constant)
        matrix += uncertain**2
        draws = np.random.default_rng(0).standard_normal((PAIRS, 1, 1))
        healthy = healthy + uncertain * draws
    signal = kept[0].change.mean[0].astype(float).ravel()
    filters = np.stack([linalg.solve(matrix, signal, assume_a="pos"), signal])
    responses = healthy.reshape(PAIRS, -1) @ filters.T
    best, blunt = filters @ shift / responses.std(axis=0)
    (row,) = columns(exam, kept)
    assert row["d_ideal"] == pytest.approx(3, rel=1e-5)
    assert best == pytest.approx(3, rel=0.03)
    assert blunt == pytest.approx(row["d_npw"], rel=0.03)
    if changes is GAUSSIAN:
        assert row["d_npw"] < 0.9 * row["d_ideal"]


def test_gray_levels_of_whole_images_show_the_same(uniform_with):
    """The same filter on the images of a dataset, each with its own place."""
    recipe = uniform_with({"size": list(SIZE), **WHITE})
    responses = []
    for index in range(150):
        exam = examine(recipe, index, label=1)
        signal = changed(exam)[1][0].change.mean[0]
        pair = [take(exam, which).image.astype(float) for which in ("all", "none")]
        level = exam.scene.intensity.mean() / 2 * 65535
        responses.append([(signal * (image - level)).sum() for image in pair])
    found, missed = np.transpose(responses)
    assert (found - missed).mean() / missed.std() == pytest.approx(3, rel=0.15)
    assert (found - missed).std() < 0.01 * (found - missed).mean()


def test_a_channelized_observer_lies_between(uniform_with):
    recipe = uniform_with(
        {
            "texture.contrast": [0.2, 0.2],
            "texture.spectrum": {"slope": 3.0, "length": 16.0},
            "splits": {"train": 1000, "validation": 0, "test": 0},
            "lesions.spot.shape": {
                "radius": [0.055, 0.055],
                "elongation": 1.0,
                "irregularity": 0.0,
            },
            "lesions.spot.sign": "balanced",
            "lesions.spot.d_prime": [4.0, 4.0],
        }
    )
    channels = laguerre_gauss(33, width=10.0)
    found = hotelling(*observed(recipe, "spot", range(1000), channels))
    exam = examine(recipe, 0, label=1)
    (row,) = columns(exam, changed(exam)[1])
    assert found.lesions == 500
    assert found.channels == 10
    assert 1.2 * row["d_npw"] < found.paired < 1.05 * row["d_ideal"]
    assert found.paired > 0.8 * row["d_ideal"]
    assert found.unpaired == pytest.approx(found.paired, rel=0.2)
    assert found.uncorrected > found.unpaired
