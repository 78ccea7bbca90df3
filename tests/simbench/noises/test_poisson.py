import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr, ndtri

from simbench.noises.poisson import EXACT, NOISE, Poisson
from simbench.streams import stream

FIXED = Poisson(kind="poisson", photons=(1.0, 1.0))
SHARES = 400_000


def counts(means, normals):
    """Count photons at level 1: the signal is the mean."""
    means, normals = (
        np.asarray(x, np.float32).reshape(1, 1, -1) for x in (means, normals)
    )
    return NOISE.apply(FIXED, 1.0, normals[None], means)[0, 0]


@given(st.floats(0, EXACT, exclude_max=True, width=32), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_small_means_are_inverted_exactly(mean, index):
    normals = NOISE.draw(FIXED, (1, 8, 12), stream(0, "noise", index)).ravel()
    expected = stats.poisson.isf(ndtr(-normals.astype(float)), mean)
    assert (counts(np.full(96, mean), normals) == expected).all()


def test_small_means_agree_with_the_quantile_function():
    shares = (np.arange(2000) + 0.5) / 2000
    normals = ndtri(shares).astype(np.float32)
    for mean in (0.01, 0.3, 1.0, 4.5, 11.9):
        mean = float(np.float32(mean))
        exact = stats.poisson.ppf(ndtr(normals.astype(float)), mean)
        assert (counts(np.full(2000, mean), normals) == exact).all()


@pytest.mark.parametrize("mean", [12.0, 13.7, 20.0, 50.0, 300.0, 1e4, 1e6])
def test_large_means_are_off_by_one_at_most_and_rarely(mean):
    some = SHARES // 4 if mean < 1000 else 4000  # SciPy's inversion is slow
    shares = (np.arange(some) + 0.5) / some
    normals = ndtri(shares).astype(np.float32)
    found = counts(np.full(some, mean), normals).astype(float)
    exact = stats.poisson.ppf(ndtr(normals.astype(float)), float(np.float32(mean)))
    assert np.abs(found - exact).max() <= 1
    assert (found != exact).mean() < 0.003


@pytest.mark.parametrize(
    "mean", [1e-3, 0.05, 0.5, 3.0, 11.99, 12.01, 16.0, 40.0, 250.0, 1e4, 1e6]
)
def test_mean_and_variance_are_right_to_a_thousandth(mean):
    """By a midpoint rule over the shares, which is free of sampling error."""
    shares = (np.arange(SHARES) + 0.5) / SHARES
    found = counts(np.full(SHARES, mean), ndtri(shares)).astype(float)
    assert found.mean() == pytest.approx(mean, rel=1e-3)
    assert found.var() == pytest.approx(mean, rel=1e-3)
    if mean > EXACT:  # as the docstring of the expansion says
        assert found.mean() == pytest.approx(mean, rel=1e-6)
        assert found.var() == pytest.approx(mean, rel=6e-5)


def test_very_small_means_have_their_rare_photons():
    """A table of 65,536 normal numbers would have none below 1e-5."""
    above = np.array([0.99e-6, 1.01e-6])
    assert counts(np.full(2, 1e-6), -ndtri(above)).tolist() == [1, 0]


def test_drawn_numbers_have_long_tails():
    drawn = NOISE.draw(FIXED, (1, 1000, 1000), stream(0, "noise", 0))
    assert np.isfinite(drawn).all()
    assert 4.5 < np.abs(drawn).max() < 9
    assert stats.kstest(drawn.ravel()[:50000], stats.norm.cdf).pvalue > 1e-3


@given(
    st.floats(0, 60, width=32), st.floats(0, 60, width=32), st.floats(-6, 6, width=32)
)
@settings(max_examples=300, deadline=None)
def test_more_signal_never_means_fewer_photons(one, two, normal):
    less, more = counts(sorted([one, two]), [normal, normal])
    assert less <= more


def test_no_signal_is_no_photon():
    for signal in (0.0, -0.5):
        assert (counts(np.full(5, signal), [-6, -1, 0, 1, 8]) == 0).all()


def test_read_out_noise_adds_its_variance():
    law = Poisson(kind="poisson", photons=(100.0, 100.0), read=5.0)
    signal = np.full((1, 200, 300), 0.4, np.float32)
    fields = NOISE.draw(law, signal.shape, stream(0, "noise", 0))
    assert len(fields) == 2
    image = NOISE.apply(law, 100.0, fields, signal).astype(float)
    mean, deviation = NOISE.moments(law, 100.0, np.array([0.4]))
    assert deviation[0] == pytest.approx(np.sqrt(40 + 25) / 100)
    assert NOISE.deviation(law, 100.0, 0.4) == pytest.approx(deviation[0])
    assert image.mean() == pytest.approx(mean[0], abs=4.5 * deviation[0] / 245)
    assert image.std() == pytest.approx(deviation[0], rel=0.015)


def test_photons_must_be_positive(tiny_with):
    table = {"kind": "poisson", "photons": [0.0, 10.0]}
    with pytest.raises(ValueError, match="photons") as error:
        tiny_with({"acquisition.noise": table})
    assert str(error.value) == (
        "tiny.toml: acquisition.noise.photons[0] must be > 0, got 0.0"
    )
