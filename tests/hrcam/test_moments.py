"""Moments against NumPy's covariance of all pixels at once."""

import numpy as np
import pytest

from hrcam.moments import measure


def make_batches(sizes=(5, 3, 4), classes=3):
    """Batches of two layers whose pixels have a mean far from zero."""
    rng = np.random.default_rng(2)
    batches = []
    for size in sizes:
        maps = {
            "shallow": rng.normal(3, 1, (size, 6, 9, 4)).astype(np.float32),
            "deep": rng.normal(-1, 2, (size, 2, 3, 5)).astype(np.float32),
        }
        batches.append((maps, rng.permutation(np.arange(size) % classes)))
    return batches


@pytest.mark.parametrize("layer", ["shallow", "deep"])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_covariances_are_those_of_all_pixels_of_a_class(layer, label):
    batches = make_batches()
    moment = measure(iter(batches), 3)[layer]
    maps = np.concatenate([m[layer][y == label] for m, y in batches])
    pixels = maps.reshape(-1, maps.shape[-1]).astype(np.float64)
    assert moment.counts[label] == len(pixels)
    np.testing.assert_allclose(
        moment.covariance(label), np.cov(pixels.T, bias=True), atol=1e-4
    )


def test_batches_may_be_cut_anywhere():
    batches = make_batches()
    maps = {n: np.concatenate([m[n] for m, _ in batches]) for n in batches[0][0]}
    whole = measure([(maps, np.concatenate([y for _, y in batches]))], 3)
    for name, moment in measure(batches, 3).items():
        np.testing.assert_allclose(moment.products, whole[name].products, rtol=1e-5)
        np.testing.assert_allclose(moment.sums, whole[name].sums, rtol=1e-5)


def test_volumes_have_moments_too():
    maps = np.random.default_rng(0).normal(size=(4, 2, 3, 5, 6))
    moment = measure([({"deep": maps}, np.zeros(4, int))], 1)["deep"]
    np.testing.assert_allclose(
        moment.covariance(0), np.cov(maps.reshape(-1, 6).T, bias=True), atol=1e-9
    )


def test_a_class_without_images_has_no_covariance():
    moment = measure(make_batches(classes=2), 3)["deep"]
    with pytest.raises(
        ValueError, match=r"^every class must have images, got none for 2$"
    ):
        moment.covariance(2)
