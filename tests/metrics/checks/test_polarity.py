import numpy as np
import pytest

from metrics.checks.polarity import check_polarity


def test_negated_maps_are_found_and_the_sentence_says_what_to_do(make_masks, look_at):
    masks = make_masks()
    doubt = check_polarity(look_at(-masks.astype(np.float32), masks))
    assert doubt.describe() == {
        "kind": "polarity",
        "entry": "mine",
        "warns": True,
        "sentence": (
            "maps of 'mine' look inverted: mean AUROC 0.00 in 40 images, 1.00 when "
            "negated; if low values mean relevance, negate them before scoring"
        ),
        "numbers": {"images": 40, "auroc": pytest.approx(0, abs=1e-6)},
    }


@pytest.mark.parametrize("weight", [0.7, 3.0])
@pytest.mark.parametrize("images", [16, 64])
def test_noisy_ones_too(make_masks, find, look_at, weight, images):
    masks = make_masks(images)
    maps = find(masks, weight)
    assert check_polarity(look_at(-maps, masks)).kind == "polarity"
    assert check_polarity(look_at(maps, masks)) is None


def test_a_prior_that_misses_every_lesion_is_not_inverted(make_masks, look_at):
    masks = make_masks(60)
    masks[:, 16:32, 20:44] = False  # no lesion where the prior looks
    masks = masks[masks.any(axis=(1, 2))]
    prior = np.zeros(masks.shape, np.float32)
    prior[:, 16:32, 20:44] = 1
    look = look_at(prior, masks)
    assert look.auroc.mean() < 0.45
    assert np.abs(look.own_auroc).max() < 1e-5
    assert check_polarity(look) is None
    # Not even one that lesions keep away from altogether.
    away = look_at(masks.any(axis=0) * -np.ones_like(prior), masks)
    assert away.auroc.mean() < 0.35
    assert check_polarity(away) is None


def test_constant_maps_and_few_images_raise_no_doubt(make_masks, look_at):
    masks = make_masks(7)
    assert check_polarity(look_at(-masks.astype(np.float32), masks)) is None
    masks = make_masks(20)
    assert check_polarity(look_at(np.full(masks.shape, -3.0), masks)) is None


def test_maps_that_are_not_finite_are_left_out(make_masks, look_at):
    masks = make_masks(20)
    maps = -masks.astype(np.float32)
    maps[::4, 0, 0] = np.nan
    assert check_polarity(look_at(maps, masks)).numbers["images"] == 15
