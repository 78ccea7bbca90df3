"""Parts, overlaps and matches against floods and permutations."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.counting.truth import Truth
from metrics.scores.findings import count_lesions, find, number


def parts_by_hand(area):
    """Sets of pixels that hang together, corners included, in raster order."""
    left = {tuple(map(int, p)) for p in zip(*np.nonzero(area), strict=True)}
    parts = []
    while left:
        part, open_ = set(), [min(left)]
        while open_:
            pixel = open_.pop()
            if pixel in left:
                left.remove(pixel)
                part.add(pixel)
                for step in itertools.product((-1, 0, 1), repeat=area.ndim):
                    open_.append(tuple(a + b for a, b in zip(pixel, step, strict=True)))
        parts.append(part)
    return parts


def overlaps_by_hand(parts, lesions):
    table = [[len(p & q) / len(p | q) for q in lesions] for p in parts]
    return [[value if value >= 0.1 else 0.0 for value in row] for row in table]


def most_matches(table):
    """Most pairs and then the greatest overlap, over every way of pairing."""
    best = (0, 0.0)
    columns = len(table[0]) if table else 0
    for size in range(1, min(len(table), columns) + 1):
        for rows in itertools.combinations(range(len(table)), size):
            for places in itertools.permutations(range(columns), size):
                chosen = [table[r][c] for r, c in zip(rows, places, strict=True)]
                if all(chosen):
                    best = max(best, (size, sum(chosen)))
    return best


shapes = st.one_of(
    st.tuples(st.integers(1, 6), st.integers(1, 8)),
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3)),
)


@settings(max_examples=120, deadline=None)
@given(st.data(), shapes)
def test_parts_overlaps_and_matches_equal_plain_loops(data, shape):
    marked = data.draw(hnp.arrays(np.bool_, shape))
    lesions = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 3)))
    lesions = number(Truth(lesions[None] > 0, numbered=lesions[None]))[0]
    findings = find(marked, lesions)
    parts = parts_by_hand(marked)
    got = [
        set(zip(*np.nonzero(findings.parts == k + 1), strict=True))
        for k in range(findings.count)
    ]
    assert sorted(map(sorted, got)) == sorted(map(sorted, parts))
    sets = [
        {tuple(p) for p in np.argwhere(lesions == k + 1).tolist()}
        for k in range(lesions.max())
    ]
    parts = [{tuple(map(int, p)) for p in part} for part in got]
    table = overlaps_by_hand(parts, sets)
    assert findings.overlaps.shape == (len(parts), len(sets))
    assert findings.overlaps.tolist() == table
    assert findings.false.tolist() == [not any(row) for row in table]
    if findings.count <= 5:
        rows, columns = findings.match()
        assert len(set(rows)) == len(rows)
        assert len(set(columns)) == len(columns)
        size, total = most_matches(table)
        assert len(rows) == size
        np.testing.assert_allclose(findings.overlaps[rows, columns].sum(), total)


def test_an_overlap_of_a_tenth_is_enough():
    lesions = np.zeros((2, 12), np.int64)
    lesions[0, :10] = 1
    marked = np.zeros(lesions.shape, bool)
    marked[0, 0] = True
    assert find(marked, lesions).overlaps.tolist() == [[0.1]]
    lesions[0, 10] = 1
    assert find(marked, lesions).overlaps.tolist() == [[0.0]]


def test_as_many_lesions_as_possible_are_found():
    """Three parts and three lesions in a row, inner parts on two lesions each.

    The sum of (1 + overlap) is greater for the two great overlaps than for all three
    matches: the number of lesions found must come first.
    """
    lesions, marked = np.zeros((1, 143), np.int64), np.ones((1, 143), bool)
    lesions[0, :100], lesions[0, 100:140], lesions[0, 140:] = 1, 2, 3
    marked[0, [10, 113]] = False
    findings = find(marked, lesions)
    expected = [[10 / 100, 0, 0], [89 / 113, 13 / 129, 0], [0, 26 / 43, 3 / 29]]
    np.testing.assert_allclose(findings.overlaps, expected)
    assert [part.tolist() for part in findings.match()] == [[0, 1, 2], [0, 1, 2]]
    assert 3 + np.trace(findings.overlaps) < (1 + 89 / 113) + (1 + 26 / 43)


def test_numbers_close_up_and_need_not_hang_together():
    numbered = np.array([[[7, 0, 7, 3], [0, 0, 0, 3]], [[0, 0, 0, 0], [9, 9, 9, 9]]])
    truth = Truth(numbered > 0, numbered=numbered)
    assert number(truth).tolist() == [
        [[2, 0, 2, 1], [0, 0, 0, 1]],
        [[0, 0, 0, 0], [1, 1, 1, 1]],
    ]
    assert count_lesions(truth).tolist() == [2, 1]
    ignored = numbered == 3
    assert count_lesions(
        Truth(numbered > 0, numbered=numbered, ignored=ignored)
    ).tolist() == [1, 1]


@pytest.mark.parametrize("shape", [(4, 4), (3, 4, 4)])
def test_corners_connect(shape):
    marked = np.zeros(shape, bool)
    for place in range(3):
        marked[(place,) * len(shape)] = True
    assert find(marked, np.zeros(shape, np.int64)).count == 1


def test_nothing_marked_and_no_lesion_are_empty_tables():
    nothing, lesion = np.zeros((3, 5), bool), np.zeros((3, 5), np.int64)
    assert find(nothing, lesion).overlaps.shape == (0, 0)
    assert find(~nothing, lesion).overlaps.shape == (1, 0)
    assert find(~nothing, lesion).false.tolist() == [True]
    assert find(nothing, lesion + 1).overlaps.shape == (0, 1)
    assert [len(part) for part in find(nothing, lesion + 1).match()] == [0, 0]
