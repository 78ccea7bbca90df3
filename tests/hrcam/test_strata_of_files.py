"""``hrcam score --strata``: subjects and kinds of lesion of images in files."""

import contextlib
import io
import json

import numpy as np
import pandas as pd
import pytest

from hrcam.cli import main
from metrics import ScoreOptions, score


@pytest.fixture
def files(tmp_path):
    """Maps and masks of 24 images of 8 subjects, and a table in another order."""
    generator = np.random.default_rng(8)
    ids = [f"{number:02d}" for number in range(24)]
    masks = np.zeros((24, 7, 12), np.uint8)
    for mask in masks[:21]:
        top, left = generator.integers((0, 0), (4, 8))
        mask[top : top + 3, left : left + 4] = 1
    maps = generator.normal(size=masks.shape) + masks
    table = pd.DataFrame(
        {
            "image_id": ids,
            "subject": [f"p{number // 3}" for number in range(24)],
            "lesion": ["stroke", "tumor"] * 10 + ["stroke"] + ["none"] * 3,
            "correct": generator.random(24) < 0.7,
            "site": ["a", "b"] * 12,
        }
    )
    for name, arrays in (("maps", maps), ("other", maps[::-1]), ("masks", masks)):
        (tmp_path / name).mkdir()
        for key, array in zip(ids, arrays, strict=True):
            np.save(tmp_path / name / f"{key}.npy", array)
    shuffled = table.sample(frac=1, random_state=1)
    shuffled.to_csv(tmp_path / "table.csv", index=False)
    shuffled.to_parquet(tmp_path / "table.parquet")
    return tmp_path, maps, masks, table


def call(folder, table):
    out, err = io.StringIO(), io.StringIO()
    words = ("score", "--maps", f"mine={folder / 'maps'}", "--masks", folder / "masks")
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main(
            [
                *map(str, words),
                *("--maps", f"theirs={folder / 'other'}", "--strata", str(table)),
                *("--out", str(folder / "scores"), "--overwrite", "--quiet"),
            ]
        )
    return end.value.code or 0, err.getvalue()


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_intervals_follow_the_subjects_of_the_table(files, name):
    folder, maps, masks, table = files
    assert call(folder, folder / name) == (0, "")
    found = json.loads((folder / "scores" / "results.json").read_text())
    assert found["images"]["subjects"] == 8
    assert found["images"]["clustered"]
    names = [row["name"] for row in found["strata"]]
    assert names == [
        "all",
        "correct",
        "lesion=stroke",
        "lesion=tumor",
        "without_lesion",
    ]
    frame = table.assign(image_id=[f"{number:06d}" for number in range(24)])
    same = score({"mine": maps, "theirs": maps[::-1]}, masks, frame, ScoreOptions())
    assert found["differences"] == same.results["differences"]
    scores = pd.read_parquet(folder / "scores" / "scores.parquet")
    row = scores[scores["image_id"] == "04"].iloc[0]
    assert (row["subject"], row["lesion"], row["site"]) == ("p1", "stroke", "a")


def test_a_table_that_does_not_fit_is_refused_before_anything_is_written(files):
    folder = files[0]

    def message(text):
        path = folder / "odd.csv"
        path.write_text(text)
        code, err = call(folder, path)
        assert code == 1
        assert not (folder / "scores").exists()
        return err

    assert "strata must have a column image_id, got id, subject in" in message(
        "id,subject\n00,a\n"
    )
    assert (
        "strata must have a row for every image, got none for '01' (23 of"
        in message("image_id,subject\n00,a\n")
    )
    code, err = call(folder, folder / "nothing.csv")
    assert (code, "strata must be a CSV or Parquet file, got no" in err) == (1, True)


def test_a_dataset_has_its_own(tiny_folder, files):
    folder = files[0]
    with (
        contextlib.redirect_stderr(io.StringIO()) as err,
        pytest.raises(SystemExit),
    ):
        main(
            [
                *("score", "--maps", f"mine={folder / 'maps'}", "--quiet"),
                *("--masks", str(tiny_folder), "--out", str(folder / "scores")),
                *("--strata", str(folder / "table.csv")),
            ]
        )
    assert "strata must come from the dataset itself, got a table too" in err.getvalue()
