import numpy as np
import pytest
from scipy import ndimage

from metrics.checks.alignment import check_alignment, correlate
from metrics.checks.certainty import halve
from metrics.checks.places import Shift, probe


def move(maps, matrix, offset):
    """Read maps elsewhere, the border going on outside."""
    return np.stack(
        [
            ndimage.affine_transform(map, matrix, offset, order=1, mode="nearest")
            for map in maps
        ]
    )


def test_every_shift_of_the_window_is_what_reading_beside_gives(
    make_masks, find, look_at
):
    masks = make_masks(9, (13, 18))
    look = look_at(find(masks, width=1.0), masks)
    halves = halve(9)
    surface = correlate(look, halves)
    assert surface.shape == (2, 2 * 3 + 1, 2 * 4 + 1)
    for row in range(-3, 4):
        for column in range(-4, 5):
            there = probe(look.sample, Shift((row, column)))
            each = there @ look.own_heights.ravel()
            np.testing.assert_allclose(
                surface[:, row + 3, column + 4],
                [each[half].sum() for half in halves],
                rtol=0,
                atol=1e-4,
            )


@pytest.mark.parametrize("offset", [(5, -3), (-6, 0), (0, 4), (7, 9)])
def test_a_shift_is_found_with_its_sign(make_masks, find, look_at, offset):
    masks = make_masks(48)
    maps = find(masks)
    assert check_alignment(look_at(maps, masks)) is None
    moved = move(maps, np.eye(2), -np.array(offset))
    found = check_alignment(look_at(moved, masks)).numbers["offset"]
    # Lesions that leave the window draw the estimate inward.
    np.testing.assert_allclose(found, offset, atol=2)


def test_the_sentence_of_a_shift(make_masks, look_at):
    masks = make_masks(48)
    masks[:, :, -5:] = False
    masks[:, :4] = False
    moved = np.zeros_like(masks)
    moved[:, :-4, 5:] = masks[:, 4:, :-5]
    doubt = check_alignment(look_at(moved.astype(np.float32), masks))
    count = int(masks.any(axis=(1, 2)).sum())
    before, after = doubt.numbers["top"], doubt.numbers["top_right"]
    inside = -np.log(masks[masks.any(axis=(1, 2))].mean(axis=(1, 2)))
    # A map of two values: the lesion's blocks share their mean rank.
    assert -np.log(after) == pytest.approx(inside.mean(), abs=0.8)
    assert doubt.describe() == {
        "kind": "alignment",
        "entry": "mine",
        "warns": True,
        "sentence": (
            "maps of 'mine' look shifted by about (-4, 5) pixels: lesions lie in the "
            f"top {before:.1%} of a map, in the top {after:.1%} when put right "
            f"({count} images); look for a stride, a crop or padding left out when "
            "they were enlarged"
        ),
        "numbers": {
            "images": count,
            "top": before,
            "top_right": after,
            "offset": [-4, 5],
        },
    }
    assert after < before / 3


@pytest.mark.parametrize("factor", [1.25, 0.8])
def test_a_stretch_about_the_center_is_found(make_masks, find, look_at, factor):
    masks = make_masks(64, (64, 80))
    maps = find(masks, weight=8.0)
    center = (np.array(masks.shape[1:]) - 1) / 2
    stretched = move(maps, np.eye(2) / factor, center - center / factor)
    doubt = check_alignment(look_at(stretched, masks))
    got, before, after = (doubt.numbers[k] for k in ("factor", "top", "top_right"))
    assert got == pytest.approx(factor, rel=0.12)  # about
    seen, remedy = (
        (
            f"stretched by about {got:.2f}",
            "enlarge them with half-pixel centers instead of aligned corners, and put "
            "a crop's map back where the crop was",
        )
        if factor > 1
        else (
            f"shrunk by about {got:.2f}",
            "stretch a map of the whole image over the whole image",
        )
    )
    assert doubt.sentence == (
        f"maps of 'mine' look {seen} from the center: lesions lie in the top "
        f"{before:.1%} of a map, in the top {after:.1%} when put right (64 images); "
        f"{remedy}"
    )


def test_pixels_of_large_images_are_counted_in_pixels(make_masks, look_at):
    masks = make_masks(32, (160, 240))
    maps = ndimage.gaussian_filter(masks.astype(np.float32), (0, 6, 6))
    moved = move(maps, np.eye(2), (-16, 12))
    doubt = check_alignment(look_at(moved, masks))
    assert look_at(moved, masks).sample.block == (2, 2)
    np.testing.assert_allclose(doubt.numbers["offset"], (16, -12), atol=4)


def test_lesions_in_one_place_say_nothing_of_alignment(look_at):
    generator = np.random.default_rng(0)
    masks = np.zeros((40, 48, 64), bool)
    maps = np.zeros(masks.shape, np.float32)
    for mask, map in zip(masks, maps, strict=True):
        top, left = generator.integers((18, 24), (24, 30))
        mask[top : top + 5, left : left + 6] = True
        map[top + 5 : top + 10, left : left + 6] = 1
    assert check_alignment(look_at(maps, masks)) is None


def test_bent_lesions_that_a_blur_fills_are_not_misplaced(look_at):
    # Arcs around the center: what a blur adds lies inward, in masks and maps alike.
    generator = np.random.default_rng(0)
    rows, columns = np.indices((64, 80)) - np.array([31.5, 39.5])[:, None, None]
    radius, angle = np.hypot(rows, columns), np.arctan2(rows, columns)
    masks = np.zeros((64, 64, 80), bool)
    for mask in masks:
        far, at = generator.uniform(18, 27), generator.uniform(-np.pi, np.pi)
        turn = np.abs((angle - at + np.pi) % (2 * np.pi) - np.pi)
        mask[(np.abs(radius - far) < 2) & (turn < 1.2)] = True
    maps = ndimage.gaussian_filter(masks.astype(np.float32), (0, 6, 6))
    look = look_at(maps, masks)
    assert check_alignment(look) is None


def test_few_images_raise_no_doubt(make_masks, find, look_at):
    masks = make_masks(7)
    moved = move(find(masks), np.eye(2), (-6, 6))
    assert check_alignment(look_at(moved, masks)) is None
