import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.counting.mass import weigh
from metrics.counting.truth import Truth

values = st.floats(-1e6, 1e6, width=32)


@settings(max_examples=40, deadline=None)
@given(
    hnp.arrays(np.float32, (3, 2, 5), elements=values),
    hnp.arrays(np.float64, (3, 2, 5), elements=st.sampled_from([0, 0.25, 1.0])),
    hnp.arrays(np.bool_, (3, 2, 5)),
)
def test_mass_equals_a_plain_loop(maps, soft, ignored):
    found = weigh(maps, Truth(soft >= 0.5, soft, ignored))
    for index in range(len(maps)):
        kept = [
            (float(v), float(w))
            for v, w, out in zip(
                maps[index].flat, soft[index].flat, ignored[index].flat, strict=True
            )
            if not out
        ]
        expected = (
            math.fsum(max(v, 0) * w for v, w in kept),
            math.fsum(max(v, 0) for v, _ in kept),
            math.fsum(abs(v) * w for v, w in kept),
            math.fsum(abs(v) for v, _ in kept),
        )
        got = (
            found.positive_inside[index],
            found.positive[index],
            found.absolute_inside[index],
            found.absolute[index],
        )
        assert got == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_the_largest_floats_keep_their_shares():
    maps = np.full((1, 2, 3), np.finfo(np.float64).max)
    mask = np.zeros(maps.shape, bool)
    mask[0, 0, :2] = True
    found = weigh(maps, Truth(mask))
    assert found.positive_inside / found.positive == pytest.approx(1 / 3)


def test_one_bad_map_leaves_the_others_alone():
    maps = np.ones((3, 2, 4))
    maps[1, 0, 0] = np.nan
    maps[2, 0, 0] = -np.inf
    found = weigh(maps, Truth(np.ones(maps.shape, bool)))
    assert found.positive.tolist()[0] == 8
    assert np.isnan(found.positive[1:]).all()
