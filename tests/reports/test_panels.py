"""Pictures on the page."""

import numpy as np
import pytest

from reports.figures.panels import normalize, shrink


def test_a_small_picture_is_left_as_it_is():
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert shrink(picture) is picture


@pytest.mark.parametrize("shape", [(400, 300), (390, 512, 3)])
def test_a_large_picture_is_reduced_without_aliasing(shape):
    rows, columns = np.indices(shape[:2])
    board = (255 * ((rows + columns) % 2)).astype(np.uint8)  # every second pixel
    picture = board if len(shape) == 2 else np.repeat(board[..., None], 3, axis=-1)
    small = shrink(picture)
    assert small.dtype == np.uint8
    assert max(small.shape[:2]) <= 192
    assert np.abs(small.astype(float) - 127.5).max() < 30  # gray, not black or white


def test_a_reduced_map_keeps_what_is_not_finite_local():
    saliency = np.ones((600, 400))
    saliency[10, 10] = np.nan
    small = shrink(normalize(saliency + np.arange(400)))
    assert np.isnan(small).any()
    assert np.isnan(small).mean() < 0.05
