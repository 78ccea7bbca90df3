import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import roc_auc_score

from metrics.checks.ranks import choose_block, pool, raise_top, standardize


@st.composite
def scenes(draw):
    shape = draw(st.tuples(st.integers(1, 3), st.integers(2, 6), st.integers(2, 7)))
    few = st.integers(-3, 3).map(float)
    values = draw(st.sampled_from([few, st.floats(-1e6, 1e6)]))
    maps = draw(hnp.arrays(np.float64, shape, elements=values))
    counted = draw(hnp.arrays(np.bool_, shape))
    counted[:, 0, 0] = True
    return maps, counted, draw(hnp.arrays(np.bool_, shape))


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_ranks_equal_a_plain_loop(scene):
    maps, counted, _ = scene
    ranks = standardize(maps, counted)
    for i, (map, known) in enumerate(zip(maps, counted, strict=True)):
        values = [v for v, k in zip(map.flat, known.flat, strict=True) if k]
        for got, value, counts in zip(ranks[i].flat, map.flat, known.flat, strict=True):
            below = sum(v < value for v in values)
            same = sum(v == value for v in values)
            middle = below + (same + 1) / 2
            expected = (middle - (len(values) + 1) / 2) / len(values) if counts else 0
            assert got == pytest.approx(expected, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_the_mean_rank_of_a_lesion_is_its_auroc(scene):
    maps, counted, masks = scene
    ranks = standardize(maps, counted)
    for map, rank, known, mask in zip(maps, ranks, counted, masks, strict=True):
        lesion = mask & known
        assume(lesion.any() and (known & ~lesion).any())
        healthy = 1 - lesion.sum() / known.sum()
        expected = roc_auc_score(lesion[known], map[known])
        got = 0.5 + rank[lesion].mean() / healthy
        assert got == pytest.approx(expected, abs=1e-5)


def test_the_highest_part_of_a_map_is_as_high_as_its_share_is_small():
    maps = np.zeros((1, 40, 50))
    maps[0, 3:13, 5:25] = np.arange(200).reshape(10, 20) + 1
    counted = np.ones(maps.shape, bool)
    ranks = standardize(maps, counted)
    heights = raise_top(ranks.reshape(1, -1), counted.reshape(1, -1))
    inside = heights.reshape(maps.shape)[0, 3:13, 5:25]
    assert inside.mean() == pytest.approx(np.log(2000 / 200), abs=0.16)
    assert heights.mean() == pytest.approx(0, abs=1e-5)


def test_heights_equal_a_plain_loop():
    generator = np.random.default_rng(3)
    maps = generator.integers(0, 6, (2, 4, 5)).astype(float)
    counted = generator.random(maps.shape) < 0.7
    ranks = standardize(maps, counted).reshape(2, -1)
    heights = raise_top(ranks, counted.reshape(2, -1))
    for row, map, known in zip(heights, maps, counted, strict=True):
        values = map[known].tolist()
        share = [
            (sum(v > x for v in values) + sum(v == x for v in values) / 2) / len(values)
            for x in values
        ]
        plain = -np.log(share)
        np.testing.assert_allclose(
            row[known.ravel()], plain - plain.mean(), rtol=0, atol=1e-5
        )
        assert not row[~known.ravel()].any()


def test_a_constant_map_is_nowhere_high():
    counted = np.ones((1, 5, 8), bool)
    ranks = standardize(np.full((1, 5, 8), 7.25), counted)
    assert not ranks.any()
    assert not raise_top(ranks.reshape(1, -1), counted.reshape(1, -1)).any()


@pytest.mark.parametrize("block", [(1, 1), (2, 2), (3, 2), (1, 4)])
def test_blocks_equal_a_plain_loop(block):
    images = np.random.default_rng(0).normal(size=(2, 7, 9))
    got = pool(images, block)
    assert got.shape == (2, 7 // block[0], 9 // block[1])
    starts = [(7 - got.shape[1] * block[0]) // 2, (9 - got.shape[2] * block[1]) // 2]
    for i, row, column in np.ndindex(got.shape):
        top, left = starts[0] + row * block[0], starts[1] + column * block[1]
        part = images[i, top : top + block[0], left : left + block[1]]
        assert got[i, row, column] == pytest.approx(part.mean(), abs=1e-12)


def test_equal_blocks_stay_ties():
    tile = np.random.default_rng(1).normal(size=(3, 3))
    assert len(np.unique(pool(np.tile(tile, (5, 7))[None], (3, 3)))) == 1


def test_masks_of_blocks_are_shares():
    masks = np.ones((1, 9, 6), bool)
    assert (pool(masks, (3, 3)) == 1).all()


def test_the_largest_floats_pass():
    largest = np.finfo(np.float64).max
    images = np.array([[[largest, largest, 0, 1], [largest, largest, 0, 1]]])
    ranks = standardize(pool(images, (2, 2)), np.ones((1, 1, 2), bool))
    assert ranks.tolist() == [[[0.25, -0.25]]]


@pytest.mark.parametrize(
    ("size", "block"),
    [
        ((181, 181), (1, 1)),
        ((224, 224), (2, 2)),
        ((512, 512), (3, 3)),
        ((128, 128, 128), (4, 4, 4)),
        ((512, 512, 2), (3, 3, 2)),
    ],
)
def test_blocks_are_as_small_as_the_number_of_cells_allows(size, block):
    assert choose_block(size) == block
