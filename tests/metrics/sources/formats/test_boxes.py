import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import ArrayMaps, FolderMaps, FolderMasks
from metrics.sources.formats.boxes import fill
from metrics.sources.formats.image import ImageError
from metrics.sources.source import MaskReading


@pytest.fixture
def table(tmp_path):
    def write(text):
        (tmp_path / "m.csv").write_text(text, encoding="utf-8")
        return tmp_path / "m.csv"

    return write


SIDES = st.floats(-5, 20, allow_subnormal=False)
LENGTHS = st.floats(0.01, 20)


@given(SIDES, SIDES, LENGTHS, LENGTHS)
def test_pixels_whose_centers_lie_in_the_box(x, y, width, height):
    size = (7, 11)
    expected = np.zeros(size, bool)
    for row in range(7):
        for column in range(11):
            across = x <= column + 0.5 < x + width
            expected[row, column] = across and y <= row + 0.5 < y + height
    if x >= 11 or y >= 7 or x + width <= 0 or y + height <= 0:
        with pytest.raises(ImageError):
            fill((x, y, width, height), size, "a")
        return
    got = fill((x, y, width, height), size, "a")
    if expected.any():
        np.testing.assert_array_equal(got, expected)
    else:
        assert got.any()


def test_a_box_without_a_center_marks_the_pixel_of_its_own():
    expected = np.zeros((7, 11), bool)
    expected[2, 5] = True
    np.testing.assert_array_equal(fill((5.6, 2.6, 0.2, 0.3), (7, 11), "a"), expected)
    thin = fill((5.6, 1.0, 0.2, 3.0), (7, 11), "a")
    np.testing.assert_array_equal(np.argwhere(thin), [[1, 5], [2, 5], [3, 5]])


def test_boxes_are_lesions_and_smaller_ones_lie_on_top(table):
    path = table(
        "image_id,x,y,width,height,rows,columns\n"
        "a,1,1,2,2,6,9\n"
        "b,,,,,4,5\n"
        "a,0,0,6,5,,\n"
    )
    masks = FolderMasks(path)
    assert masks.ids == ("a", "b")
    expected = np.zeros((6, 9), int)
    expected[:5, :6] = 2
    expected[1:3, 1:3] = 1
    np.testing.assert_array_equal(masks.read(["a"]).numbered[0], expected)
    assert masks.read(["b"]).size == (4, 5)
    assert not masks.read(["b"]).lesion.any()


def test_the_size_of_the_map_if_the_file_has_none(table, tmp_path, message):
    path = table("image_id,x,y,width,height\na,1,2,3,4\nb,0,0,1,1\n")
    masks = FolderMasks(path)
    assert message(lambda: masks.read(["a"])) == (
        f"{path} must tell the size of a; add the columns rows and columns, or give "
        "the maps along with the masks"
    )
    (tmp_path / "maps").mkdir()
    np.save(tmp_path / "maps" / "a.npy", np.zeros((8, 5)))
    like = FolderMaps(tmp_path / "maps", "x")
    found = FolderMasks(path, like=like).read(["a"])
    assert found.size == (8, 5)
    np.testing.assert_array_equal(
        np.argwhere(found.lesion[0])[[0, -1]], [[2, 1], [5, 3]]
    )
    array = ArrayMaps(np.zeros((2, 6, 7)), ("a", "b"), {"method": "m"})
    assert FolderMasks(path, like=array).read(["b"]).size == (6, 7)
    assert message(lambda: FolderMasks(path, like=like).read(["b"])) == (
        "the size of b must be told by its mask or its map, got no map"
    )
    np.save(tmp_path / "maps" / "a.npy", np.zeros((2, 8, 5)))
    like = FolderMaps(tmp_path / "maps", "x")
    assert message(lambda: FolderMasks(path, like=like).read(["a"])) == (
        f"{path}[a] must be of a 2-D image, got size (2, 8, 5)"
    )


def test_labels(table, message):
    path = table(
        "\ufeffimage_id, x,y,width,height,rows,columns,label\n"
        "a,1,1,2,2,6,9,Mass\na,4,4,1,1,6,9,Nodule\nb,0,0,1,1,6,9,Nodule\n"
    )
    truth = FolderMasks(path, MaskReading(labels=("Mass",))).read(["a", "b"])
    assert truth.lesion.sum(axis=(1, 2)).tolist() == [4, 0]
    bare = table("image_id,x,y,width,height\na,1,1,2,2\n")
    assert message(lambda: FolderMasks(bare, MaskReading(labels=("Mass",)))) == (
        f"{bare} must have the columns image_id, x, y, width, height, label, got "
        "image_id, x, y, width, height"
    )


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (
            "name,x0,y0\n",
            " must have the columns image_id, x, y, width, height, got name, x0, y0",
        ),
        ("", " must have the columns image_id, x, y, width, height, got none"),
        (
            "image_id,x,y,width,height\na,1,2,three,4\n",
            " must have numbers for a box, got ['1', '2', 'three', '4'] in line 2",
        ),
        (
            "image_id,x,y,width,height\na,1,2\n",
            " must have numbers for a box, got ['1', '2', '', ''] in line 2",
        ),
        (
            "image_id,x,y,width,height,rows,columns\na,1,1,1,1,9,\n",
            " must have whole rows and columns, got ['9', ''] in line 2",
        ),
        (
            "image_id,x,y,width,height,rows,columns\na,1,1,1,1,9,8\na,,,,,8,9\n",
            " must have one size of a, got (9, 8) and (8, 9)",
        ),
        (
            "image_id,x,y,width,height\n../a,1,1,1,1\n",
            ": ids in PATH must be plain names, got '../a'; rename the image",
        ),
    ],
)
def test_broken_tables(text, ending, table, message):
    path = table(text)
    found = message(lambda: FolderMasks(path))
    if ending.startswith(": "):
        assert found == ending[2:].replace("PATH", str(path))
    else:
        assert found == f"{path}{ending}"


@pytest.mark.parametrize(
    ("box", "rule"),
    [
        ("1,1,0,2", "of positive width and height, got (1.0, 1.0, 0.0, 2.0)"),
        ("1,1,2,-2", "of positive width and height, got (1.0, 1.0, 2.0, -2.0)"),
        ("nan,1,2,2", "of positive width and height, got (nan, 1.0, 2.0, 2.0)"),
        ("9,1,2,2", "in its 6 x 9 pixels, got (9.0, 1.0, 2.0, 2.0)"),
        ("-2,1,2,2", "in its 6 x 9 pixels, got (-2.0, 1.0, 2.0, 2.0)"),
    ],
)
def test_boxes_that_are_none(box, rule, table, message):
    path = table(f"image_id,x,y,width,height,rows,columns\na,{box},6,9\n")
    assert message(lambda: FolderMasks(path).read(["a"])) == (
        f"{path}[a] must have boxes {rule}"
    )


def test_nothing_but_heads(table, message):
    path = table("image_id,x,y,width,height\n")
    assert message(lambda: FolderMasks(path), FileNotFoundError) == (
        f"{path} must hold images, got none"
    )


def test_boxes_are_no_maps(table, message):
    path = table("image_id,x,y,width,height,rows,columns\na,1,1,1,1,6,9\n")
    assert message(lambda: FolderMaps(path, "x")) == (
        f"{path} must hold maps, got boxes, which holds masks only"
    )


def test_not_text(tmp_path, message):
    path = tmp_path / "m.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    assert message(lambda: FolderMasks(path)).startswith(
        f"{path} must be a complete file, got "
    )
    assert math.isfinite(path.stat().st_size)
