import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simbench.confounders.strokes import polyline, stroked, turned

SIZE = (18, 25)
ends = st.floats(-8, 30)
halves = st.floats(0.2, 4)


def loop(strokes, size, edge):
    """Cover pixels one by one, in the plainest way."""
    covered = np.zeros(size)
    for y, x in np.ndindex(*size):
        for y0, x0, y1, x1, half0, half1 in strokes:
            start, way = np.array([y0, x0]), np.array([y1 - y0, x1 - x0])
            square = way @ way
            t = (
                0
                if square == 0
                else np.clip((np.array([y, x]) - start) @ way / square, 0, 1)
            )
            off = np.linalg.norm(np.array([y, x]) - start - t * way)
            half = half0 + (half1 - half0) * t
            low, high = max(off - edge / 2, -half), min(off + edge / 2, half)
            covered[y, x] = max(covered[y, x], min(max(high - low, 0) / edge, 1))
    return covered


@given(
    st.lists(st.tuples(ends, ends, ends, ends, halves, halves), min_size=1, max_size=3),
    st.floats(1, 3),
)
def test_strokes_agree_with_a_plain_loop(strokes, edge):
    found = stroked(np.array(strokes), SIZE, edge)
    np.testing.assert_allclose(found, loop(strokes, SIZE, edge), atol=1e-5)


@given(ends, ends, ends, ends, halves)
def test_a_stroke_has_no_direction(y0, x0, y1, x1, half):
    assume(np.hypot(y1 - y0, x1 - x0) > 1e-3)
    forth = stroked(np.array([[y0, x0, y1, x1, half, half / 2]]), SIZE)
    back = stroked(np.array([[y1, x1, y0, x0, half / 2, half]]), SIZE)
    np.testing.assert_allclose(forth, back, atol=1e-5)


@pytest.mark.parametrize("width", [0.3, 1.0, 2.6, 5.0])
@pytest.mark.parametrize("edge", [1.0, 2.0])
def test_a_straight_line_covers_its_width(width, edge):
    line = np.array([[9.3, -9.0, 9.3, 40.0, width / 2, width / 2]])
    covered = stroked(line, SIZE, edge)
    assert covered.sum(axis=0) == pytest.approx(width, rel=0.03)
    assert covered.max() == pytest.approx(min(width / edge, 1), rel=0.3)


def test_a_tapered_stroke_gets_thinner():
    covered = stroked(np.array([[9.0, 2.0, 9.0, 22.0, 3.0, 0.5]]), SIZE)
    widths = covered[:, 3:22].sum(axis=0)
    assert (np.diff(widths) < 0.01).all()
    assert widths[0] > 5
    assert widths[-1] < 1.5


def test_points_turn_clockwise_as_seen_and_move():
    right = np.array([[0.0, 1.0]])
    assert turned(right, np.pi / 2, (0.0, 0.0))[0] == pytest.approx([1, 0])
    assert turned(right, 0.0, (5.0, 7.0))[0] == pytest.approx([5, 8])


def test_polylines_connect_their_points():
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 4.0]])
    strokes = polyline(points, np.array([1.0, 2.0, 3.0]))
    assert strokes.tolist() == [[0, 1, 2, 3, 1, 2], [2, 3, 4, 4, 2, 3]]
