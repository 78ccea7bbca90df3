"""All checks together, their folder, and their way into the report."""

import json

import jaxtyping
import pandas as pd
import pytest

from hrcam.pipeline.sanity import Options, check, open_sanity

pytestmark = pytest.mark.engine

METHODS = ("hr_cam", "cam", "sobel")
OPTIONS = Options(METHODS, images=6, training=0, draws=1)


@pytest.fixture(scope="module")
def folder(model, several, tmp_path_factory):
    out = tmp_path_factory.mktemp("sanity") / "checked"
    check(model, several, out, options=OPTIONS)
    return out


def test_the_folder_holds_what_the_checks_found(folder):
    names = ["reliance.json", "sanity.json", "sanity.parquet"]
    assert sorted(p.name for p in folder.iterdir()) == names
    found = open_sanity(folder)
    results = found.results
    assert [e["name"] for e in results["entries"]] == ["hr_cam", "cam@stage5", "sobel"]
    assert results["images"]["count"] == 6
    assert {r["check"] for r in results["comparisons"]} == {"weights", "labels"}
    assert {r["fill"] for r in results["deletion"]} == {
        *("tissue_median", "counterfactual")
    }
    assert len(results["deletion"]) == 3 * 2 * 2 * 2
    assert results["notes"] == [
        "No network was trained on permuted labels (--train EPOCHS).",
        "No other model was compared (--models FOLDER).",
    ]
    assert found.reliance["lesions"] == len(found.reliance["rows"])
    assert found.reliance["several"] == 6


def test_the_table_is_long_and_names_every_image(folder):
    table = pd.read_parquet(folder / "sanity.parquet")
    assert set(table["check"]) == {
        *("weights", "labels", "deletion", "insertion", "reliance")
    }
    assert not table[["image_id", "subject", "measure", "status"]].isna().any().any()
    assert (table.loc[table["status"] == "ok", "value"].notna()).all()
    drops = table[(table["check"] == "reliance") & (table["measure"] == "drop")]
    rows = open_sanity(folder).reliance["rows"]
    assert drops["value"].tolist() == pytest.approx([r["drop"] for r in rows])


def test_the_same_checks_give_the_same_numbers(folder, model, several):
    again = check(model, several, options=OPTIONS)
    one = pd.read_parquet(folder / "sanity.parquet")
    assert again.table["value"].to_numpy() == pytest.approx(
        one["value"].to_numpy(), abs=1e-5, nan_ok=True
    )
    assert repr(again) == "Sanity(3 entries, 6 images: hr_cam, cam@stage5, sobel)"


def test_a_folder_is_replaced_only_if_asked_and_only_one_of_ours(
    folder, model, several, tmp_path
):
    with pytest.raises(FileExistsError, match="must not exist yet; choose another"):
        check(model, several, folder, options=OPTIONS)
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "letter.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="must be a sanity folder to be replaced"):
        check(model, several, strange, options=OPTIONS, overwrite=True)
    assert [p.name for p in strange.iterdir()] == ["letter.txt"]


def test_a_damaged_folder_is_refused(folder, tmp_path):
    import shutil

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "sanity.json").write_text("{}")
    with pytest.raises(ValueError, match="complete folder of `hrcam sanity`, got"):
        open_sanity(other)
    (other / "reliance.json").unlink()
    with pytest.raises(FileNotFoundError, match="must be a folder of `hrcam sanity`"):
        open_sanity(other)


def test_the_report_shows_them_from_the_scores_folder_alone(
    folder, model, several, tmp_path
):
    import hrcam

    maps = hrcam.explain(model, several, ("hr_cam", "cam", "sobel"))
    hrcam.score(maps, several, tmp_path / "scores", sanity=folder)
    written = tmp_path / "scores" / "evidence"
    assert json.loads((written / "sanity.json").read_text())["schema"] == 1
    hrcam.report(tmp_path / "scores", tmp_path / "report.pdf")
    text = (tmp_path / "report.html").read_text()
    for words in (
        "Do the maps depend on the model?",
        "Does the probability hang on what they show?",
        "Do the maps show what the model relies on?",
        "After the whole network is randomized.",
        "trained head kept",
    ):
        assert words in text


def test_readers_without_lesions_are_checked_without_reliance(model, several):
    from dataclasses import replace

    plain = replace(several, recipe=None)
    found = check(model, plain, options=Options(("cam",), images=6, training=0))
    assert found.reliance == {}
    assert {r["fill"] for r in found.results["deletion"]} == {"tissue_median"}
    assert "no reliance" in found.results["notes"][-1]


@pytest.mark.parametrize("name", ["images", "training", "draws", "epochs", "seed"])
def test_numbers_below_zero_are_refused(name, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ValueError, match=f"{name} must be at least 0, got -1"):
        Options(**{name: -1})


def test_the_command_writes_the_folder(model, several, tmp_path, capsys):
    from hrcam.cli import main
    from hrcam.pipeline.generation import generate
    from hrcam.pipeline.model import save

    generate(several.recipe, tmp_path / "data")
    (tmp_path / "model").mkdir()
    save(model, tmp_path / "model")
    where = [str(tmp_path / name) for name in ("model", "data")]
    words = ["sanity", *where, "--out", str(tmp_path / "out"), "--methods", "cam,sobel"]
    with pytest.raises(SystemExit) as done:
        main([*words, "--images", "5", "--quiet"])
    assert done.value.code == 0
    assert "2 entries checked" in capsys.readouterr().out
    assert open_sanity(tmp_path / "out").results["images"]["count"] == 5
