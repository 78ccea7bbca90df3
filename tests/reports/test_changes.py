"""Two runs compared, and tables for spreadsheets and LaTeX."""

import csv
import io
import json

import pytest

from reports import write, write_changes
from reports.changes import compose_changes, find_changes
from reports.content import Column, Table
from reports.folder import load
from reports.pdf import compile_report
from reports.tables import escape, render_csv, render_latex, render_tables
from reports.wording import MINUS, NOTHING


def flip(results, *_):
    """Turn one verdict of the leading score, one of another, and one direction."""
    rows = [r for r in results["differences"] if r["stratum"] == "all"]
    first = next(r for r in rows if r["score"] == "average_precision")
    first["verdict"] = "inconclusive"
    second = next(r for r in rows if r["score"] == "auroc")
    second["verdict"] = "identical"
    third = next(
        r
        for r in rows
        if r["score"] == "sensitivity" and r["verdict"].startswith("different")
    )
    third["difference"] *= -1
    results["options"]["margin"] = 0.05


@pytest.fixture(scope="module")
def pair(make_scores, everything, tmp_path_factory):
    place = tmp_path_factory.mktemp("pair")
    first = make_scores(place / "first", everything[:5], 60, size=16)
    second = make_scores(place / "second", everything[:4], 60, flip, size=16)
    return first, second


def test_a_run_has_no_changes_from_itself(pair):
    folder = load(pair[0])
    report, found = compose_changes(folder, folder)
    assert (found.changed, found.gone, found.new, found.options) == ((), (), (), {})
    assert found.compared == len(folder.results["differences"])
    assert report.sections[0].blocks[0].text.startswith("0 of ")


def test_every_changed_verdict_and_direction_is_named(pair):
    found = find_changes(*map(load, pair))
    assert [c.score for c in found.changed] == [
        "average_precision",
        "auroc",
        "sensitivity",
    ]
    assert found.changed[0].second["verdict"] == "inconclusive"
    assert found.gone == ("cam@stage5",)
    assert find_changes(*map(load, pair[::-1])).new == ("cam@stage5",)
    assert found.options == {"margin": (0.02, 0.05)}


def test_the_change_report_is_written_like_any_other(pair, tmp_path):
    told, (pdf, html, twin) = write_changes(*pair, tmp_path / "changes.pdf")
    assert told.startswith("3 of ")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert "Option margin differs:" in html.read_text(encoding="utf-8")
    content = json.loads(twin.read_text(encoding="utf-8"))["changes"]
    assert [c["second"]["verdict"] for c in content["changed"]][:2] == [
        "inconclusive",
        "identical",
    ]
    report, _ = compose_changes(*map(load, pair))
    assert compile_report(report, b"{}")[1] == []


def test_other_references_are_refused(pair, make_scores, everything, tmp_path):
    other = make_scores(tmp_path / "other", everything[4:6], 20, size=16)
    with pytest.raises(ValueError, match="one reference") as error:
        write_changes(pair[0], other, tmp_path / "changes.pdf")
    assert str(error.value) == (
        "both runs must have one reference, got 'hr_cam' and 'cam@stage5'; "
        "score one of them again with --reference"
    )


def test_tables_are_those_of_the_report(report, loaded, full, tmp_path):
    write(full, tmp_path / "report.pdf", tables=tmp_path / "tables")
    files = {p.name: p.read_bytes() for p in (tmp_path / "tables").iterdir()}
    assert files == render_tables(report)
    found = list(csv.reader(io.StringIO(files["01-answer.csv"].decode())))
    assert len(found) == 1 + len(loaded.results["entries"])
    assert found[1][0] == "HR-CAM"


def test_latex_says_what_the_cells_say():
    heads = Column("A_b", "left"), Column("50%")
    table = Table(
        "#1 & co",
        heads,
        (("x^2", f"{MINUS}0.5 ± 1"), ("{a}\\", NOTHING)),
        "",
        (1,),
        (1,),
    )
    assert render_latex(table).decode() == (
        "\\begin{table}\n\\caption{\\#1 \\& co}\n\\begin{tabular}{lr}\n\\hline\n"
        "A\\_b & 50\\% \\\\\n\\hline\nx\\textasciicircum{}2 & $-$0.5 $\\pm$ 1 \\\\\n"
        "\\hline\n\\textbf{\\{a\\}\\textbackslash{}} & \\textbf{--} \\\\\n\\hline\n"
        "\\end{tabular}\n\\end{table}\n"
    )
    assert render_csv(table).decode() == f"A_b,50%\nx^2,-0.5 ± 1\n{{a}}\\,{NOTHING}\n"
    assert escape("~") == "\\textasciitilde{}"
