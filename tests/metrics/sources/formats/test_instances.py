import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrics.sources.formats.instances import pack, paint


@given(st.lists(arrays(bool, (3, 5)), max_size=5))
def test_every_pixel_has_the_smallest_lesion_that_holds_it(masks):
    """Of lesions equally large the last one lies on top."""
    got = paint((3, 5), (3, 5), [pack(mask) for mask in masks])
    for row in range(3):
        for column in range(5):
            holding = [
                (int(mask.sum()), -index)
                for index, mask in enumerate(masks)
                if mask[row, column]
            ]
            expected = 1 - min(holding)[1] if holding else 0
            assert got[row, column] == expected


def test_pieces_lie_where_their_index_says():
    upper, lower = np.eye(2, 3, dtype=bool), np.ones((2, 3), bool)
    turned = (1, np.arange(3)[None, :], np.arange(2)[:, None] + 2)
    got = paint(
        (2, 3, 4), (2, 3), [pack(lower, turned), pack(upper, (0, slice(2), slice(3)))]
    )
    expected = np.zeros((2, 3, 4), int)
    expected[0, :2, :3] = 2 * np.eye(2, 3)
    expected[1, :, 2:] = 1
    np.testing.assert_array_equal(got, expected)
