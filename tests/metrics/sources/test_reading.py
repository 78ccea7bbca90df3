import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrics.sources.formats.image import Image
from metrics.sources.grid import Grid
from metrics.sources.reading import MapReading, MaskReading, to_truth

LABELS = np.array([[[0, 1, 2, 7], [2, 2, 0, 255]]], np.uint8)


def read(pixels, kind="values", **choices):
    return to_truth(Image(np.asarray(pixels), kind=kind), MaskReading(**choices), "it")


def test_everything_that_is_not_zero_is_lesion():
    for dtype in (np.uint8, np.int32, np.float32, np.float64, bool):
        truth = read(LABELS.astype(dtype))
        np.testing.assert_array_equal(truth.lesion, LABELS.astype(dtype) != 0)
        given = truth.soft, truth.ignored, truth.numbered
        assert given == (None, None, None)


def test_labels_and_what_is_ignored():
    truth = read(LABELS, labels=(2, 7), ignore=(255, 1))
    np.testing.assert_array_equal(truth.lesion, np.isin(LABELS, (2, 7)))
    np.testing.assert_array_equal(truth.ignored, np.isin(LABELS, (1, 255)))
    np.testing.assert_array_equal(read(LABELS, labels=("7",)).lesion, LABELS == 7)


def test_numbers_of_lesions_begin_at_one_in_each_image():
    truth = read(np.concatenate([LABELS, LABELS * (LABELS > 5)]), numbered=True)
    assert truth.numbered.tolist() == [
        [[0, 1, 2, 3], [2, 2, 0, 4]],
        [[0, 0, 0, 1], [0, 0, 0, 2]],
    ]
    assert truth.numbered.dtype == np.int32
    some = read(LABELS, numbered=True, labels=(7, 2), ignore=(2,))
    assert some.numbered.tolist() == [[[0, 0, 0, 1], [0, 0, 0, 0]]]


@given(arrays(np.int32, (2, 3, 4), elements=st.integers(0, 9)))
def test_numbering_keeps_lesions_apart(pixels):
    numbered = read(pixels, numbered=True).numbered
    for before, after in zip(pixels, numbered, strict=True):
        values = sorted(set(before.ravel()) - {0})
        for place, value in enumerate(values, 1):
            np.testing.assert_array_equal(before == value, after == place)


def test_lesions_that_the_format_tells_apart():
    assert read(LABELS, "lesions").numbered.max() == 4
    assert read(LABELS, "lesions", numbered=False).numbered is None
    assert read(LABELS, "lesions", labels=("mass",)).lesion.sum() == 6


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[[0, 51, 255]]], np.uint8), [0, 0.2, 1]),
        (np.array([[[0, 13107, 65535]]], np.uint16), [0, 0.2, 1]),
        (np.array([[[0, 1, 1]]], np.uint8), [0, 1, 1]),
        (np.array([[[False, True]]]), [0, 1]),
        (np.array([[[0, 0.25, 1]]], np.float32), [0, 0.25, 1]),
        (np.array([[[0, 0.25, 1]]], np.float64), [0, 0.25, 1]),
    ],
)
def test_shares(pixels, expected):
    truth = read(pixels, soft=True)
    np.testing.assert_allclose(truth.soft[0, 0], expected, rtol=1e-7)
    assert truth.soft.dtype.kind == "f"
    np.testing.assert_array_equal(truth.lesion, truth.soft >= 0.5)
    assert truth.numbered is None


def test_a_half_is_lesion():
    assert read(
        np.array([[[0.5, np.nextafter(0.5, 0)]]]), soft=True
    ).lesion.tolist() == [[[True, False]]]


def test_whole_lesions_are_soft_too_if_asked():
    truth = read(LABELS, "lesions", soft=True)
    np.testing.assert_array_equal(truth.soft, LABELS != 0)


def test_spacing_is_kept():
    image = Image(LABELS, Grid((0.5, 2.0)))
    assert to_truth(image, MaskReading(), "it").spacing == (0.5, 2.0)


def test_fractions_are_refused(message):
    for value in (0.25, np.nan, np.inf):
        pixels = np.array([[[0, value]]])
        assert message(lambda pixels=pixels: read(pixels)) == (
            f"it must be 0 or 1, got {value:g}; cut soft masks before scoring, or "
            "read them as soft"
        )


def test_negative_values_are_refused_unless_named(message):
    pixels = np.array([[[-1, 0, 3]]])
    assert message(lambda: read(pixels)) == (
        "it must not be negative, got -1; name the value among those to ignore, or "
        "among the labels"
    )
    assert read(pixels, labels=(-1,)).lesion.tolist() == [[[True, False, False]]]
    assert read(pixels, ignore=(-1,)).ignored.tolist() == [[[True, False, False]]]


@pytest.mark.parametrize(
    ("value", "shown"), [(1.5, "1.5"), (-0.5, "-0.5"), (np.nan, "nan")]
)
def test_shares_out_of_range(value, shown, message):
    pixels = np.full((1, 2, 3), value)
    assert message(lambda: read(pixels, soft=True)) == (
        f"it must be shares in [0, 1], got {shown}; divide by their scale"
    )


def test_names_are_no_labels_of_a_picture(message):
    assert message(lambda: read(LABELS, labels=("mass",))) == (
        "labels of a label image must be whole numbers, got ('mass',); names are for "
        "segments and categories"
    )


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"ids": "number"}, "ids must be 'name' or 'uid', got 'number'"),
        (
            {"raters": "vote"},
            "raters must be one of mean, majority, any, all, agreement, got 'vote'",
        ),
        ({"band": -1.0}, "band must be at least 0 pixels, got -1.0"),
        ({"band": np.nan}, "band must be at least 0 pixels, got nan"),
        (
            {"soft": True, "numbered": True},
            "soft masks must not be numbered: a share has no number; choose one",
        ),
        (
            {"soft": True, "raters": "any"},
            "soft masks must be combined by mean, got raters 'any'",
        ),
        (
            {"orientation": "RAX"},
            "orientation must name where the three axes lead, a letter of L or R, P or "
            "A, I or S each, got 'RAX'; for instance 'RAS'",
        ),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_choices_that_are_none(choices, expected, message):
    assert message(lambda: MaskReading(**choices)) == expected


def test_maps_have_fewer_choices():
    assert MapReading(suffix="_cam").orientation == ""
