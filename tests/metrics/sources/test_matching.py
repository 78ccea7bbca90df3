import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.sources.matching import match

NAMES = st.lists(st.text("ab_01", min_size=1, max_size=4), unique=True, max_size=8)


@given(NAMES, NAMES)
def test_every_name_is_in_one_place(maps, masks):
    found = match("cam", maps, masks)
    assert list(found.matched) == [key for key in masks if key in maps]
    assert list(found.missing) == [key for key in masks if key not in maps]
    assert list(found.extra) == [key for key in maps if key not in masks]


def test_all_match():
    found = match("cam", ["b", "a"], ["a", "b"])
    assert found.matched == ("a", "b")
    assert found.as_dict() == {
        "entry": "cam",
        "matched": 2,
        "missing": 0,
        "missing_ids": [],
        "extra": 0,
        "extra_ids": [],
        "hint": "",
    }
    found.check()


def test_maps_without_masks(message):
    masks = [f"i{k}" for k in range(9)]
    maps = [*masks, "x1", "x2", "x3", "x4"]
    found = match("cam", maps, masks)
    assert message(found.check) == (
        "every map of 'cam' must have a mask, got none for x1, x2, x3 and 1 more; add "
        "the masks (all 0 for an image without lesion), remove the maps, "
        "or let extra be ignore"
    )
    found.check(extra="ignore")
    assert found.as_dict(2)["extra_ids"] == ["x1", "x2"]


def test_masks_without_maps(message):
    found = match("cam", ["i0", "i1"], [f"i{k}" for k in range(7)])
    assert message(found.check) == (
        "every mask must have a map of 'cam', got none for i2, i3, i4 and 2 more (5 of "
        "7); add the maps, or let missing be drop or worst"
    )
    found.check(missing="drop")
    found.check(missing="worst")


def test_nothing_matches_is_refused_whatever_was_said(message):
    found = match("cam", ["x"], ["a", "b"])
    assert message(lambda: found.check("drop", "ignore")) == (
        "maps of 'cam' must match masks by image_id, got no match: maps x and masks a, "
        "b; name both alike"
    )
    nothing = match("cam", [], ["a"])
    assert message(lambda: nothing.check("drop", "ignore")) == (
        "maps of 'cam' must match masks by image_id, got no match: maps none and masks "
        "a; name both alike"
    )


@pytest.mark.parametrize(
    ("maps", "masks", "hint"),
    [
        (
            "{}_cam",
            "{}_mask",
            "'_cam' after the maps' ids and '_mask' after the masks' ids",
        ),
        ("{}", "{}_mask", "'_mask' after the masks' ids"),
        ("cam_{}", "{}", "'cam_' before the maps' ids"),
        ("{}.nii", "{}", "'.nii' after the maps' ids"),
        (
            "hm-{}-v2",
            "gt_{}",
            "'hm-' before the maps' ids and '-v2' after the maps' ids and "
            "'gt_' before the masks' ids",
        ),
        (
            "cam{}",
            "mask{}",
            "'cam' before the maps' ids and 'mask' before the masks' ids",
        ),
    ],
)
def test_what_is_before_and_after_the_names(maps, masks, hint, message):
    keys = ("0101", "0112", "0213", "1301")
    found = match("x", [maps.format(k) for k in keys], [masks.format(k) for k in keys])
    assert found.hint == (
        f"4 names would match without {hint}: rename them, or name the pattern (prefix "
        "and suffix; --map-names, --mask-names)"
    )
    assert found.hint in message(found.check)


def test_upper_case_and_zeros():
    assert match("x", ["A1", "B2"], ["a1", "b2"]).hint == (
        "2 names would match but for upper and lower case: write both alike"
    )
    assert match("x", ["1", "12", "0"], ["001", "012", "000"]).hint == (
        "3 names would match but for leading zeros: write both alike"
    )


def test_names_that_would_become_alike_are_no_hint():
    assert match("x", ["a_1", "a_2"], ["a"]).hint == ""


def test_a_few_that_do_not_fit_do_not_hide_the_rest():
    maps = [f"p{k}_cam" for k in range(20)] + ["readme"]
    masks = [f"p{k}" for k in range(20)] + ["other"]
    assert match("x", maps, masks).hint == (
        "20 names would match without '_cam' after the maps' ids: rename "
        "them, or name the pattern (prefix and suffix; --map-names, --mask-names)"
    )


def test_names_that_occur_twice(message):
    assert message(lambda: match("cam", ["a", "a"], ["a"])) == (
        "ids of maps of 'cam' must be unique, got 'a' more than once"
    )
    assert message(lambda: match("cam", ["a"], ["b", "b"])) == (
        "ids of masks must be unique, got 'b' more than once"
    )


def test_many_names_take_no_time():
    maps = [f"study_{k:06d}_view-1_cam" for k in range(20000)]
    masks = [f"study_{k:06d}_view-1_mask" for k in range(20000)]
    start = time.perf_counter()
    assert match("x", maps, masks).hint.startswith("20000 names would match without ")
    assert time.perf_counter() - start < 20
