"""Writing: what can go wrong, and what is left then."""

import json
import subprocess
import sys

import numpy as np
import pytest

from reports import write
from reports.folder import load

MISSING_LINES = {
    "provenance.json": "does not say how its maps and masks were made",
    "data.json": "holds no description of the data",
    "classifier.json": "No classifier is known",
    "heads.json": "says nothing of heads and layers",
    "panels.npz": "holds no maps to show",
}


@pytest.fixture
def scores(make_scores, everything, tmp_path):
    return make_scores(tmp_path / "scores", everything[4:6], images=40, size=24)


def told(out):
    twin = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    return json.dumps(twin["report"], ensure_ascii=False)


@pytest.mark.parametrize("name", MISSING_LINES)
def test_missing_evidence_is_one_line(scores, tmp_path, name):
    (scores / "evidence" / name).unlink()
    out = write(scores, tmp_path / "report.pdf")[0]
    assert MISSING_LINES[name] in told(out)


def test_scores_without_any_evidence_give_a_report(scores, tmp_path):
    for path in (scores / "evidence").iterdir():
        path.unlink()
    (scores / "evidence").rmdir()
    text = told(write(scores, tmp_path / "report.pdf")[0])
    assert all(line in text for line in MISSING_LINES.values())


@pytest.mark.parametrize("lost", ["results.json", "scores.parquet"])
def test_what_is_no_scores_folder_is_said(scores, tmp_path, lost):
    (scores / lost).unlink()
    with pytest.raises(ValueError, match="must be a scores folder") as error:
        write(scores, tmp_path / "report.pdf")
    assert str(error.value) == (
        f"{scores} must be a scores folder, got no {lost} in it; "
        "name the folder that `hrcam score` wrote"
    )
    assert not (tmp_path / "report.pdf").exists()


def test_another_schema_is_refused(scores, tmp_path):
    (scores / "results.json").write_text('{"schema": 7}')
    with pytest.raises(ValueError, match="schema") as error:
        write(scores, tmp_path / "report.pdf")
    assert str(error.value) == (
        f"schema of {scores / 'results.json'} must be 2, got 7; "
        "score the maps again with this version"
    )


@pytest.mark.parametrize(
    "name",
    [
        "results.json",
        "scores.parquet",
        "evidence/heads.json",
        "evidence/panels.npz",
        "evidence/gallery.npz",
    ],
)
def test_a_truncated_file_is_named(scores, tmp_path, name):
    path = scores / name
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="must be whole") as error:
        write(scores, tmp_path / "report.pdf")
    line = str(error.value)
    assert line.startswith(f"{path} must be whole, got: ")
    assert line.endswith("; score the maps again")
    assert "\n" not in line


def test_results_without_a_part_are_refused(scores):
    results = json.loads((scores / "results.json").read_text())
    del results["curves"]
    (scores / "results.json").write_text(json.dumps(results))
    with pytest.raises(ValueError, match="no curves"):
        load(scores)


def test_panels_of_another_shape_are_refused(scores):
    path = scores / "evidence" / "panels.npz"
    with np.load(path) as arrays:
        changed = {**arrays, "names": arrays["names"][:1]}
    np.savez(path, **changed)
    with pytest.raises(ValueError, match="for ids and names"):
        load(scores)


def test_a_date_that_is_none_is_refused(scores, tmp_path):
    path = scores / "evidence" / "provenance.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"date": "yesterday"}))
    with pytest.raises(ValueError, match="date") as error:
        write(scores, tmp_path / "report.pdf")
    assert str(error.value) == (
        f"{scores} must hold results.json and evidence as `hrcam score` writes them, "
        "got date of a report must be YYYY-MM-DD, got 'yesterday'; score the maps "
        "again (--debug shows where)"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"options": {"primary": "average_precision"}}, "KeyError: 'level'"),
        ({"images": [1]}, "TypeError: list indices must be integers or slices"),
        ({"entries": [{"name": "a\nb"}]}, "KeyError: 'label'"),
    ],
)
def test_content_that_no_scoring_writes_is_refused(scores, tmp_path, change, reason):
    path = scores / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match="as `hrcam score` writes") as error:
        write(scores, tmp_path / "report.pdf")
    text = str(error.value)
    assert text.startswith(f"{scores} must hold results.json and evidence as ")
    assert f"got {reason}" in text
    assert text.endswith("; score the maps again (--debug shows where)")
    assert list(tmp_path.glob("report*")) == []


def test_out_must_be_a_pdf(scores, tmp_path):
    with pytest.raises(ValueError, match="out must end in") as error:
        write(scores, tmp_path / "report.html")
    assert str(error.value) == f"out must end in .pdf, got {tmp_path / 'report.html'}"


def test_an_unwritable_output_is_said_before_the_work(scores, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "report.pdf"
    with pytest.raises(OSError, match="out must be writable") as error:
        write(scores, out)
    assert str(error.value) in (
        f"out must be writable, got {out}: File exists; name another file",
        f"out must be writable, got {out}: Not a directory; name another file",
    )


def test_a_folder_in_the_way_is_said(scores, tmp_path):
    (tmp_path / "report.html").mkdir()
    with pytest.raises(IsADirectoryError) as error:
        write(scores, tmp_path / "report.pdf")
    assert str(error.value) == (
        f"out must be a file, got the folder {tmp_path / 'report.html'}; "
        "name another file"
    )


def test_an_old_report_survives_a_failure(scores, tmp_path, monkeypatch):
    out = tmp_path / "out" / "report.pdf"
    old = {path: path.read_bytes() for path in write(scores, out)}

    def fail(*_):
        msg = "Typst must accept the report, got: nothing"
        raise RuntimeError(msg)

    monkeypatch.setattr("reports.pdf.render_pdf", fail)
    with pytest.raises(ValueError, match="got RuntimeError: Typst must accept"):
        write(scores, out)
    monkeypatch.undo()
    (scores / "results.json").write_text("{")
    with pytest.raises(ValueError, match="must be whole"):
        write(scores, out)
    assert {path: path.read_bytes() for path in old} == old
    assert sorted(out.parent.iterdir()) == sorted(old)


def test_a_full_disk_leaves_the_old_report(scores, tmp_path, monkeypatch):
    out = tmp_path / "out" / "report.pdf"
    old = {path: path.read_bytes() for path in write(scores, out)}
    whole = type(out).write_bytes

    def fill(path, content):
        if "html" in path.name:
            raise OSError(28, "No space left on device", str(path))
        return whole(path, content)

    monkeypatch.setattr(type(out), "write_bytes", fill)
    with pytest.raises(OSError, match="No space left on device"):
        write(scores, out)
    assert {path: path.read_bytes() for path in old} == old
    assert sorted(out.parent.iterdir()) == sorted(old)


def test_importing_reports_loads_nothing_heavy():
    heavy = ("matplotlib", "seaborn", "pandas", "numpy", "typst")
    code = f"import sys, reports; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_settings_of_matplotlib_are_left_alone(scores, tmp_path):
    import matplotlib as mpl

    mpl.rcParams["font.size"] = 13.0
    before = dict(mpl.rcParams)
    first = [path.read_bytes() for path in write(scores, tmp_path / "a.pdf")]
    assert dict(mpl.rcParams) == before
    mpl.rcdefaults()
    assert [p.read_bytes() for p in write(scores, tmp_path / "b.pdf")] == first
