import re

import numpy as np
import pytest

from metrics.counting.truth import IGNORED, Truth

LESION = np.zeros((2, 3, 5), bool)
LESION[0, 0, 0] = LESION[0, 1, 1] = LESION[0, 2, 4] = True


def test_corners_connect_a_lesion():
    lesions = Truth(LESION).lesions
    assert lesions[0, 0, 0] == lesions[0, 1, 1] != lesions[0, 2, 4]
    assert lesions.max(axis=(1, 2)).tolist() == [2, 0]


def test_given_numbers_are_kept_where_pixels_count():
    numbered = np.where(LESION, 7, 0)
    ignored = np.zeros_like(LESION)
    ignored[0, 0, 0] = True
    truth = Truth(LESION, ignored=ignored, numbered=numbered)
    assert truth.lesions[0, 1, 1] == 7
    assert truth.lesions[0, 0, 0] == 0
    assert truth.codes[0, 0] == IGNORED


def test_sizes_leave_out_what_is_ignored():
    ignored = np.zeros_like(LESION)
    ignored[:, 0] = True
    truth = Truth(LESION, ignored=ignored)
    assert truth.lesion_size.tolist() == [2, 0]
    assert truth.healthy_size.tolist() == [8, 10]
    np.testing.assert_allclose(truth.prevalence, [0.2, 0])
    soft = Truth(LESION, LESION * 0.25, ignored)
    assert soft.lesion_size.tolist() == [0.5, 0]
    assert soft.healthy_size.tolist() == [9.5, 10]


def test_an_image_in_which_nothing_counts_has_no_prevalence():
    assert np.isnan(Truth(LESION, ignored=~np.zeros_like(LESION)).prevalence).all()


def test_spacing_is_one_where_it_is_not_known():
    assert Truth(LESION).spacing == (1.0, 1.0)
    assert Truth(np.zeros((1, 2, 3, 4), bool)).spacing == (1.0, 1.0, 1.0)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"ignored": np.zeros((2, 5, 3), bool)},
            "ignored and lesion must have one shape, got (2, 5, 3) and (2, 3, 5)",
        ),
        ({"soft": LESION * 1.5}, "soft must lie in [0, 1], got 1.5"),
        ({"soft": LESION * np.nan}, "soft must lie in [0, 1], got nan"),
        ({"spacing": (1.0,)}, "spacing must be 2 positive numbers, got (1.0,)"),
        ({"spacing": (1.0, 0.0)}, "spacing must be 2 positive numbers, got (1.0, 0.0)"),
    ],
)
def test_what_is_no_truth_is_refused(given, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Truth(LESION, **given)


def test_every_lesion_pixel_has_a_number():
    masks = np.zeros((1, 2, 3), bool)
    masks[0, 0, :2] = True
    numbers = np.array([[[2, 0, 0], [0, 0, 7]]])
    with pytest.raises(
        ValueError,
        match=r"^numbered must be 1 or more on lesion pixels, got 0; leave it out and "
        r"connected parts are numbered$",
    ):
        Truth(masks, numbered=numbers)
    assert Truth(masks, numbered=numbers + 1).lesions.tolist() == [
        [[3, 1, 0], [0, 0, 0]]
    ]
