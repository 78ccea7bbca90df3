"""The share of every map on the marks of a dataset."""

import json
from dataclasses import replace

import numpy as np
import pytest

import hrcam
from hrcam.pipeline.confounding import ConfounderMasks
from metrics import ScoreOptions
from metrics.analysis import regions
from metrics.storage.folder import read
from simbench.recipe import build

OPTIONS = ScoreOptions(resamples=100, checks=False)
MARKS = {
    "side": {"kind": "letters", "prevalence": 0.7},
    "frame": {"kind": "border", "prevalence": 0.5},
}


@pytest.fixture(scope="module")
def marked(tiny):
    """The tiny dataset with letters and a collimator's border."""
    recipe = tiny.recipe.model_dump(exclude_none=True)
    return hrcam.generate(build({**recipe, "confounders": MARKS}))


@pytest.fixture(scope="module")
def ids(marked):
    return marked.ids("test")


def where(dataset, ids, name):
    """The pixels of one mark, image by image."""
    table = dataset.confounders[dataset.confounders["name"] == name]
    numbers = table.set_index("image_id")["confounder_id"].reindex(ids).fillna(-1)
    return dataset.read("confounder", ids) == numbers.to_numpy()[:, None, None]


@pytest.fixture(scope="module")
def scored(marked, ids):
    rng = np.random.default_rng(2)
    letters = where(marked, ids, "side")
    maps = {
        "reads": letters + 0.1 * rng.random(letters.shape),
        "flat": np.ones(letters.shape),
        "noise": rng.normal(size=letters.shape),
    }
    return maps, hrcam.score(maps, marked, options=OPTIONS)


def test_marks_are_numbered_alike_in_all_images(marked, ids):
    having = tuple(i for i in ids if i in set(marked.confounders["image_id"]))
    source = ConfounderMasks(marked, having, ("frame", "side"))
    truth = source.read(having)
    for number, name in enumerate(source.names, start=1):
        seen = where(marked, having, name)
        assert seen.any()
        np.testing.assert_array_equal(truth.numbered == number, seen)


def test_every_entry_has_a_row_for_every_mark(marked, ids, scored):
    maps, scores = scored
    told = scores.results["confounders"]
    assert told["kinds"] == {"frame": "border", "side": "letters"}
    assert [(row["region"], row["name"]) for row in told["rows"]] == [
        (region, name) for region in ("frame", "side") for name in maps
    ]
    reads, flat, noise = told["rows"][3:]
    seen = where(marked, ids, "side")
    having = seen.any(axis=(1, 2))
    assert [row["images"] for row in (reads, flat, noise)] == [having.sum()] * 3
    positive = np.maximum(maps["noise"], 0)
    inside = (positive * seen).sum(axis=(1, 2)) / positive.sum(axis=(1, 2))
    assert noise["share"] == pytest.approx(inside[having].mean())
    assert flat["lift"] == flat["lift_low"] == flat["lift_high"] == 1
    assert flat["share"] == pytest.approx(flat["area"])
    assert reads["lift_low"] > 5
    assert reads["difference"] == 0 < flat["difference_low"]


def test_rows_are_stored_and_read_back(marked, scored, tmp_path):
    maps, scores = scored
    hrcam.score(maps, marked, tmp_path / "scores", options=OPTIONS)
    text = (tmp_path / "scores" / "results.json").read_text()
    assert json.loads(text)["confounders"] == scores.results["confounders"]
    assert read(tmp_path / "scores").results == scores.results


def test_workers_share_out_what_one_process_does(
    marked, ids, scored, tmp_path, monkeypatch
):
    maps, scores = scored
    data = tmp_path / "data"
    hrcam.generate(marked.recipe, data)
    files = {name: tmp_path / f"{name}.npz" for name in maps}
    for name, path in files.items():
        np.savez(path, **dict(zip(ids, maps[name], strict=True)))
    monkeypatch.setattr(regions, "SHARD", 5)
    for given, truth in ((files, data), (maps, marked)):  # processes, then threads
        found = hrcam.score(
            *(given, truth, tmp_path / f"scores of {len(str(truth))}"),
            options=OPTIONS,
            workers=2,
        )
        assert found.results["confounders"] == scores.results["confounders"]


def test_without_marks_nothing_is_told(tiny, marked):
    maps = {"flat": np.ones((len(tiny.ids("test")), *tiny.arrays["image"].shape[1:]))}
    assert "confounders" not in hrcam.score(maps, tiny, options=OPTIONS).results
    bare = {k: v for k, v in marked.arrays.items() if k != "confounder"}
    silent = replace(marked, arrays=bare)
    assert "confounders" not in hrcam.score(maps, silent, options=OPTIONS).results
