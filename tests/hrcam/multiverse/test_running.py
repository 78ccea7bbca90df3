"""A multiverse of a tiny recipe: made, continued, repeated, shown in a report."""

import json
from dataclasses import replace
from importlib import resources

import pandas as pd
import pytest

from hrcam.pipeline.executors import hire
from hrcam.pipeline.multiverse import crew
from hrcam.pipeline.multiverse.asked import Asked
from hrcam.pipeline.multiverse.plan import CELL
from hrcam.pipeline.multiverse.running import multiverse
from hrcam.pipeline.multiverse.storage import open_results

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = [pytest.mark.engine, pytest.mark.slow]

ASKED = Asked(epochs=1, specifications=40, images=8, quick=True)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    text = (resources.files("simbench") / "recipes" / "quickstart.toml").read_text()
    for old, new in (
        ('name = "quickstart"', 'name = "small"'),
        ("size = [96, 96]", "size = [48, 40]"),
        ("train = 4000", "train = 40"),
        ("validation = 400", "validation = 20"),
        ("test = 600", "test = 32"),
        ("budget = 0.60", "budget = 1.0"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def made(recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("multiverse") / "out"
    return out, multiverse(recipe, out, ASKED)


def table_of(out):
    return pd.read_parquet(out / "multiverse.parquet")


def test_table_and_results_hold_every_specification(made):
    out, found = made
    plan = json.loads((out / "plan.json").read_text())
    rows = table_of(out)
    count = plan["specifications"]
    assert len(pd.read_parquet(out / "specifications.parquet")) == count >= 40
    assert len(rows) == found["rows"] == count * len(plan["rivals"]) * 20
    assert found["sha256"] == plan["sha256"]
    assert rows["difference"].notna().all()
    assert (rows["difference"] == rows["hr_cam"] - rows["rival_mean"]).mean() > 0
    assert (abs(rows["difference"] - rows["hr_cam"] + rows["rival_mean"]) < 1e-6).all()
    for curve in found["curves"]:
        assert sum(curve["shares"].values()) == pytest.approx(1)
    assert open_results(out) == json.loads((out / "multiverse.json").read_text())
    (reliance,) = found["reliance"]
    assert {row["method"] for row in reliance["entries"]} >= {"hr_cam", "cam"}
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_default_reading_is_what_the_package_explains_and_scores(recipe, made):
    """One specification, made by the stages: maps written, read, scored."""
    import hrcam
    from hrcam.pipeline.multiverse.asked import Place
    from hrcam.pipeline.multiverse.sources import Source
    from hrcam.pipeline.running import unwatched

    out, found = made
    source = Source(str(recipe), ASKED, Place(out), unwatched)
    cell = {key: found["cells"][0][key] for key in CELL}
    dataset, model = source.dataset(cell["data_seed"]), source.model(cell)
    scores = hrcam.score(hrcam.explain(model, dataset, ["hr_cam", "cam"]), dataset)
    means = {
        row["name"]: row["mean"]
        for row in scores.results["summary"]
        if (row["score"], row["stratum"]) == ("average_precision", "all")
    }
    mark = found["curve"]["marks"][0]
    cam = next(name for name in means if name.startswith("cam"))
    assert mark["hr_cam"] == pytest.approx(means["hr_cam"], abs=1e-5)
    assert mark["rival"] == pytest.approx(means[cam], abs=1e-5)


def test_a_cell_that_is_there_is_not_measured_again(recipe, made):
    out, found = made
    cell = next((out / "cells").glob("*.npz"))
    before, rows = cell.stat().st_mtime_ns, table_of(out)
    again = multiverse(recipe, out, ASKED)
    assert cell.stat().st_mtime_ns == before
    assert again["curves"] == found["curves"]
    pd.testing.assert_frame_equal(table_of(out), rows)


def test_another_list_of_specifications_needs_another_folder(recipe, made):
    out, found = made
    with pytest.raises(ValueError, match="must hold these specifications") as caught:
        multiverse(recipe, out, Asked(epochs=1, images=8, specifications=200))
    assert f"got {found['sha256'][:12]}; choose another --out" in str(caught.value)


def test_two_workers_measure_what_one_does(recipe, tmp_path, monkeypatch):
    out, asked = tmp_path / "out", replace(ASKED, seeds=(0, 1), workers=2)
    both = multiverse(recipe, out, asked)
    rows = table_of(out)
    assert [cell["training_seed"] for cell in both["cells"]] == ["0", "1"]
    assert both["cells"][0]["model"] != both["cells"][1]["model"]
    for path in (out / "cells").iterdir():
        path.unlink()
    alone = multiverse(recipe, out, replace(asked, workers=1))
    assert alone["cells"] == both["cells"]
    assert alone["reliance"] == both["reliance"]
    pd.testing.assert_frame_equal(table_of(out), rows)
    hired = []

    def recorded(workers):
        hired.append(workers)
        return hire(workers)

    monkeypatch.setattr(crew, "hire", recorded)
    bare = multiverse(recipe, out, replace(asked, images=-1))
    assert (bare["reliance"], bare["curves"]) == ([], both["curves"])
    assert hired == [1, 1], "nothing was left to train or to measure"
