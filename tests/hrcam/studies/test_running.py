"""A study of two cells, from its grid to its report."""

import json
import re
import shutil
import tomllib

import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = pytest.mark.engine

from hrcam.pipeline.running import unwatched  # noqa: E402
from hrcam.pipeline.studies.grid import FOLDER, parse_grid  # noqa: E402
from hrcam.pipeline.studies.running import begin, run_study  # noqa: E402
from hrcam.pipeline.studies.schema import Results  # noqa: E402


def make_grid(**change):
    """Two cells, and of the claims the one that needs fewest maps."""
    plan, claims = (
        tomllib.loads((FOLDER / name).read_text("utf-8"))
        for name in ("quick.toml", "claims.toml")
    )
    plan["recipes"] = {"nigra": plan["recipes"]["nigra"]}
    own = plan["recipes"]["nigra"]
    own["change"]["splits"] = {"train": 56, "validation": 28, "test": 70}
    claims["claims"] = claims["claims"][5:]
    claims["differences"] = [claims["differences"][0], claims["differences"][5]]
    return parse_grid({**plan, "epochs": 1, **change}, claims, "tiny")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study that was interrupted in its second cell, and continued by workers."""
    folder = tmp_path_factory.mktemp("claims") / "new" / "study"
    seen = []

    def interrupt(stage, steps):
        seen.append(stage)
        if seen.count("explain") == 2:
            raise KeyboardInterrupt
        return unwatched(stage, steps)

    with pytest.raises(KeyboardInterrupt):
        run_study(make_grid(), folder, watch=interrupt)
    kept = folder / "cells" / "nigra-d101-compact-t11"
    before = {p: p.stat().st_mtime_ns for p in kept.rglob("*")}
    result = run_study(make_grid(), folder, workers=2)
    assert {p: p.stat().st_mtime_ns for p in kept.rglob("*")} == before
    assert seen == ["generate", *("train", "explain", "score"), "train", "explain"]
    return folder, result


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.iterdir())


def test_a_study_has_all_that_is_promised(study):
    folder, result = study
    assert files(folder) == [
        "cells",
        "claims.csv",
        "claims.json",
        "datasets",
        "grid.json",
        "report.html",
        "report.json",
        "report.pdf",
    ]
    assert files(folder / "datasets") == []
    cells = ["nigra-d101-compact-t11", "nigra-d101-compact-t12"]
    assert files(folder / "cells") == cells
    assert files(folder / "cells" / cells[0]) == ["cell.json", "model", "scores"]
    written = json.loads((folder / "claims.json").read_text())
    assert written == result
    Results.model_validate(written)
    assert [c["number"] for c in result["claims"]] == [6]
    names = [row["endpoint"] for row in result["differences"]]
    assert names == ["CAM, the network's own head", "intensity"]
    assert len((folder / "claims.csv").read_text().splitlines()) == 1 + 2 * 3


def test_numbers_are_those_of_the_cells_scores(study):
    from metrics.storage.folder import read

    folder, result = study
    found = []
    for cell in sorted((folder / "cells").iterdir()):
        scores = read(cell / "scores")
        ill = scores.measured.lesion > 0
        own, cam = (
            scores.values_of(name, "average_precision")[ill]
            for name in ("hr_cam", "cam@stage5")
        )
        found.append((own - cam).mean())
    (row,) = result["claims"][0]["endpoints"]
    assert row["difference"] == pytest.approx(sum(found) / 2)
    assert row["trainings"] == 2
    assert row["conditions"][0]["rival"] == "cam@stage5"


@pytest.mark.slow
def test_a_deleted_cell_is_made_again_and_nothing_else(study, tmp_path):
    folder, result = study
    copy = tmp_path / "study"
    shutil.copytree(folder, copy)
    kept = copy / "cells" / "nigra-d101-compact-t11"
    before = {p: p.stat().st_mtime_ns for p in kept.rglob("*")}
    shutil.rmtree(copy / "cells" / "nigra-d101-compact-t12")
    again = run_study(make_grid(), copy)
    assert {p: p.stat().st_mtime_ns for p in kept.rglob("*")} == before
    for one, other in zip(result["differences"], again["differences"], strict=True):
        assert other["difference"] == pytest.approx(one["difference"], abs=1e-5)


def test_a_study_of_another_grid_is_refused_before_any_cell(study):
    folder, _ = study
    mine, other = make_grid().digest[:16], make_grid(margin=0.05)
    told = (
        f"{folder} must hold a study of the grid 'quick', {other.digest[:16]}, got one "
        f"of {mine}; choose another --out"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        run_study(other, folder)


def test_a_grid_changed_after_the_fact_is_refused(study, tmp_path):
    folder, _ = study
    (tmp_path / "study").mkdir()
    path = tmp_path / "study" / "grid.json"
    text = (folder / "grid.json").read_text()
    path.write_text(text.replace('"margin": 0.02', '"margin": 0.2', 1))
    with pytest.raises(ValueError, match="its results are no longer") as error:
        begin(make_grid(), path.parent)
    assert str(error.value).startswith(
        f"{path} must be as it was written before the study, got a grid of "
    )


def test_a_cell_of_another_study_is_refused(study, tmp_path):
    folder, _ = study
    copy = tmp_path / "study"
    shutil.copytree(folder, copy)
    cell = copy / "cells" / "nigra-d101-compact-t11"
    record = json.loads((cell / "cell.json").read_text())
    (cell / "cell.json").write_text(json.dumps({**record, "seed": 4}))
    told = (
        f"{cell} must be of this seed, 11, got 4; move it away, or choose another --out"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        run_study(make_grid(), copy)


def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    told = f"{tmp_path} must be free or hold a study, got other files"
    with pytest.raises(FileExistsError, match=f"^{re.escape(told)}$"):
        run_study(make_grid(), tmp_path)
    assert files(tmp_path) == ["mine.txt"]
