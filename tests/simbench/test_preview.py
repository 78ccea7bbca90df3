import numpy as np
import pytest
from PIL import Image

from simbench.generation import generate
from simbench.preview import CAPTION, COLUMNS, GAP, OUTLINES, colors, outlined, sheet
from simbench.writer import write


@pytest.fixture(scope="module")
def recipe(tiny_with):
    return tiny_with(
        {
            "size": [24, 64],
            "confounders.corners": {"kind": "corners", "prevalence": 1.0},
        }
    )


def test_a_row_for_each_class_and_lesion(recipe):
    picture = sheet(generate(recipe))
    height, width = 2 * 24, 2 * 64  # enlarged to about 128 pixels
    assert picture.shape == (
        3 * (height + CAPTION + GAP),
        2 * COLUMNS * (width + GAP) + GAP,
        3,
    )
    for row in range(3):
        title = picture[row * (height + CAPTION + GAP) :][: CAPTION - 2]
        assert (title == 0).any()  # a written line
        assert (title[:, -20:] == 255).all()


def test_outlines_have_their_colors(recipe):
    picture = sheet(generate(recipe)).reshape(-1, 3)
    for name in ("mask", "confounder"):
        assert (picture == OUTLINES[name]).all(axis=1).any(), name
    # with one class of lesions what is distinctive is the mask itself
    assert not (picture == OUTLINES["distinctive"]).all(axis=1).any()


def test_an_outline_is_the_border_of_the_mask_and_nothing_else():
    mask = np.zeros((7, 9), bool)
    mask[1:6, 2:8] = True
    drawn = outlined(np.zeros((7, 9, 3), np.uint8), mask, (9, 8, 7))
    border = mask.copy()
    border[2:5, 3:7] = False
    assert (drawn[border] == (9, 8, 7)).all()
    assert not drawn[~border].any()


def test_gray_deep_and_color_images_become_color():
    gray = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert (colors(gray) == gray[..., None]).all()
    deep = np.array([[[0, 4095]]], np.uint16)
    assert colors(deep).tolist() == [[[[0, 0, 0], [255, 255, 255]]]]
    color = np.zeros((1, 2, 2, 3), np.uint8)
    assert colors(color) is color


def test_the_sheet_is_written_with_the_dataset(recipe, tmp_path):
    dataset = write(recipe, tmp_path / "dataset")
    found = np.asarray(Image.open(tmp_path / "dataset" / "preview.png"))
    assert (found == sheet(dataset)).all()
