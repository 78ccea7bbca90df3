import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coding
from pycocotools.coco import COCO

from metrics import FolderMasks
from metrics.sources.formats.annotations import draw
from metrics.sources.formats.image import ImageError
from metrics.sources.formats.limits import PIXELS
from metrics.sources.source import MaskReading

SIZE = (30, 44)


@pytest.fixture
def save(tmp_path):
    def write(content):
        (tmp_path / "m.json").write_text(json.dumps(content))
        return tmp_path / "m.json"

    return write


def annotated(*annotations, size=SIZE):
    """Make the content of a file with two images and two categories."""
    rows = [
        {"id": n, "image_id": 7, "category_id": 1, "iscrowd": 0, **given}
        for n, given in enumerate(annotations, 1)
    ]
    images = [
        {"id": 7, "file_name": "train/a.png", "height": size[0], "width": size[1]},
        {"id": 9, "file_name": "b.png", "height": 5, "width": 6},
    ]
    categories = [{"id": 1, "name": "mass"}, {"id": 2, "name": "tube"}]
    return {"images": images, "annotations": rows, "categories": categories}


def disc(row, column, radius):
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def test_every_way_to_write_a_region(save, compressed):
    mask = disc(12, 20, 6)
    plain = {"size": list(SIZE), "counts": [*_counts(mask)]}
    shapes = [
        {"segmentation": compressed(mask)},
        {"segmentation": plain},
        {"bbox": [3, 4, 5, 6]},
        {"segmentation": [[30.0, 3.0, 40.0, 3.0, 40.0, 9.0, 30.0, 9.0]]},
    ]
    path = save(annotated(*shapes))
    reference = COCO(str(path))
    for number, shape in enumerate(shapes):
        truth = FolderMasks(save(annotated(shape))).read(["a"])
        if "segmentation" in shape:
            expected = reference.annToMask(reference.anns[number + 1]).astype(bool)
            np.testing.assert_array_equal(truth.lesion[0], expected)
        else:
            assert np.argwhere(truth.lesion[0])[[0, -1]].tolist() == [[4, 3], [9, 7]]


def _counts(mask):
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.flatnonzero(np.diff(flat.astype(int)))
    return np.diff([0, *edges, mask.size]).tolist()


def holds(corners, x, y):
    """Count the edges to the right of a point: an odd number means inside."""
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def distance(corners, x, y):
    """Distance of a point from the nearest edge."""
    found = []
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        length = (x1 - x0) ** 2 + (y1 - y0) ** 2
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length if length else 0
        along = min(max(along, 0), 1)
        found.append(np.hypot(x0 + along * (x1 - x0) - x, y0 + along * (y1 - y0) - y))
    return min(found)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(-3, 18), st.floats(-3, 14)), min_size=3, max_size=7)
)
def test_polygons_against_a_plain_loop_and_pycocotools(corners):
    """The other library rounds corners and edges first: only borders may differ."""
    size = (11, 15)
    points = [x for corner in corners for x in corner]
    theirs = coding.decode(coding.merge(coding.frPyObjects([points], *size)))
    try:
        ours = draw({"segmentation": [points]}, size, "a")
    except ImageError:  # outside the image
        ours = np.zeros(size, bool)
    whole = ours.sum() > 1
    for row in range(size[0]):
        for column in range(size[1]):
            x, y = column + 0.5, row + 0.5
            far = distance(corners, x, y)
            if far > 1e-9 and whole:
                assert ours[row, column] == holds(corners, x, y)
            thin = not whole  # ours marks the pixel of its middle then
            assert ours[row, column] == theirs[row, column] or far < 2 or thin


def test_polygons_hold_the_pixels_whose_centers_they_hold():
    triangle = [2.0, 1.0, 12.0, 1.0, 2.0, 11.0]
    got = draw({"segmentation": [triangle]}, SIZE, "a")
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            x, y = column + 0.5, row + 0.5
            inside = x > 2 and y > 1 and x + y < 13
            on_edge = x + y == 13
            assert got[row, column] == inside or on_edge


def test_parts_of_a_polygon_are_one_lesion(save):
    parts = [[1, 1, 5, 1, 5, 5, 1, 5], [10, 1, 15, 1, 15, 5, 10, 5]]
    truth = FolderMasks(save(annotated({"segmentation": parts}))).read(["a"])
    assert truth.lesion.sum() == 16 + 20
    assert truth.numbered.max() == truth.lesions.max() == 1


def test_a_polygon_too_thin_for_a_center(save):
    thin = [[5.6, 2.6, 5.8, 2.6, 5.8, 2.9]]
    truth = FolderMasks(save(annotated({"segmentation": thin}))).read(["a"])
    assert np.argwhere(truth.lesion[0]).tolist() == [[2, 5]]


def test_annotations_are_lesions_and_smaller_ones_lie_on_top(save, compressed):
    large, small = disc(12, 20, 8), disc(14, 23, 3)
    rows = [{"segmentation": compressed(mask)} for mask in (small, large)]
    truth = FolderMasks(save(annotated(*rows))).read(["a"])
    expected = np.where(small, 1, np.where(large, 2, 0))
    np.testing.assert_array_equal(truth.numbered[0], expected)
    parts = FolderMasks(save(annotated(*rows)), MaskReading(numbered=False))
    assert parts.read(["a"]).lesions.max() == 1


