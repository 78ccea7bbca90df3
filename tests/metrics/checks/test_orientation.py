import numpy as np
import pytest

from metrics.checks.orientation import check_orientation
from metrics.checks.places import symmetries


class Sources:
    """Volumes, which plain arrays of two dimensions cannot be."""

    def __init__(self, array):
        self.array, self.names = array, {"method": "mine"}
        self.ids = [f"{index:04d}" for index in range(len(array))]

    def read(self, ids):
        return self.array[[int(key) for key in ids]]


@pytest.mark.parametrize("number", range(1, 8))
def test_every_other_symmetry_of_a_square_is_found(make_masks, find, look_at, number):
    masks = make_masks(40, (48, 48))
    truth = look_at(find(masks), masks)
    assert check_orientation(truth) is None
    turn = list(symmetries(truth.sample))[number]
    wrong = eval(turn.code, {"maps": find(masks)})
    doubt = check_orientation(look_at(wrong, masks))
    undone = eval(doubt.sentence.rpartition("score ")[2], {"maps": wrong})
    np.testing.assert_array_equal(undone, find(masks))


def test_another_rectangle_can_only_be_flipped(make_masks, look_at):
    masks = make_masks(40)
    maps = masks[:, :, ::-1].astype(np.float32)
    doubt = check_orientation(look_at(maps, masks))
    right = look_at(masks.astype(np.float32), masks).rest[0].mean()
    wrong = look_at(maps, masks).rest[0].mean()
    assert doubt.describe() == {
        "kind": "orientation",
        "entry": "mine",
        "warns": True,
        "sentence": (
            "maps of 'mine' look mirrored left to right: lesions lie in the top "
            f"{np.exp(-wrong):.1%} of a map, in the top {np.exp(-right):.1%} when put "
            "right (40 images); if so, score maps[:, :, ::-1]"
        ),
        "numbers": {
            "images": 40,
            "top": pytest.approx(np.exp(-wrong)),
            "top_right": pytest.approx(np.exp(-right)),
            "order": [0, 1],
            "flips": [False, True],
        },
    }


def test_volumes_in_another_order_of_axes(make_masks, find):
    from metrics.checks.look import look
    from metrics.checks.sample import draw

    masks = make_masks(24, (12, 16, 16))
    maps = find(masks, width=1.5)
    truth = Sources(masks)
    sample = draw(truth, truth.ids)
    assert check_orientation(look("mine", Sources(maps), sample)) is None
    wrong = maps.transpose(0, 1, 3, 2)[:, ::-1]
    doubt = check_orientation(look("mine", Sources(wrong), sample))
    assert doubt.numbers["order"] == [0, 2, 1]
    assert doubt.numbers["flips"] == [True, False, False]
    assert doubt.sentence.startswith(
        "maps of 'mine' look stored with their axes in another order and flipped along "
        "axis 0: lesions lie in the top "
    )
    assert doubt.sentence.endswith(
        "if so, score maps.transpose(0, 1, 3, 2)[:, ::-1, :, :]"
    )


def test_maps_that_mark_both_sides_are_not_mirrored(make_masks, find, look_at):
    masks = make_masks(64)
    both = find(masks) + find(masks, seed=2)[:, :, ::-1]
    assert check_orientation(look_at(both, masks)) is None


def test_maps_that_prefer_the_other_side_but_do_not_localize_raise_no_doubt(
    make_masks, find, look_at
):
    masks = make_masks(64)
    other = find(masks, weight=0.05)[:, :, ::-1]
    look = look_at(other, masks)
    others = list(symmetries(look.sample))[1:]
    gains = {s.words: look.rise(s).own.mean() for s in others}
    assert max(gains, key=gains.get) == "mirrored left to right"
    assert check_orientation(look) is None


def test_few_images_raise_no_doubt(make_masks, look_at):
    masks = make_masks(7)
    assert check_orientation(look_at(masks[:, ::-1].astype(float), masks)) is None
