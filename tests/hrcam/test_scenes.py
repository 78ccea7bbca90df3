"""What methods may know of an image, made from a dataset."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from hrcam.pipeline.scenes import has_truth, medians, noise, tissues

SIZE = (24, 36)


def test_noise_is_one_stream_per_image():
    ids = [f"{n:06d}" for n in range(7)]
    together = noise(ids, SIZE)
    assert together.shape == (7, *SIZE)
    assert together.dtype == np.float32
    for row, image in enumerate(ids):
        np.testing.assert_array_equal(noise([image], SIZE)[0], together[row])
    np.testing.assert_array_equal(noise(ids[::-1], SIZE), together[::-1])


def test_images_have_different_noise():
    flat = noise([f"{n:06d}" for n in range(12)], SIZE).reshape(12, -1)
    between = np.corrcoef(flat)[np.triu_indices(12, 1)]
    assert np.abs(between).max() < 5 / np.sqrt(flat.shape[1])


def test_noise_is_uniform():
    values = noise([f"{n:06d}" for n in range(20)], SIZE).ravel()
    assert values.min() >= 0
    assert values.max() < 1
    assert kstest(values.astype(float), "uniform").pvalue > 1e-3


def test_noise_is_pinned():
    """The random baseline of a report must not change with a release."""
    found = noise(["000007"], (1, 3))[0, 0]
    assert found.tolist() == noise(["000007"], (3, 1))[0, :, 0].tolist()
    np.testing.assert_allclose(found, [0.3510762, 0.3563852, 0.4423112], atol=1e-7)


def test_tissue_is_one_inside_the_body(tiny):
    ids = tiny.ids("test")[:5]
    found = tissues(tiny, ids)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, tiny.read("tissue", ids) > 0)


def test_tissue_is_everywhere_where_the_dataset_is_silent(tiny):
    silent = replace(tiny, arrays={"image": tiny.arrays["image"]})
    found = tissues(silent, tiny.ids("test")[:5])
    np.testing.assert_array_equal(found, np.ones((5, 48, 40)))


def test_medians_are_those_of_the_tissue():
    grays = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    tissue = np.zeros_like(grays)
    tissue[0, 0, :3] = 1
    tissue[1, 2, 1:] = 1
    np.testing.assert_array_equal(medians(grays, tissue), [1, 22])


def test_the_median_of_an_image_without_tissue_is_the_image_s():
    grays = np.arange(15, dtype=np.float32).reshape(1, 3, 5)
    np.testing.assert_array_equal(medians(grays, np.zeros_like(grays)), [7])


@pytest.mark.parametrize("name", ["mask", "effect"])
def test_truth_is_mask_and_effect(tiny, name):
    assert has_truth(tiny)
    arrays = {k: v for k, v in tiny.arrays.items() if k != name}
    assert not has_truth(replace(tiny, arrays=arrays))
