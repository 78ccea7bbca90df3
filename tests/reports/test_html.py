"""The HTML twin: one well-formed file that asks for nothing."""

import json
import re
from xml.etree import ElementTree

import pytest

from reports.html import render_html

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def page(written):
    return (written / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tree(page):
    return ElementTree.fromstring(page)


def words(element):
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def test_nothing_is_fetched(page):
    assert page.count("<script") == 2  # ours and the data of the gallery
    assert "default-src 'none'" in page
    assert "@import" not in page
    for link in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert link.startswith(("#", "data:image/png;base64,")), link[:60]
    for link in re.findall(r"url\(([^)]*)\)", page):
        assert link.startswith("#"), link[:60]


def test_ids_are_unique_and_links_have_targets(page, tree):
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    links = {link[1:] for link in re.findall(r'href="(#[^"]*)"', page)}
    links |= set(re.findall(r"url\(#([^)]*)\)", page))
    assert links <= set(ids)


def test_figures_and_tables_are_labeled(tree, report):
    drawings = [svg for svg in tree.iter(f"{SVG}svg") if svg.get("role") == "img"]
    assert len(drawings) == len(list(tree.iter(f"{XHTML}figure"))) - 1 == 10
    assert all(svg.get("aria-label") for svg in drawings)
    for table in tree.iter(f"{XHTML}table"):
        assert words(table.find(f"{XHTML}caption"))
        heads = table.findall(f"{XHTML}thead/{XHTML}tr/{XHTML}th")
        assert all(cell.get("scope") == "col" for cell in heads)
        for row in table.findall(f"{XHTML}tbody/{XHTML}tr"):
            assert row[0].get("scope") == "row"
    titles = [words(title) for title in tree.iter(f"{XHTML}h2")]
    assert titles == [section.title for section in report.sections]


def test_all_cells_are_those_of_the_json_twin(written, tree):
    twin = json.loads((written / "report.json").read_text(encoding="utf-8"))
    told = [
        cell
        for section in twin["report"]["sections"]
        for block in section["blocks"]
        for part in block.get("blocks", [block])
        if part["kind"] == "table"
        for row in part["rows"]
        for cell in row
    ]
    shown = [
        "".join(cell.itertext())
        for body in tree.iter(f"{XHTML}tbody")
        for row in body
        for cell in row
    ]
    assert shown == told


def test_the_same_content_gives_the_same_bytes(report, written):
    assert render_html(report) == (written / "report.html").read_bytes()


def test_the_file_stays_small(written):
    assert (written / "report.html").stat().st_size < 5_000_000
