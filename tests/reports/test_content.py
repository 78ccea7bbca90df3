"""Any content: renderings hold it word for word; prose agrees with its numbers."""

import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.statistics.verdicts import VERDICTS, judge
from reports import verdicts
from reports.content import (
    Beside,
    Column,
    Figure,
    Paragraph,
    Report,
    Section,
    Table,
)
from reports.folder import Folder
from reports.html import render_html
from reports.pdf import compile_report
from reports.tables import render_tables
from reports.wording import signed

SPACE = "{http://www.w3.org/1999/xhtml}"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g/></svg>'
words = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")),
        st.sampled_from('$#<>&"\\*_`@[]{}~^%'),
    ),
    max_size=30,
).filter(lambda text: "\ufffe" not in text and "\uffff" not in text)
some = words.map(lambda text: f"a{text}")
roles = st.sampled_from(("body", "answer", "alert", "stamp", "note"))
sides = st.sampled_from(("left", "right"))


@st.composite
def tables(draw):
    wide = draw(st.integers(1, 5))
    columns = draw(st.lists(st.tuples(some, sides), min_size=wide, max_size=wide))
    rows = draw(st.lists(st.tuples(*[words] * wide), max_size=6))
    return "table", draw(some), columns, rows, draw(words)


plain = st.one_of(st.tuples(st.just("paragraph"), some, words, roles), tables())
blocks = st.one_of(plain, st.tuples(st.just("beside"), plain, plain))
sections = st.lists(
    st.tuples(some, st.lists(blocks, max_size=4)), min_size=1, max_size=4
)
figures = st.tuples(st.just("figure"), some, some, words)
dates = st.none() | st.dates().map(str)
contents = st.tuples(some, words, dates, sections, figures)


def build(raw):
    """Make records of what was drawn: checks of types draw lots, strategies may not."""
    title, subtitle, date, parts, figure = raw
    made = [
        Section(f"section{k}", heading, tuple(map(build_block, some_blocks)))
        for k, (heading, some_blocks) in enumerate(parts)
    ]
    drawing = Section("drawing", "Drawing", (build_block(figure),))
    return Report(title, subtitle, date, (*made, drawing))


def build_block(raw):
    kind, *rest = raw
    if kind == "paragraph":
        return Paragraph(*rest)
    if kind == "figure":
        return Figure("f", SVG, *rest)
    if kind == "beside":
        return Beside(*map(build_block, rest), 0.4)
    caption, columns, rows, reading = rest
    heads = tuple(Column(*column) for column in columns)
    return Table(caption, heads, tuple(rows), reading, (0,) if rows else ())


def flat(report):
    for section in report.sections:
        for block in section.blocks:
            yield from (
                (block.left, block.right) if isinstance(block, Beside) else (block,)
            )


def squeeze(text):
    return "".join(text.split())


@given(contents)
def test_html_holds_every_word_as_it_is(raw):
    report = build(raw)
    tree = ElementTree.fromstring(render_html(report))
    cells = ["".join(td.itertext()) for td in tree.iter() if td.tag == SPACE + "td"]
    heads = [
        "".join(th.itertext())
        for th in tree.iter(SPACE + "th")
        if th.get("scope") == "row"
    ]
    found = [block for block in flat(report) if isinstance(block, Table)]
    assert cells == [cell for table in found for row in table.rows for cell in row[1:]]
    assert heads == [row[0] for table in found for row in table.rows]
    shown = squeeze("".join(tree.itertext()))
    for block in flat(report):
        for text in (
            (block.lead, block.text)
            if isinstance(block, Paragraph)
            else (block.caption, block.reading)
        ):
            assert squeeze(text) in shown
    titles = ["".join(h.itertext()) for h in tree.iter(SPACE + "h2")]
    assert titles == [section.title for section in report.sections]


@given(contents)
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
def test_the_pdf_takes_any_words(raw):
    report = build(raw)
    pdf, warnings = compile_report(report, b"{}")
    assert pdf.startswith(b"%PDF-1.7")
    assert warnings == []


@given(contents)
def test_every_table_becomes_a_file_of_its_cells(raw):
    report = build(raw)
    files = render_tables(report)
    found = [block for block in flat(report) if isinstance(block, Table)]
    sheets = [text for name, text in files.items() if name.endswith(".csv")]
    assert len(sheets) == len(found)
    for sheet, table in zip(sheets, found, strict=True):
        rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"), newline="")))
        assert rows[0] == [column.title for column in table.columns]
        assert rows[1:] == [list(row) for row in table.rows]


def test_rows_of_another_width_are_refused():
    with pytest.raises(
        ValueError,
        match=re.escape("rows of 'T' must have 2 cells, got 1: ('a',)"),
    ):
        Table("T", (Column("A"), Column("B")), (("a",),))


numbers = st.floats(-1, 1, allow_nan=False).map(lambda x: round(x, 4))


@st.composite
def differences(draw):
    """Draw a row as the statistics make it: the narrow interval within the wide one."""
    low90, middle, high90 = sorted(draw(st.tuples(numbers, numbers, numbers)))
    low, high = low90 - draw(st.floats(0, 0.2)), high90 + draw(st.floats(0, 0.2))
    verdict = judge((low, high), (low90, high90), 0.02)
    return {
        "reference": "a",
        "other": "b",
        "score": "average_precision",
        "threshold": None,
        "stratum": "all",
        "n": draw(st.integers(2, 10**6)),
        "difference": middle,
        "low": low,
        "high": high,
        "verdict": verdict,
        "reason": "",
    }


@pytest.fixture(scope="module")
def bare(make_scores, make_external, tmp_path_factory):
    from reports.folder import load

    place = tmp_path_factory.mktemp("bare") / "scores"
    return load(make_scores(place, make_external(2), 20, size=16))


@given(row=differences())
def test_prose_says_what_the_numbers_say(bare, row):
    results = {**bare.results, "differences": [{**row, "other": "map1"}]}
    _, text = verdicts.tell(fresh(bare, results), "map1")
    said = next(
        word for word in sorted(VERDICTS, key=len, reverse=True) if word in text
    )
    assert said == row["verdict"]
    assert (", higher (" in text) == (said.startswith("different") and row["low"] > 0)
    assert (", lower (" in text) == (said.startswith("different") and row["high"] < 0)
    if "different" not in text.split("(")[0]:
        assert row["low"] <= 0 <= row["high"]
    if said == "equivalent":
        assert max(abs(row["low"]), abs(row["high"])) < 0.02 + 0.2
    for key in ("difference", "low", "high"):
        assert signed(row[key]) in text
    assert f"{row['n']} images" in text


def fresh(folder: Folder, results) -> Folder:
    """Return the folder with other results; what was indexed is indexed anew."""
    return replace(folder, results=results)
