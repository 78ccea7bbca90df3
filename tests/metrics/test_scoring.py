import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import metrics
from metrics import ArrayMaps, ArrayMasks, ScoreOptions, score, with_evidence
from metrics.counting.ranking import rank

QUICK = ScoreOptions(resamples=100)
COLUMNS = [
    "image_id",
    "method",
    "layer",
    "head",
    "alignment",
    "architecture",
    "seed",
    "score",
    "threshold",
    "value",
    "status",
    "subject",
]


def message(*args, **kwargs):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message follows
        score(*args, **kwargs)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_long_table(scores, make_scene):
    maps, masks = make_scene()
    table = scores.table
    assert list(table.columns) == [*COLUMNS, "label", "lesion", "correct", "contrast"]
    assert len(table) == 3 * len(scores.measured.columns) * 24
    assert not table.duplicated(["image_id", "method", "score", "threshold"]).any()
    row = table[
        (table.image_id == "000004")
        & (table.method == "cam")
        & (table.score == "average_precision")
    ].iloc[0]
    expected = rank(maps["cam"][4:5], masks[4:5]).average_precision[0]
    assert row["value"] == expected
    assert (row["subject"], row["lesion"], row["status"]) == ("s4", "texture", "ok")
    assert np.isnan(row["threshold"])
    free = table[table.image_id == "000002"]
    assert free[free.score == "specificity"]["status"].eq("ok").all()
    assert free[free.score == "auroc"]["status"].eq("empty_mask").all()


def test_batches_do_not_show(make_scene, monkeypatch):
    maps, masks = make_scene()
    whole = score(maps, masks, options=QUICK)
    monkeypatch.setattr("metrics.sources.intake._BATCH_PIXELS", 7 * 9 * 14)
    done = []
    monkeypatch.setattr("metrics.measurement.SHARD", 10)
    parts = score(maps, masks, options=QUICK, progress=done.append)
    assert done == [10, 10, 4]
    pd.testing.assert_frame_equal(parts.table, whole.table)
    assert parts.results == whole.results


def test_workers_do_not_show(make_scene, monkeypatch):
    maps, masks = make_scene()
    monkeypatch.setattr("metrics.measurement.SHARD", 7)
    one = score(maps, masks, options=QUICK)
    with ThreadPoolExecutor(2) as executor:
        two = score(maps, masks, options=QUICK, executor=executor)
    pd.testing.assert_frame_equal(one.table, two.table)
    assert one.results == two.results


def test_one_broken_map_changes_no_other_row(make_scene):
    maps, masks = make_scene()
    clean = score(maps, masks, options=QUICK).table
    maps["cam"][3, 0, 0] = np.nan
    broken = score(maps, masks, options=QUICK).table
    hit = (broken.method == "cam") & (broken.image_id == "000003")
    assert broken[hit]["value"].isna().all()
    assert broken[hit]["status"].eq("nonfinite").all()
    assert len(broken) == len(clean)
    pd.testing.assert_frame_equal(broken[~hit], clean[~hit])


def test_a_missing_map_is_a_row(make_scene):
    maps, masks = make_scene()
    ids = [f"{index:06d}" for index in range(24)]
    partial = ArrayMaps(maps["cam"][4:], ids[4:], {"method": "cam"})
    options = replace(QUICK, missing="drop")
    scores = score({"hr_cam": maps["hr_cam"], "cam": partial}, masks, options=options)
    hit = (scores.table.method == "cam") & (scores.table.image_id < "000004")
    assert scores.table[hit]["value"].isna().all()
    assert scores.table[hit]["status"].eq("missing").all()
    assert {"name": "cam", "status": "missing", "count": 4} in scores.results[
        "statuses"
    ]
    assert (scores.counts["cam"].marked_lesion[:4] == -1).all()
    full = score(maps, masks, options=QUICK)
    np.testing.assert_array_equal(
        scores.values_of("cam", "auroc")[4:], full.values_of("cam", "auroc")[4:]
    )
    assert scores.results["alerts"][0].startswith("Only 16 subjects")
    assert (
        "cam: 4 of 24 maps are missing (left without scores)."
        in (scores.results["alerts"])
    )


def test_order_of_ids_does_not_show(make_scene):
    maps, masks = make_scene()
    ids = np.array([f"{index:06d}" for index in range(24)])
    order = np.random.default_rng(0).permutation(24)
    shuffled = {
        name: ArrayMaps(array[order], ids[order].tolist(), {"method": name})
        for name, array in maps.items()
    }
    expected = score(maps, masks, options=QUICK).results
    assert score(shuffled, masks, options=QUICK).results == expected
    other = ArrayMasks(masks[order], ids[order].tolist())
    results = score(shuffled, other, options=QUICK).results
    for key in ("summary", "panels", "statuses", "strata"):
        assert results[key] == expected[key]


