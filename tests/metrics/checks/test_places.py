import numpy as np
import pytest

from metrics.checks.places import Shift, Symmetry, Zoom, probe, symmetries
from metrics.checks.sample import draw
from metrics.sources.source import ArrayMasks


@pytest.fixture
def make_scene():
    def make(size, images=3, seed=0):
        generator = np.random.default_rng(seed)
        masks = generator.random((images, *size)) < 0.2
        ids = [f"{index}" for index in range(images)]
        sample = draw(ArrayMasks(masks, ids) if len(size) == 2 else Volumes(masks), ids)
        return sample, generator.normal(size=masks.shape).astype(np.float32), masks

    return make


class Volumes:
    def __init__(self, masks):
        self.masks, self.ids = masks, [f"{index}" for index in range(len(masks))]

    def read(self, ids):
        return self.masks[[int(key) for key in ids]]


def means(sample, maps, move):
    return probe(sample, move) @ maps.ravel()


@pytest.mark.parametrize(
    ("size", "count"),
    [((6, 6), 8), ((5, 7), 4), ((4, 4, 4), 48), ((3, 4, 4), 16), ((2, 3, 4), 8)],
)
def test_symmetries_are_what_numpy_does_and_what_they_say(make_scene, size, count):
    sample, maps, masks = make_scene(size)
    found = list(symmetries(sample))
    assert len(found) == count
    first = found[0]
    assert first.order == tuple(range(len(size)))
    assert not any(first.flips)
    seen = set()
    for symmetry in found:
        axes = [1 + axis for axis, flip in enumerate(symmetry.flips) if flip]
        order = [0, *(1 + axis for axis in symmetry.order)]
        moved = np.flip(maps.transpose(order), axes)
        seen.add(moved.tobytes())
        expected = [map[mask].mean() for map, mask in zip(moved, masks, strict=True)]
        np.testing.assert_allclose(
            means(sample, maps, symmetry), expected, rtol=0, atol=1e-5
        )
        np.testing.assert_array_equal(eval(symmetry.code, {"maps": maps}), moved)
    assert len(seen) == count


TURNED = {
    "upside down": lambda m: m[:, ::-1],
    "mirrored left to right": lambda m: m[:, :, ::-1],
    "turned by 180 degrees": lambda m: np.rot90(m, 2, (1, 2)),
    "transposed": lambda m: m.transpose(0, 2, 1),
    "turned by 90 degrees clockwise": lambda m: np.rot90(m, -1, (1, 2)),
    "turned by 90 degrees counterclockwise": lambda m: np.rot90(m, 1, (1, 2)),
    "transposed about the other diagonal": (
        lambda m: np.rot90(m, 2, (1, 2)).transpose(0, 2, 1)
    ),
}


def test_words_name_what_was_done_and_the_code_undoes_it(make_scene):
    sample, maps, _ = make_scene((6, 6))
    others = {symmetry.words: symmetry for symmetry in list(symmetries(sample))[1:]}
    assert set(others) == set(TURNED)
    for words, turn in TURNED.items():
        undone = eval(others[words].code, {"maps": turn(maps)})
        np.testing.assert_array_equal(undone, maps)


def test_volumes_are_named_by_their_axes():
    size = (4, 4, 4)
    both = Symmetry((0, 2, 1), (True, False, True), size)
    assert both.words == (
        "stored with their axes in another order and flipped along axis 0 and 2"
    )
    assert both.code == "maps.transpose(0, 1, 3, 2)[:, ::-1, :, ::-1]"
    assert Symmetry((0, 1, 2), (False, True, False), size).words == (
        "flipped along axis 1"
    )


def test_blocks_do_not_make_a_square_of_what_is_none():
    masks = np.zeros((1, 224, 225), bool)
    masks[0, 3, 4] = True
    sample = draw(ArrayMasks(masks, ["a"]), ["a"])
    assert sample.cells == (112, 112)
    assert len(list(symmetries(sample))) == 4


@pytest.mark.parametrize("offset", [(0, 0), (2, -3), (-1, 1), (4, 6), (-9, 0)])
def test_a_shift_reads_beside_and_nothing_outside(make_scene, offset):
    sample, maps, masks = make_scene((5, 7))
    expected = []
    for map, mask in zip(maps, masks, strict=True):
        found = 0.0
        for row, column in np.argwhere(mask):
            there = row + offset[0], column + offset[1]
            if 0 <= there[0] < 5 and 0 <= there[1] < 7:
                found += map[there] / mask.sum()
        expected.append(found)
    np.testing.assert_allclose(
        means(sample, maps, Shift(offset)), expected, rtol=0, atol=1e-5
    )
    assert Shift(offset).opposite.opposite == Shift(offset)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.3, 2.0])
def test_a_zoom_moves_each_lesion_whole(factor):
    masks = np.zeros((2, 9, 12), bool)
    parts = [(0, 1, 2, 2, 4), (0, 5, 8, 8, 9), (1, 6, 8, 1, 3)]
    for image, top, bottom, left, right in parts:
        masks[image, top:bottom, left:right] = True
    masks[1, 8, 3] = True  # hangs together by a corner
    sample = draw(ArrayMasks(masks, ["a", "b"]), ["a", "b"])
    maps = np.random.default_rng(0).normal(size=masks.shape).astype(np.float32)
    lesions = [
        [(0, r, c) for r in range(1, 2) for c in range(2, 4)],
        [(0, r, c) for r in range(5, 8) for c in range(8, 9)],
        [(1, 6, 1), (1, 6, 2), (1, 7, 1), (1, 7, 2), (1, 8, 3)],
    ]
    expected = [0.0, 0.0]
    for pixels in lesions:
        rows, columns = (sum(p[k] for p in pixels) / len(pixels) for k in (1, 2))
        down = round((factor - 1) * (rows - 4))
        right = round((factor - 1) * (columns - 5.5))
        for image, row, column in pixels:
            there = row + down, column + right
            if 0 <= there[0] < 9 and 0 <= there[1] < 12:
                expected[image] += maps[image][there] / 5
    got = means(sample, maps, Zoom(factor, sample.away))
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)
    assert Zoom(factor, sample.away).opposite.factor == pytest.approx(1 / factor)
