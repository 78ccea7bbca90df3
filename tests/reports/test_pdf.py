"""The PDF: whole, tagged, the same each time."""

import hashlib
import json
import re
import shutil
from io import BytesIO

import pytest
from pypdf import PdfReader

from reports import write
from reports.content import Beside, Figure, Paragraph, Report, Section, Table
from reports.pdf import compile_report, list_figures, render_pdf
from reports.twin import render_json


def squeeze(text):
    """Leave out spaces: a PDF breaks lines where it likes."""
    return re.sub(r"[\s\u200b]+", "", text)


def text_of(pdf):
    """Text of all pages without the line above and the number below."""
    reader = PdfReader(pdf)
    head = squeeze(reader.metadata.title[:30])
    texts = []
    for number, page in enumerate(reader.pages, start=1):
        lines = page.extract_text().splitlines()
        if number > 1 and squeeze(lines[0]).startswith(head):
            lines = lines[1:]
        if squeeze(lines[-1]) == f"{number}/{len(reader.pages)}":
            lines = lines[:-1]
        texts += lines
    return squeeze("".join(texts))


def blocks_of(report):
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Beside):
                yield from (block.left, block.right)
            else:
                yield block


def tags(item, kind):
    """Find structure elements of a kind."""
    if isinstance(item, list):
        return [found for child in item for found in tags(child, kind)]
    item = item.get_object() if hasattr(item, "get_object") else item
    if not hasattr(item, "get"):
        return []
    if isinstance(item, list):
        return [found for child in item for found in tags(child, kind)]
    below = item.get("/K")
    found = [] if below is None else tags(below, kind)
    return [item, *found] if item.get("/S") == kind else found


def test_typst_has_nothing_to_warn_of(loaded, report):
    pdf, warnings = compile_report(report, render_json(report, loaded))
    assert warnings == []
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize("role", ["body", "note"])
def test_a_line_before_a_hash_is_not_stretched(role):
    words = "The grid of a study, with all of the claims and recipes in it, has as "
    words += "SHA-256 this:"
    told = Paragraph(f"{words} {64 * '0'}, written before.", "", role)
    section = Section("stated", "What was stated beforehand", (told,))
    report = Report("A study", "of nothing", "2026-01-02", (section,))
    page = PdfReader(BytesIO(render_pdf(report, b"{}"))).pages[0]
    lines = page.extract_text(extraction_mode="layout").splitlines()
    assert words in lines


def test_everything_fits_on_a_few_pages(written):
    reader = PdfReader(written / "report.pdf")
    assert 4 <= len(reader.pages) <= 8
    assert (written / "report.pdf").stat().st_size < 3_000_000


def test_all_words_are_in_the_pdf(written, report):
    text = text_of(written / "report.pdf")
    assert squeeze(report.title) in text
    for section in report.sections:
        assert squeeze(section.title) in text
    for block in blocks_of(report):
        if isinstance(block, Paragraph):
            assert squeeze(f"{block.lead} {block.text}") in text
        else:
            assert squeeze(block.caption) in text


def test_all_numbers_of_the_tables_are_in_the_pdf(written):
    text = text_of(written / "report.pdf")
    twin = json.loads((written / "report.json").read_text(encoding="utf-8"))
    tables = [
        part
        for section in twin["report"]["sections"]
        for block in section["blocks"]
        for part in block.get("blocks", [block])
        if part["kind"] == "table"
    ]
    assert len(tables) >= 8
    for table in tables:
        for row in table["rows"]:
            assert squeeze("".join(row)) in text, row


def test_every_figure_and_table_is_tagged(written, report):
    root = PdfReader(written / "report.pdf").trailer["/Root"]
    drawings = [item for item in tags(root["/StructTreeRoot"], "/Figure")]
    alts = [str(item["/Alt"]) for item in drawings if "/Alt" in item]
    assert sorted(alts) == sorted(figure.alt for figure in list_figures(report))
    made = sum(isinstance(block, Table) for block in blocks_of(report))
    assert len(tags(root["/StructTreeRoot"], "/Table")) == made
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]


def test_figures_have_alt_text_with_a_number_and_a_way_to_read_them(report):
    figures = list_figures(report)
    assert len(figures) == 10
    assert len({figure.name for figure in figures}) == len(figures)
    for figure in figures:
        assert isinstance(figure, Figure)
        assert figure.reading
        if figure.name not in ("thumbnails", "layer-maps"):
            assert re.search(r"\d", figure.alt)


def test_the_json_twin_is_attached(written):
    attached = PdfReader(written / "report.pdf").attachments["report.json"][0]
    assert attached == (written / "report.json").read_bytes()


def test_bytes_are_the_same_again_and_elsewhere(full, written, tmp_path):
    moved = tmp_path / "another place" / "scores"
    shutil.copytree(full, moved)
    for path in write(moved, tmp_path / "report.pdf"):
        assert path.read_bytes() == (written / path.name).read_bytes()


def test_a_report_without_a_date_is_dated_1980(make_scores, make_external, tmp_path):
    scores = make_scores(tmp_path / "scores", make_external(2), images=40, size=32)
    out = write(scores, tmp_path / "report.pdf")[0]
    meta = PdfReader(out).metadata
    assert meta is not None
    assert str(meta["/CreationDate"]).startswith("D:19800101")
    assert "undated" in text_of(out)


def test_the_short_form_has_three_pages_and_the_same_numbers(full, written, tmp_path):
    out = write(full, tmp_path / "short.pdf", short=True)[0]
    reader = PdfReader(out)
    assert len(reader.pages) <= 3
    twin = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    long = json.loads((written / "report.json").read_text(encoding="utf-8"))
    names = [section["name"] for section in twin["report"]["sections"]]
    assert names == ["answer", "curves", "boxes", "differences"]
    assert twin["report"]["subtitle"].endswith("short form")
    wanted = [s for s in long["report"]["sections"] if s["name"] in names]
    assert twin["report"]["sections"] == wanted
    assert twin["results"] == long["results"]


def test_checksums_are_those_of_the_files(full, written):
    twin = json.loads((written / "report.json").read_text(encoding="utf-8"))
    for name in ("scores.parquet", "results.json"):
        found = hashlib.sha256((full / name).read_bytes()).hexdigest()
        assert twin["checksums"][name] == found
        assert found in text_of(written / "report.pdf")
