"""Render a report as PDF: tagged, archivable, the same bytes each time.

Typst gets everything as files in memory and reads nothing of the machine: no
packages, no system fonts, no clock.
"""

import re
from datetime import UTC, date, datetime
from importlib.resources import files
from itertools import groupby
from typing import Any

from reports.content import (
    Beside,
    Block,
    Figure,
    Gallery,
    Paragraph,
    Report,
    Table,
)
from reports.wording import shorten

STANDARDS = ("a-3a", "ua-1")
_EPOCH = date(1980, 1, 1)
_ENDLESS = re.compile(r"\S{24}(?=\S{12})")
_OVERLONG = re.compile(r"\S{72,}")
"""Of prose: a checksum is left whole."""
_MOST_ROWS = 40
"""A table with more rows may continue on the next page."""


def render_pdf(report: Report, attachment: bytes) -> bytes:
    """Set a report with Typst.

    Parameters
    ----------
    report
        What to print.
    attachment
        Content of the attached ``report.json``.

    Raises
    ------
    RuntimeError
        If Typst refuses the content, with its reason.
    """
    pdf, _ = compile_report(report, attachment)
    return pdf


def compile_report(report: Report, attachment: bytes) -> tuple[bytes, list[str]]:
    """Set a report and return it with Typst's warnings."""
    import typst

    moment = datetime(*_date(report), tzinfo=UTC)
    try:
        pdf, warnings = typst.compile_with_warnings(  # type: ignore[call-overload]  # its stubs know no files in memory
            _gather(report, attachment),
            format="pdf",
            pdf_standards=list(STANDARDS),
            timestamp=int(moment.timestamp()),
            **_find_fonts(),
        )
    except typst.TypstError as error:
        hints = "; ".join(error.hints)
        msg = f"Typst must accept the report, got: {error.message}"
        raise RuntimeError(f"{msg}; {hints}" if hints else msg) from error
    return pdf, [warning.message for warning in warnings]


def render_pages(report: Report, resolution: float = 100.0) -> list[bytes]:
    """Draw a report's pages as PNG, ``resolution`` pixels an inch."""
    import typst

    pages = typst.compile(
        _gather(report, b"{}"), format="png", ppi=resolution, **_find_fonts()
    )
    return pages if isinstance(pages, list) else [pages]


def _gather(report: Report, attachment: bytes) -> dict[str, bytes]:
    """Collect all that Typst may read."""
    import json

    from reports.figures.canvas import cover

    sources = {
        "main.typ": files("reports").joinpath("report.typ").read_bytes(),
        "data.json": json.dumps(_arrange(report)).encode(),
        "report.json": attachment,
    }
    drawings = {f"{f.name}.svg": cover(f.svg) for f in list_figures(report)}
    return sources | drawings


def _find_fonts() -> dict[str, Any]:
    import matplotlib as mpl

    fonts = [f"{mpl.get_data_path()}/fonts/ttf"]
    return {"font_paths": fonts, "ignore_system_fonts": True}


def list_figures(report: Report) -> list[Figure]:
    """List all figures in reading order."""
    blocks = [block for section in report.sections for block in section.blocks]
    flat: list[Block] = []
    for block in blocks:
        flat += [block.left, block.right] if isinstance(block, Beside) else [block]
    return [block for block in flat if isinstance(block, Figure)]


def _date(report: Report) -> tuple[int, int, int]:
    day = date.fromisoformat(report.date) if report.date else _EPOCH
    return day.year, day.month, day.day


def _arrange(report: Report) -> dict[str, Any]:
    return {
        "title": _break(report.title),
        "short-title": shorten(report.title, 70),
        "subtitle": report.subtitle,
        "subtitle-short": shorten(report.subtitle, 70),
        "date": _date(report),
        "sections": [
            {
                "title": _break(section.title),
                "blocks": _arrange_blocks(section.blocks),
            }
            for section in report.sections
        ],
    }


def _arrange_blocks(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    """Arrange blocks; neighboring paragraphs of one role share a box.

    What leads to a figure or table stays on its page.
    """
    arranged: list[dict[str, Any]] = []
    for role, group in groupby(blocks, lambda block: getattr(block, "role", None)):
        if role is None:
            for above in arranged[-1:]:
                above["sticky"] = True
            arranged += [_arrange_block(block) for block in group]
        else:
            items = [_arrange_paragraph(b) for b in group if isinstance(b, Paragraph)]
            kind = {"kind": "paragraphs", "role": role, "sticky": False}
            arranged.append({**kind, "items": items})
    return arranged


def _arrange_block(block: Block) -> dict[str, Any]:
    if isinstance(block, Gallery):
        return _arrange_block(Paragraph(block.caption, "To browse.", "note"))
    if isinstance(block, Paragraph):
        return _arrange_blocks((block,))[0]
    if isinstance(block, Beside):
        sides = [_arrange_block(block.left), _arrange_block(block.right)]
        return {"kind": "beside", "share": block.share, "blocks": sides}
    if isinstance(block, Figure):
        return {
            "kind": "figure",
            "file": f"{block.name}.svg",
            "alt": block.alt,
            "caption": _break(block.caption),
            "reading": _break(block.reading),
        }
    return _arrange_table(block)


def _arrange_paragraph(paragraph: Paragraph) -> dict[str, str]:
    return {
        "lead": _break(paragraph.lead),
        "text": _break(paragraph.text),
    }


def _soften(text: str) -> str:
    """Allow a break in words that are too long for a cell."""
    return _ENDLESS.sub("\\g<0>\N{ZERO WIDTH SPACE}", text)


def _break(text: str) -> str:
    """Allow a break in words that are too long for a line."""
    return _OVERLONG.sub(lambda found: _soften(found[0]), text)


def _arrange_table(table: Table) -> dict[str, Any]:
    widths = ["auto"] * len(table.columns)
    left = [k for k, column in enumerate(table.columns) if column.align == "left"]
    for k in left[:1] if len(table.columns) > 2 else left[-1:]:
        widths[k] = "fill"
    return {
        "kind": "table",
        "caption": _break(table.caption),
        "reading": _break(table.reading),
        "columns": [column.title for column in table.columns],
        "align": [column.align for column in table.columns],
        "widths": widths,
        "rows": [[_soften(cell) for cell in row] for row in table.rows],
        "strong": table.strong,
        "rules": table.rules,
        "breakable": len(table.rows) > _MOST_ROWS,
    }