def test_images_without_annotations_are_empty(save):
    truth = FolderMasks(save(annotated())).read(["b"])
    assert truth.size == (5, 6)
    assert not truth.lesion.any()


def test_crowds_do_not_count(save, compressed):
    lesion, crowd = disc(12, 12, 5), disc(14, 18, 6)
    rows = [
        {"segmentation": compressed(lesion)},
        {"segmentation": compressed(crowd), "iscrowd": 1},
    ]
    truth = FolderMasks(save(annotated(*rows))).read(["a"])
    np.testing.assert_array_equal(truth.lesion[0], lesion)
    np.testing.assert_array_equal(truth.ignored[0], crowd & ~lesion)


@pytest.mark.parametrize("labels", [("mass",), (1,)])
def test_categories_are_chosen(labels, save, message):
    rows = [{"bbox": [0, 0, 2, 2]}, {"bbox": [5, 5, 3, 3], "category_id": 2}]
    path = save(annotated(*rows))
    assert FolderMasks(path).read(["a"]).lesion.sum() == 13
    assert FolderMasks(path, MaskReading(labels=labels)).read(["a"]).lesion.sum() == 4
    assert message(lambda: FolderMasks(path, MaskReading(labels=("rib",)))) == (
        f"labels must be in the categories of {path}, got 'rib'; it has 1 'mass', "
        "2 'tube'"
    )


def test_images_by_name_or_number(save):
    path = save(annotated())
    assert FolderMasks(path).ids == ("a", "b")
    assert FolderMasks(path, MaskReading(ids="uid")).ids == ("7", "9")


def test_names_are_only_names(save, message):
    content = annotated()
    content["images"][0]["file_name"] = "../../etc/passwd"
    assert FolderMasks(save(content)).ids == ("b", "passwd")
    content["images"][0]["file_name"] = "x/b.jpg"
    path = save(content)
    assert message(lambda: FolderMasks(path)) == (
        f"ids in {path} must be unique, got 'b' more than once"
    )


@pytest.mark.parametrize(
    ("change", "ending"),
    [
        (
            lambda c: c["images"].append(dict(c["images"][0], file_name="c.png")),
            " must have one image of each id, got 7 more than once",
        ),
        (
            lambda c: c["annotations"].append({"image_id": 8}),
            " must have the image of every annotation, got none for image_id 8",
        ),
        (
            lambda c: c["images"][0].update(height=10**6, width=10**6),
            f"[a] must have 1 to {PIXELS.most} pixels, got shape (1000000, 1000000); "
            "set HRCAM_MAX_PIXELS to allow more",
        ),
        (
            lambda c: c["images"][0].pop("height"),
            " must be a complete file, got \"'height'\"; write it again",
        ),
        (
            lambda c: c.update(images=3),
            " must be a complete file, got \"'int' object is not iterable\"; write it "
            "again",
        ),
    ],
)
def test_broken_files(change, ending, save, message):
    content = annotated()
    change(content)
    path = save(content)
    assert message(lambda: FolderMasks(path)) == f"{path}{ending}"


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        ({}, "must have a segmentation or a bbox, got neither"),
        (
            {"segmentation": {"size": [5, 6], "counts": [30]}},
            "must have its image's size (30, 44), got (5, 6)",
        ),
        (
            {"segmentation": [[1, 2, 3, 4]]},
            "must be a complete file, got 'a polygon of 2 points'; write it again",
        ),
        (
            {"segmentation": [[90, 90, 92, 90, 92, 92]]},
            "must be a complete file, got 'a polygon outside its 30 x 44 pixels'; "
            "write it again",
        ),
        (
            {"segmentation": [[1, 2, 3]]},
            "must be a complete file, got 'cannot reshape array of size 3 into shape "
            "(2)'; write it again",
        ),
        (
            {"bbox": [1, 2, 3]},
            "must be a complete file, got 'not enough values to unpack (expected 4, "
            "got 3)'; write it again",
        ),
        (
            {"bbox": [60, 2, 3, 4]},
            "must have boxes in its 30 x 44 pixels, got (60.0, 2.0, 3.0, 4.0)",
        ),
    ],
)
def test_broken_annotations(shape, rule, save, message):
    path = save(annotated(shape))
    found = message(lambda: FolderMasks(path).read(["a"]))
    assert found == f"{path}[a], annotation 1 {rule}"


def test_files_that_are_none(tmp_path, monkeypatch, message):
    path = tmp_path / "m.json"
    path.write_text("[1, 2]")
    assert message(lambda: FolderMasks(path)) == (
        f"{path} must be COCO (images, annotations) or run lengths by image and "
        "category, got a list"
    )
    for text in ("{", "[" * 10**5, '{"images": NaN'):
        path.write_text(text)
        assert message(lambda: FolderMasks(path)).startswith(
            f"{path} must be a complete file, got "
        )
    monkeypatch.setenv("HRCAM_MAX_BYTES", "9")
    path.write_text("[1, 2, 3, 4, 5]")
    assert message(lambda: FolderMasks(path)) == (
        f"{path} must have at most 9 bytes, got 15; set HRCAM_MAX_BYTES to allow more"
    )