def test_integer_and_boolean_maps(make_scene):
    _, masks = make_scene()
    scores = score({"a": masks, "b": masks.astype(np.uint16) * 9}, masks)
    for name in "ab":
        assert np.nanmin(scores.values_of(name, "auroc")) == 1


def test_evidence_is_replaced(scores):
    other = with_evidence(scores, {"note": {"a": 1}})
    assert other.evidence == {"note": {"a": 1}}
    assert scores.evidence == {}
    assert other.measured is scores.measured


def test_notebooks_show_an_escaped_summary(make_scene):
    maps, masks = make_scene()
    scores = score({"<b>&mine": maps["cam"]}, masks, options=QUICK)
    page = scores._repr_html_()
    assert "&lt;b&gt;&amp;mine" in page
    assert "<b>" not in page
    assert page.count("<tr>") == 2
    assert "Means over 16 images with a lesion (24 images, 24 subjects)" in page
    assert f"{np.nanmean(scores.values_of('<b>&mine', 'auroc')):.3f}" in page
    assert "Sensitivity at 0.3" in page


# Errors: the whole line.


def test_maps_and_masks_of_different_shapes(make_scene):
    maps, masks = make_scene()
    assert message({"cam": maps["cam"].transpose(0, 2, 1)}, masks) == (
        "maps and masks must have one shape, got (14, 9) for the map of 000000 in "
        "'cam' and (9, 14) for its mask; the axes look swapped: transpose the maps"
    )


def test_a_map_without_a_mask(make_scene):
    maps, masks = make_scene()
    ids = [f"{index:06d}" for index in range(24)]
    source = ArrayMaps(maps["cam"], ids, {"method": "cam"})
    assert message({"cam": source}, ArrayMasks(masks[:20], ids[:20])) == (
        "every map of 'cam' must have a mask, got none for 000020, 000021, 000022 and "
        "1 more; add the masks (all 0 for an image without lesion), remove the maps, "
        "or let extra be ignore"
    )


def test_no_map_matches(make_scene):
    maps, masks = make_scene()
    ids = [f"image{index}" for index in range(24)]
    source = ArrayMaps(maps["cam"], ids, {"method": "cam"})
    assert message({"cam": source}, masks) == (
        "maps of 'cam' must match masks by image_id, got no match: maps image0, "
        "image1, image2 and 21 more and masks 000000, 000001, 000002 and 21 more; "
        "name both alike"
    )


def test_other_numbers_of_images(make_scene):
    maps, masks = make_scene()
    assert message({"cam": maps["cam"][:5]}, masks) == (
        "maps of 'cam' must have one image per id, got 5 for 24 ids"
    )


def test_nothing_to_score(make_scene):
    maps, masks = make_scene()
    assert message({}, masks) == (
        "sources must hold at least one method's maps, got none"
    )
    assert message({"cam": maps["cam"][:0]}, masks[:0]).startswith(
        "maps of 'cam' must match masks by image_id, got no match: maps none"
    )


def test_a_source_that_breaks_its_promise(make_scene):
    maps, masks = make_scene()

    class Short:
        names = {"method": "short"}  # noqa: RUF012
        ids = tuple(f"{index:06d}" for index in range(24))

        def read(self, ids):
            return maps["cam"][: len(ids) - 1]

    assert message({"x": Short()}, masks) == (
        "maps of 'short' must be read as real numbers (n, h, w), got dtype float64 and "
        "shape (15, 9, 14) for 16 images"
    )


def test_a_reference_that_was_not_scored_fails_at_once(make_scene):
    maps, masks = make_scene()

    def progress(_):
        pytest.fail("maps were read")

    options = ScoreOptions(reference="lime")
    assert message(maps, masks, options=options, progress=progress) == (
        "reference must be a scored entry, got 'lime'; there are hr_cam, cam, grad_cam"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda t: pd.concat([t, t.iloc[:1]]),
            "strata must have one row per image, got '000000' more than once",
        ),
        (
            lambda t: t.iloc[3:],
            "strata must have a row for every image, got none for '000000' (3 of 24)",
        ),
        (
            lambda t: t.assign(subject=t.subject.where(t.index != 2)),
            "subject must be named for every image, got none for '000002'",
        ),
        (
            lambda t: t.assign(correct="no"),
            "correct must be True or False for every image, got 'no'",
        ),
        (
            lambda t: t.assign(value=1),
            "strata must not name a column of the scores, got 'value'; rename it",
        ),
    ],
)
def test_strata_are_checked(change, expected, make_scene, make_strata):
    maps, masks = make_scene()
    assert message(maps, masks, change(make_strata())) == expected


