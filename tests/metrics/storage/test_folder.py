import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metrics import with_evidence
from metrics.storage.folder import read, write

EVIDENCE = {
    "provenance": {"title": "Ä study", "seeds": {"data": 1}, "date": None},
    "data": {"noise": np.float32(0.25), "area": float("nan")},
    "panels": {
        "ids": np.array(["000001", "000003"]),
        "maps": np.random.default_rng(0).normal(size=(2, 3, 9, 14)).astype(np.float32),
        "masks": np.zeros((2, 9, 14), bool),
    },
}


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(scores, tmp_path):
    write(with_evidence(scores, EVIDENCE), tmp_path / "scores")
    return tmp_path / "scores"


def test_what_is_written_is_read(scores, folder):
    got = read(folder)
    pd.testing.assert_frame_equal(got.table, scores.table)
    assert got.ids == scores.ids
    assert got.entries == scores.entries
    assert got.results == scores.results
    for name, counts in scores.counts.items():
        for part in ("marked_lesion", "marked_healthy", "lesion", "healthy", "status"):
            np.testing.assert_array_equal(
                getattr(got.counts[name], part), getattr(counts, part)
            )
    assert sorted(got.evidence) == sorted(EVIDENCE)
    assert got.evidence["provenance"] == EVIDENCE["provenance"]
    assert got.evidence["data"] == {"noise": 0.25, "area": None}
    for key, array in EVIDENCE["panels"].items():
        np.testing.assert_array_equal(got.evidence["panels"][key], array)
    assert got._repr_html_() == scores._repr_html_()


def test_the_same_bytes_again(scores, folder, tmp_path):
    write(with_evidence(scores, EVIDENCE), tmp_path / "again")
    expected = contents(folder)
    assert contents(tmp_path / "again") == expected
    write(read(folder), tmp_path / "copy")
    assert contents(tmp_path / "copy") == expected
    assert {Path(name).parts[0] for name in expected} == {
        "scores.parquet",
        "scores.csv",
        "curves.zarr",
        "results.json",
        "evidence",
    }


def test_the_csv_is_the_table(scores, folder):
    text = {key: str for key in ("image_id", "head", "layer", "alignment", "seed")}
    got = pd.read_csv(folder / "scores.csv", dtype=text, keep_default_na=False)
    assert list(got.columns) == list(scores.table.columns)
    values = [float(word) if word != "" else np.nan for word in got["value"]]
    np.testing.assert_array_equal(values, scores.table["value"])


def test_numbers_of_maps_that_are_not_finite_survive(make_scene, tmp_path):
    from metrics import score

    maps, masks = make_scene()
    maps["cam"][1] = np.inf
    scores = score(maps, masks)
    write(scores, tmp_path / "s")
    assert ": NaN" not in (tmp_path / "s" / "results.json").read_text()
    got = read(tmp_path / "s")
    pd.testing.assert_frame_equal(got.table, scores.table)
    assert np.isnan(got.counts["cam"].sensitivity[1]).all()


def message(call, error):
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    "member",
    ["scores.parquet", "scores.csv", "curves.zarr", "evidence", "results.json"],
)
def test_an_unfinished_folder(folder, member):
    (folder / member).rename(folder.parent / member)
    assert message(lambda: read(folder), FileNotFoundError) == (
        f"{folder} must be a complete scores folder, got no {member}; "
        "score the maps again"
    )


def test_no_folder(tmp_path):
    path = tmp_path / "none"
    assert message(lambda: read(path), FileNotFoundError) == (
        f"{path} must be a complete scores folder, got no scores.parquet, scores.csv, "
        "curves.zarr, evidence, results.json; score the maps again"
    )


@pytest.mark.parametrize(
    "member",
    [
        "scores.parquet",
        "results.json",
        "evidence/panels.npz",
        "evidence/data.json",
        "curves.zarr/zarr.json",
        "curves.zarr/status/zarr.json",
    ],
)
def test_truncated_members(folder, member):
    path = folder / member
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    text = message(lambda: read(folder), ValueError)
    assert text.startswith(f"{folder} must be a complete scores folder, got ")
    assert text.endswith("; score the maps again")


def test_another_version(folder):
    path = folder / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 9}))
    assert message(lambda: read(folder), ValueError) == (
        f"{folder} must be a complete scores folder, got 'schema 9, not 2'; "
        "score the maps again"
    )


def test_a_folder_that_is_not_empty(scores, tmp_path):
    (tmp_path / "x").write_text("")
    assert message(lambda: write(scores, tmp_path), FileExistsError) == (
        f"{tmp_path} must be empty, got files in it; name another folder"
    )


def test_evidence_that_fits_neither(scores, tmp_path):
    odd = with_evidence(scores, {"odd": {"a": {1, 2}}})
    assert message(lambda: write(odd, tmp_path / "s"), ValueError) == (
        "evidence 'odd' must fit JSON or be arrays by name, got: Object of type set "
        "is not JSON serializable"
    )
