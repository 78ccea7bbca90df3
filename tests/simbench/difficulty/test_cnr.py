from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.difficulty.cnr import contrast, retention
from simbench.noises import NOISES
from simbench.streams import stream

RICIAN = NOISES["rician"]


def rician(parameters, sigma=0.1):
    return partial(RICIAN.moments, parameters, sigma)


def test_ratios_are_those_of_the_mean_on_the_mask(lesion_of, example):
    lesion = lesion_of(4.0, 0.1, 0.3, -0.2)
    change = np.abs(lesion.signal[0][lesion.mask].mean())
    found = contrast(lesion, rician(example("noises", "rician")))
    assert found.noise == pytest.approx(change / 0.1)
    assert found.local == pytest.approx(change / np.sqrt(0.01 + 0.09))
    assert found.image == pytest.approx(found.noise, rel=0.01)


def test_channels_count_by_their_root_mean_square(lesion_of, example):
    moments = rician(example("noises", "rician"))
    one = contrast(lesion_of(4.0, 0.1, 0.0, 1.0), moments)
    three = contrast(lesion_of(4.0, 0.1, np.zeros(3), (1.0, -2.0, 0.0)), moments)
    assert three.noise == pytest.approx(one.noise * np.sqrt(5 / 3))


def test_where_there_is_no_noise_there_is_no_ratio(lesion_of, example):
    lesion = lesion_of(4.0, 0.0)
    assert np.isnan(contrast(lesion, rician(example("noises", "rician"), 0.0)).noise)
    whole = lesion_of()
    empty = replace(whole, mask=np.zeros_like(whole.mask))
    assert np.isnan(contrast(empty, rician(example("noises", "rician"))).local)


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.0, 0.0), (0.5, 0.44), (1.0, 0.72), (2.0, 0.92), (3.0, 0.97)],
)
def test_rician_noise_keeps_what_is_known(ratio, expected, example):
    moments = rician(example("noises", "rician"), 0.3)
    found = retention(moments, np.array([0.3 * ratio]), np.array([0.3]))
    assert found[0] == pytest.approx(expected, abs=0.006)


@given(st.floats(0, 20), st.floats(1e-3, 10))
def test_rician_noise_keeps_less_than_all(example, ratio, sigma):
    moments = rician(example("noises", "rician"), sigma)
    found = retention(moments, np.array([ratio * sigma]), np.array([sigma]))
    assert -1e-9 <= found[0] <= 1 + 1e-4


@pytest.mark.parametrize("kind", list(NOISES))
@pytest.mark.parametrize("signal", [0.3, 1.0])
def test_every_law_keeps_what_its_own_draws_show(kind, signal, example):
    """Mean of images with a little more signal, over their standard deviation."""
    law, parameters = NOISES[kind], example("noises", kind)
    level = law.level(parameters, stream(0, "exposure", 0))
    sigma = law.deviation(parameters, level, signal)
    fields = law.draw(parameters, (1, 500, 600), stream(0, "noise", 0))
    step = np.float32(0.5 * sigma)
    low, middle, high = (
        law.apply(parameters, level, fields, np.full((1, 500, 600), s, np.float32))
        for s in (signal - step, signal, signal + step)
    )
    expected = (high - low).mean() / (2 * step) * sigma / middle.std()
    found = retention(
        partial(law.moments, parameters, level), np.array([signal]), np.array([sigma])
    )
    assert found[0] == pytest.approx(expected, rel=0.03)
