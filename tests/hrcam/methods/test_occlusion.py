"""Occlusion: drops of covered patches, averaged where patches overlap."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.methods import METHODS
from hrcam.methods.occlusion import grid, occlude, spans

explain = METHODS["occlusion"].explain


@given(
    pixels=st.integers(1, 60),
    share=st.floats(0.01, 1),
    step=st.integers(1, 60),
)
def test_patches_are_equally_long_and_cover_every_pixel(pixels, share, step):
    length = max(int(pixels * share), 1)
    found = spans(pixels, length, min(step, length))
    assert (found.sum(axis=1) == length).all()
    assert found.any(axis=0).all()
    starts = found.argmax(axis=1)
    assert starts[0] == 0
    assert found[-1, -1]
    assert (np.diff(starts) > 0).all()
    assert (np.diff(starts) <= step).all()


@given(h=st.integers(1, 90), w=st.integers(1, 90), most=st.integers(1, 400))
def test_the_grid_is_as_fine_as_the_limit_allows(h, w, most):
    rows, columns = grid((h, w), most)
    assert len(rows) * len(columns) <= most
    assert rows.shape[1:] + columns.shape[1:] == (h, w)
    finer = grid((h, w), most + 100)
    assert len(finer[0]) * len(finer[1]) >= len(rows) * len(columns)


def test_patches_are_an_eighth_of_each_side_and_overlap_by_half():
    rows, columns = grid((64, 96), 64 * 96)
    assert (len(rows), len(columns)) == (15, 15)
    assert rows.sum(axis=1).tolist() == [8] * 15
    assert columns.argmax(axis=1).tolist() == list(range(0, 90, 6))
    whole = grid((64, 96), 1)
    assert whole[0].all()
    assert whole[1].all()


def test_a_linear_network_loses_the_patch_s_sum(recorded, numpy_network):
    """Patch by patch and pixel by pixel: S - S' = sum of w (x - fill)."""
    linear = replace(numpy_network.draw_network(pools=("none",) * 3), flat=True)
    capture = recorded(network=linear)
    fill = np.array([0.5, -1.0, 0.0])
    rows, columns = spans(16, 5, 3), spans(24, 4, 4)
    inside = capture.pixels - fill[:, None, None, None]
    losses = (capture.slopes["plain"] * inside).sum(axis=-1)
    total, count = np.zeros((3, 16, 24)), np.zeros((16, 24))
    for top in (0, 3, 6, 9, 11):
        for left in (0, 4, 8, 12, 16, 20):
            patch = (slice(top, top + 5), slice(left, left + 4))
            total[(slice(None), *patch)] += losses[(slice(None), *patch)].sum(
                axis=(1, 2), keepdims=True
            )
            count[patch] += 1
    found = occlude(capture, rows, columns, fill)
    np.testing.assert_allclose(found, total / count, atol=1e-9)


def test_equal_drops_give_an_even_map(recorded, numpy_network):
    """Overlaps are averaged: the middle is not louder than the border."""
    capture = recorded()
    two = numpy_network.Made(lambda _, rows: capture.logits[rows] - 2)
    np.testing.assert_allclose(explain(replace(capture, calls=two))["image"], 2)


def test_patches_take_the_tissue_s_median(recorded, numpy_network):
    """An image of nothing but its median does not change; black is the last resort."""
    capture = recorded(1)
    pixels = capture.pixels.copy()
    pixels[0] = 1.5
    calls = capture.calls
    capture = numpy_network.capture(calls.network, pixels, calls.target, 50)
    capture = replace(capture, tissue_median=np.array([1.5, 0.25, 3.0]))
    found = explain(capture)["image"]
    np.testing.assert_allclose(found[0], 0, atol=1e-12)
    rows, columns = grid(capture.size, 50)
    np.testing.assert_array_equal(
        found, occlude(capture, rows, columns, np.array([1.5, 0.25, 3.0]))
    )
    np.testing.assert_array_equal(
        explain(replace(capture, tissue_median=None))["image"],
        occlude(capture, rows, columns, np.zeros(3)),
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_what_speaks_for_the_target_is_positive(sign, numpy_network):
    """A blob that the target counts, or counts against itself."""
    network = numpy_network.draw_network()
    weights = np.zeros_like(network.weights)
    weights[:, 0] = sign
    stages = tuple(
        replace(s, kernel=np.abs(s.kernel), bias=0 * s.bias) for s in network.stages
    )
    network = replace(network, stages=stages, weights=weights)
    pixels = np.zeros((2, 16, 24, 2))
    pixels[0, 4:7, 10:14] = 1
    pixels[1, 9:12, 2:5] = 1
    found = explain(numpy_network.capture(network, pixels, np.eye(4)[[0, 0]]))["image"]
    assert np.unravel_index((sign * found[0]).argmax(), (16, 24)) > (3, 9)
    for row, blob in enumerate(pixels[..., 0] > 0):
        assert sign * found[row][blob].min() > sign * found[row][~blob].mean()
        assert (sign * found[row] >= -1e-12).all()
