"""Fixed filters against SciPy's, and what they are made to answer to."""

import numpy as np
import pytest
from scipy import ndimage

from hrcam.filters import blur, convolution, gradient, laplacian

SIZE = (21, 34)


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(0, 255, (3, *SIZE)).astype(np.float32)


def middle(images, margin):
    return images[:, margin:-margin, margin:-margin]


@pytest.mark.parametrize("sigma", [0.75, 1.0, 1.5, 4.0])
def test_blur_equals_scipy(images, sigma):
    expected = images.astype(float)
    for axis in (1, 2):
        expected = ndimage.gaussian_filter1d(
            expected, sigma, axis, mode="nearest", truncate=4
        )
    np.testing.assert_allclose(blur(np, images, SIZE, sigma), expected, atol=1e-3)


def test_gradient_is_sobel_s_magnitude_of_both_axes(images):
    for image, found in zip(
        images.astype(float), gradient(np, images, SIZE), strict=True
    ):
        down, across = (ndimage.sobel(image, axis, mode="nearest") for axis in (0, 1))
        np.testing.assert_allclose(found, np.hypot(down, across) / 8, atol=1e-3)


def test_gradient_of_a_plane_is_its_slope():
    rows, columns = np.indices(SIZE, dtype=np.float32)
    plane = (3 * rows - 4 * columns)[None]
    np.testing.assert_allclose(middle(gradient(np, plane, SIZE), 1), 5, rtol=1e-5)


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_laplacian_is_zero_on_planes(sigma):
    rows, columns = np.indices((41, 52), dtype=np.float32)
    plane = (40 + 2 * rows - 1.5 * columns)[None]
    answer = laplacian(np, plane, (41, 52), sigma)
    assert np.abs(middle(answer, int(4 * sigma) + 1)).max() < 1e-3


def test_laplacian_is_zero_on_a_constant_up_to_the_border():
    answer = laplacian(np, np.full((2, *SIZE), 200, np.float32), SIZE, 4.0)
    assert np.abs(answer).max() < 1e-3


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_laplacian_answers_to_bright_blobs_and_most_to_those_of_its_width(sigma):
    rows, columns = np.indices((61, 73), dtype=np.float32)
    blob = np.exp(-0.5 * ((rows - 30) ** 2 + (columns - 36) ** 2) / sigma**2)[None]
    answers = {w: laplacian(np, blob, (61, 73), w)[0] for w in (1.0, 2.0, 4.0, 8.0)}
    heights = {w: answer[30, 36] for w, answer in answers.items()}
    assert max(heights, key=lambda w: heights[w]) == sigma
    assert heights[sigma] == pytest.approx(0.5, abs=0.01)  # 2 t t0 / (t + t0)^2, t = t0
    assert answers[sigma].argmax() == blob[0].argmax()
    np.testing.assert_allclose(
        laplacian(np, -blob, (61, 73), sigma)[0], -answers[sigma], atol=1e-5
    )


def test_laplacian_equals_scipy_s_scaled(images):
    for image, found in zip(images, laplacian(np, images, SIZE, 2.0), strict=True):
        expected = -4 * ndimage.gaussian_laplace(image.astype(float), 2, mode="nearest")
        np.testing.assert_allclose(found, expected, atol=0.5)


def test_a_matrix_repeats_the_border():
    found = convolution(3, np.array([1.0, 10.0, 100.0])) @ np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(found, [211, 321, 332])
