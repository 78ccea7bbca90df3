import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from simbench.difficulty.channelized import hotelling, laguerre_gauss, observed
from simbench.exams import examine


def draws(random, count, channels, d_prime, paired=True):
    """Draw correlated responses whose true d' is known."""
    mix = random.normal(size=(channels, channels)) + 2 * np.eye(channels)
    shift = random.normal(size=channels)
    shift *= d_prime / np.linalg.norm(shift)
    absent = random.normal(size=(count, channels))
    other = absent if paired else random.normal(size=(count, channels))
    return (other + shift) @ mix.T, absent @ mix.T


def test_channels_are_orthonormal_and_the_first_is_a_gaussian():
    channels = laguerre_gauss(101, 20.0, 6)
    products = np.einsum("iyx,jyx->ij", channels, channels)
    assert products == pytest.approx(np.eye(6), abs=1e-3)
    middle = channels[0, 50]
    assert middle[50 + 5] / middle[50] == pytest.approx(np.exp(-np.pi * 25 / 400))
    assert (channels[:, 50, 50] > 0).all()


def test_without_correction_it_is_fisher_s_discriminant():
    random = np.random.default_rng(0)
    present, absent = draws(random, 400, 5, 2.0)
    found = hotelling(present, absent)
    data = np.concatenate([present[::2], absent[1::2]])
    labels = np.arange(400) < 200
    fitted = LinearDiscriminantAnalysis(solver="lsqr").fit(data, labels)
    means = fitted.means_[1] - fitted.means_[0]
    # scikit-learn divides the covariance by n, not by n - 2
    distance = fitted.coef_[0] @ means * 398 / 400
    assert found.uncorrected == pytest.approx(np.sqrt(distance))


def test_on_average_both_estimates_are_right_and_pairs_are_surer():
    random = np.random.default_rng(1)
    found = [hotelling(*draws(random, 60, 8, 2.0)) for _ in range(600)]
    paired = np.array([f.paired for f in found]) ** 2
    unpaired = np.nan_to_num([f.unpaired for f in found]) ** 2
    raw = np.array([f.uncorrected for f in found]) ** 2
    assert paired.mean() == pytest.approx(4, rel=0.05)
    assert unpaired.mean() == pytest.approx(4, rel=0.08)
    assert raw.mean() > 5
    assert paired.std() < 0.6 * unpaired.std()


def test_too_few_lesions_are_no_number():
    found = hotelling(*draws(np.random.default_rng(0), 20, 8, 2.0))
    assert np.isnan(found.paired)
    assert (found.lesions, found.channels) == (20, 8)


def test_a_hopeless_lesion_has_no_root():
    random = np.random.default_rng(3)
    found = [hotelling(*draws(random, 60, 8, 0.01, False)) for _ in range(10)]
    assert any(np.isnan(f.unpaired) for f in found)


def test_only_the_lesion_of_that_name_is_looked_at(tiny_with):
    recipe = tiny_with({"lesions.focal.count": [2, 2]})
    channels = laguerre_gauss(9, 4.0, 3)
    present, absent = observed(recipe, "focal", range(44), channels)
    exams = [examine(recipe, i) for i in range(44)]
    expected = sum(len(e.lesions) for e in exams if e.case.lesion == "focal")
    assert present.shape == absent.shape == (expected, 3)
    assert ((present - absent)[:, 0] > 0).mean() > 0.95
    assert absent.mean(axis=0) == pytest.approx(0, abs=1e-9)
    nothing, _ = observed(recipe, "focal", range(0), channels)
    assert nothing.shape == (0, 3)


def test_each_channel_of_color_is_seen(tiny_with):
    recipe = tiny_with({"anatomy": {"kind": "skin"}, "size": [48, 56]})
    channels = laguerre_gauss(9, 4.0, 3)
    present, _ = observed(recipe, "focal", range(44), channels)
    assert present.shape[1] == 9
