"""``hrcam score`` on files of every format: the scores of the same arrays in memory."""

import contextlib
import io
import json

import numpy as np
import pandas as pd
import pytest

from hrcam.cli import main
from metrics import MaskReading, ScoreOptions, open_maps, open_masks, score

SIZE = (12, 17)
IDS = [f"i{number}" for number in range(7)]


def call(*words):
    """Run a command in this process: exit status, output, errors."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main([str(word) for word in words])
    return end.value.code or 0, out.getvalue(), err.getvalue()


def draw(size=SIZE, kind=np.uint8):
    """Maps of whole numbers, which every format holds, and masks of a rectangle."""
    generator = np.random.default_rng(3)
    maps, masks = {}, {}
    for number, key in enumerate(IDS):
        mask = np.zeros(size, kind)
        top, left = generator.integers(0, (size[-2] - 4, size[-1] - 5))
        mask[..., top : top + 4, left : left + 5] = number != 4  # one has no lesion
        noise = generator.integers(0, 150, size)
        maps[key], masks[key] = (noise + 80 * mask).astype(kind), mask
    return maps, masks


def expect(maps, masks):
    """Scores of the arrays, by image in their order."""
    stack = np.stack([*maps.values()]).astype(float)
    truth = np.stack([*masks.values()]) != 0
    return score({"mine": stack}, truth, options=ScoreOptions(resamples=100))


def check(folder, expected, ids=IDS):
    table = pd.read_parquet(folder / "scores.parquet")
    for name, threshold in (("auroc", np.nan), ("dice", 0.5), ("sensitivity", 0.3)):
        at = table["threshold"].isna() if np.isnan(threshold) else None
        rows = table[
            (table["score"] == name)
            & (at if at is not None else table["threshold"] == threshold)
        ]
        assert rows["image_id"].tolist() == list(ids)
        wanted = expected.values_of(
            "mine", name, None if np.isnan(threshold) else threshold
        )
        np.testing.assert_array_equal(rows["value"].to_numpy(), wanted)


def test_maps_and_masks_of_every_format(kind, write, tmp_path):
    maps, masks = draw()
    code, out, err = call(
        *("score", "--maps", f"mine={write(kind, maps, 'maps')}"),
        *("--masks", write(kind, masks, "masks"), "--out", tmp_path / "scores"),
        "--quiet",
    )
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "All 7 masks have a map of each entry."
    check(tmp_path / "scores", expect(maps, masks))


@pytest.mark.parametrize("kind", ["npy", "tiff", "nifti gz", "hdf5 stack", "zarr"])
def test_volumes(kind, write, tmp_path):
    maps, masks = draw((6, *SIZE))
    code, _, err = call(
        *("score", "--maps", f"mine={write(kind, maps, 'maps')}"),
        *("--masks", write(kind, masks, "masks"), "--out", tmp_path / "scores"),
        *("--images", write(kind, maps, "pictures"), "--quiet"),
    )
    assert (code, err) == (0, "")
    check(tmp_path / "scores", expect(maps, masks))
    report = tmp_path / "report.pdf"
    assert call("report", tmp_path / "scores", "--out", report, "--quiet")[0] == 0
    with np.load(tmp_path / "scores" / "evidence" / "panels.npz") as panels:
        masks = panels["masks"]
    assert masks.ndim == 3
    assert masks.any(axis=(1, 2)).all()


def test_masks_of_every_kind_of_annotation(mask_kind, write, write_masks, tmp_path):
    maps, masks = draw()
    named = {key: mask for key, mask in masks.items() if key != "i4"}
    if mask_kind != "categories":
        named = masks  # those name every image, also without a lesion
    code, out, err = call(
        *("score", "--maps", f"mine={write('npy', maps, 'maps')}"),
        *("--masks", write_masks(mask_kind, named), "--out", tmp_path / "scores"),
        *("--extra", "ignore", "--quiet"),
    )
    assert (code, err) == (0, "")
    whole = "All 7 masks have a map of each entry."
    lost = "mine: 6 maps with a mask, 1 map without a mask (i4)."
    assert out.splitlines()[0] == (whole if named is masks else lost)
    part = {key: maps[key] for key in named}
    check(tmp_path / "scores", expect(part, named), list(named))


def test_segmentations_name_their_images_by_uid(
    make_series, make_segmentation, tmp_path
):
    generator = np.random.default_rng(3)
    volume = generator.integers(0, 90, (5, *SIZE)).astype(np.int16)
    masks = np.zeros(volume.shape, np.uint8)
    masks[:4, 3:7, 2:9] = 1
    volume += 70 * masks
    slices = make_series(volume)
    (tmp_path / "maps").mkdir()
    for number, one in enumerate(slices):
        one.save_as(tmp_path / "maps" / f"s{number}.dcm", enforce_file_format=True)
    found = make_segmentation(slices, masks[..., None], omit_empty_frames=False)
    found.save_as(tmp_path / "masks.dcm")
    code, _, err = call(
        *("score", "--maps", f"mine={tmp_path / 'maps'}", "--ids", "uid"),
        *("--masks", tmp_path / "masks.dcm", "--out", tmp_path / "scores", "--quiet"),
    )
    assert (code, err) == (0, "")
    ids = [str(one.SOPInstanceUID) for one in slices]
    order = sorted(range(5), key=ids.__getitem__)
    expected = expect({k: volume[k] for k in order}, {k: masks[k] for k in order})
    check(tmp_path / "scores", expected, sorted(ids))


def test_images_may_differ_in_size(write, tmp_path):
    maps, masks = draw()
    other = draw((9, 10))
    for half in (maps, masks):
        half |= {f"k{key}": (other[half is masks])[key] for key in IDS}
    code, _, err = call(
        *("score", "--maps", f"mine={write('tiff', maps, 'maps')}"),
        *("--masks", write("png", masks, "masks"), "--out", tmp_path / "scores"),
        *("--images", write("npy", maps, "pictures"), "--quiet"),
    )
    assert (code, err) == (0, "")
    table = pd.read_parquet(tmp_path / "scores" / "scores.parquet")
    found = table[table["score"] == "auroc"]["value"].to_numpy()
    parts = [expect(*draw()), expect(*other)]
    values = [part.values_of("mine", "auroc") for part in parts]
    np.testing.assert_array_equal(found, np.concatenate(values))
    report = tmp_path / "report.pdf"
    assert call("report", tmp_path / "scores", "--out", report, "--quiet")[0] == 0


def test_what_does_not_match_is_refused_and_otherwise_said(write, tmp_path):
    maps, masks = draw()
    renamed = {f"cam_{key}": map_ for key, map_ in maps.items() if key != "i2"}
    renamed["cam_other"] = maps["i2"]
    words = (
        *("score", "--maps", f"mine={write('npy', renamed, 'maps')}"),
        *("--masks", write("png", masks, "masks"), "--out", tmp_path / "scores"),
    )
    code, out, err = call(*words)
    assert (code, out) == (1, "")
    assert "got no match: maps cam_i0, cam_i1, cam_i3 and 4 more and masks i0" in err
    assert "6 names would match without 'cam_' before the maps' ids" in err
    assert not (tmp_path / "scores").exists()
    code, out, err = call(*words, "--map-names", "cam_*", "--extra", "ignore")
    assert code == 1
    assert "every mask must have a map of 'mine', got none for i2 (1 of 7)" in err
    assert (
        "every map of 'mine' must have a mask, got none for other"
        in (call(*words, "--map-names", "cam_*", "--missing", "drop")[2])
    )
    means = {}
    for missing in ("drop", "worst"):
        folder = tmp_path / missing
        code, out, err = call(
            *words[:-1],
            folder,
            *("--map-names", "cam_*", "--extra", "ignore", "--missing", missing),
            *("--maps", f"other={write('npy', maps, f'other {missing}')}"),
        )
        assert code == 1  # the pattern is that of all maps
        assert "must begin with 'cam_'" in err
        code, out, err = call(
            *words[:-1],
            folder,
            *("--map-names", "cam_*", "--extra", "ignore", "--missing", missing),
        )
        assert code == 0
        assert out.splitlines()[0] == (
            "mine: 6 maps with a mask, 1 mask without a map (i2), 1 map without a mask "
            "(other)."
        )
        results = json.loads((folder / "results.json").read_text())
        (row,) = results["inputs"]
        assert (row["matched"], row["missing_ids"], row["extra_ids"]) == (
            6,
            ["i2"],
            ["other"],
        )
        means[missing] = results


def test_a_missing_map_counts_as_worst_only_where_it_is_asked_for():
    maps, masks = draw()
    stack, truth = np.stack([*maps.values()]).astype(float), np.stack([*masks.values()])
    source = dict(zip(IDS, stack, strict=True))

    class Some:
        names = {"method": "some"}  # noqa: RUF012 - what a source has
        ids = IDS[1:]

        def read(self, ids):
            return np.stack([source[key] for key in ids])

    class Masks:
        ids = IDS

        def read(self, ids):
            return np.stack([masks[key] != 0 for key in ids])

    both = {"whole": stack, "some": Some()}
    rows = {}
    for missing in ("drop", "worst"):
        options = ScoreOptions(resamples=100, missing=missing, reference="whole")
        results = score(both, Masks(), options=options).results
        (rows[missing],) = [
            row
            for row in results["differences"]
            if row["score"] == "auroc" and row["stratum"] == "all"
        ]
    first = score({"a": stack}, truth != 0).values_of("a", "auroc")[0]
    assert rows["drop"]["difference"] == 0
    assert (rows["drop"]["n"], rows["worst"]["n"]) == (5, 6)
    np.testing.assert_allclose(rows["worst"]["difference"], first / 6)


def test_raters_labels_and_bands(write, tmp_path):
    maps, masks = draw()
    other = {key: np.roll(mask, 1, axis=0) for key, mask in masks.items()}
    labeled = {
        key: np.where(mask, 3, 0).astype(np.uint8) for key, mask in masks.items()
    }
    for mask in labeled.values():
        mask[0, 0], mask[-1, -1] = 7, 255
    path = f"mine={write('npy', maps, 'maps')}"
    one, two = write("png", masks, "one"), write("png", other, "two")
    cases = {
        "any": (
            {k: masks[k] | other[k] for k in masks},
            "--masks",
            one,
            "--masks",
            two,
        ),
        "all": (
            {k: masks[k] & other[k] for k in masks},
            "--masks",
            one,
            "--masks",
            two,
        ),
    }
    for rule, (truth, *words) in cases.items():
        folder = tmp_path / rule
        code, _, err = call(
            *("score", "--maps", path, *words, "--raters", rule, "--out", folder),
            "--quiet",
        )
        assert (code, err) == (0, "")
        check(folder, expect(maps, truth))
    code, _, err = call(
        *("score", "--maps", path, "--masks", write("png", labeled, "labels")),
        *("--labels", "3", "--ignore", "255", "--out", tmp_path / "labels-scores"),
        "--quiet",
    )
    assert (code, err) == (0, "")
    table = pd.read_parquet(tmp_path / "labels-scores" / "scores.parquet")
    ours = expect(maps, masks).values_of("mine", "sensitivity", 0.5)
    found = table[(table["score"] == "sensitivity") & (table["threshold"] == 0.5)]
    np.testing.assert_array_equal(found["value"].to_numpy(), ours)
    code, _, err = call(
        *("score", "--maps", path, "--masks", one, "--masks", two),
        *("--out", tmp_path / "never"),
    )
    assert code == 1
    assert "masks of several raters must have two paths or more and a rule" in err


def test_a_band_along_borders_does_not_count(write, tmp_path):
    maps, masks = draw()
    paths = write("npy", maps, "maps"), write("png", masks, "masks")
    code, _, err = call(
        *("score", "--maps", f"mine={paths[0]}", "--masks", paths[1], "--quiet"),
        *("--band", "1.5", "--out", tmp_path / "scores"),
    )
    assert (code, err) == (0, "")
    wanted = score(
        {"mine": open_maps(paths[0], "mine")},
        open_masks(paths[1], MaskReading(band=1.5)),
        options=ScoreOptions(resamples=100),
    )
    check(tmp_path / "scores", wanted)
    without = expect(maps, masks).values_of("mine", "auroc")
    assert (wanted.values_of("mine", "auroc") != without).any()