def test_strata_may_be_indexed_by_image_and_stay_as_they_are(make_scene, make_strata):
    maps, masks = make_scene()
    by_column = make_strata()
    by_index = by_column.set_index("image_id").sample(frac=1, random_state=0)
    before = by_index.copy()
    one, two = (score(maps, masks, strata, QUICK) for strata in (by_column, by_index))
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(by_index, before)


def test_scores_that_were_not_computed(scores):
    message = "score must be one of 'cam', got 'auroc' at 0.5; there is threshold None"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        scores.values_of("cam", "auroc", 0.5)


def test_the_package_is_light():
    heavy = "keras", "tensorflow", "torch", "jax", "zarr", "matplotlib", "scipy.stats"
    code = f"import sys, metrics; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_public_face_exists():
    assert all(hasattr(metrics, name) for name in metrics.__all__)


@pytest.fixture
def mirrored():
    """Maps that mark each lesion on the other side, with the masks."""
    generator = np.random.default_rng(5)
    masks = np.zeros((30, 20, 31), bool)
    for mask in masks:
        top, left = generator.integers((0, 0), (16, 26))
        mask[top : top + 4, left : left + 5] = True
    noise = generator.normal(size=masks.shape)
    return (3.0 * masks + noise)[:, :, ::-1], masks


def test_maps_that_look_wrong_are_told_before_they_are_scored(mirrored):
    maps, masks = mirrored
    events = []
    found = score(
        {"mine": maps},
        masks,
        options=QUICK,
        warn=events.append,
        progress=events.append,
    )
    said, *counted = events
    assert said.startswith("Maps of 'mine' look mirrored left to right: lesions lie")
    assert said.endswith("(30 images); if so, score maps[:, :, ::-1].")
    assert sum(counted) == 30
    assert said in found.results["alerts"]
    (row,) = found.results["checks"]
    assert (row["kind"], row["entry"], row["warns"]) == ("orientation", "mine", True)
    with pytest.warns(UserWarning, match="mirrored left to right"):
        again = score({"mine": maps}, masks, options=QUICK)
    pd.testing.assert_frame_equal(again.table, found.table)


def test_checks_can_be_left_out_and_change_no_number(mirrored):
    maps, masks = mirrored
    found = score({"mine": maps}, masks, options=replace(QUICK, checks=False))
    assert found.results["checks"] == []
    assert not [text for text in found.results["alerts"] if "look" in text]
    with_checks = score({"mine": maps}, masks, options=QUICK, warn=lambda _: None)
    pd.testing.assert_frame_equal(with_checks.table, found.table)


def test_of_images_of_different_sizes_those_of_one_size_are_checked(mirrored):
    maps, masks = mirrored

    class Mixed:
        names = {"method": "mine"}  # noqa: RUF012
        ids = tuple(f"{index:06d}" for index in range(40))

        def __init__(self, arrays):
            self.arrays = [*arrays, *(array[:-2] for array in arrays[:10])]

        def each(self, ids):
            return (self.arrays[int(key)] for key in ids)

        def read(self, ids):
            return np.stack([*self.each(ids)])

    class Masks(Mixed):
        def each(self, ids):
            return (metrics.Truth(self.arrays[int(key)][None]) for key in ids)

    said = []
    score({"mine": Mixed(maps)}, Masks(masks), options=QUICK, warn=said.append)
    assert len(said) == 1
    assert "mirrored left to right" in said[0]


def test_blocks_of_resamples_do_not_show(make_scene, monkeypatch):
    maps, masks = make_scene()
    options = replace(QUICK, froc=True)
    whole = score(maps, masks, options=options).results
    monkeypatch.setattr("metrics.analysis.pooling._BLOCK", 7)
    monkeypatch.setattr("metrics.pooled.adding._BLOCK", 7)
    monkeypatch.setattr("metrics.statistics.draws._KEPT", 0)
    parts = score(maps, masks, options=options).results
    assert parts["pooled"] == whole["pooled"]
    assert parts["froc"] == whole["froc"]
    assert parts["differences"] == whole["differences"]
