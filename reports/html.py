"""Render a report as one HTML file that needs nothing else.

It is well-formed XML too, without anything from elsewhere: a policy in its head forbids
that. A script sorts the tables; without it they stay as they are.
"""

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from itertools import groupby

from reports.content import (
    Beside,
    Block,
    Figure,
    Gallery,
    Paragraph,
    Report,
    Section,
    Table,
)
from reports.gallery import render_gallery

_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'"
)


def render_html(report: Report) -> bytes:
    """Render a report as HTML with its drawings inside."""
    numbers = {"figure": iter(range(1, 1000)), "table": iter(range(1, 1000))}
    style = files("reports").joinpath("report.css").read_text(encoding="utf-8")
    script = files("reports").joinpath("report.js").read_text(encoding="utf-8")
    body = "\n".join(_section(section, numbers) for section in report.sections)
    links = "".join(
        f'<li><a href="#{escape(section.name)}">{escape(section.title)}</a></li>'
        for section in report.sections
    )
    title, subtitle = escape(report.title), escape(report.subtitle)
    page = f"""<!DOCTYPE html>
<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p class="subtitle">{subtitle}</p>
</header>
<nav aria-label="Contents"><ul>{links}</ul></nav>
<main>
{body}
</main>
<script>
//<![CDATA[
{script}//]]>
</script>
</body>
</html>
"""
    return page.encode()


_Numbers = dict[str, Iterator[int]]


def _section(section: Section, numbers: _Numbers) -> str:
    parts = []
    for role, group in groupby(section.blocks, lambda b: getattr(b, "role", None)):
        blocks = "\n".join(_block(block, numbers) for block in group)
        set_apart = role in ("answer", "alert", "stamp")
        parts.append(f'<div class="{role}">\n{blocks}\n</div>' if set_apart else blocks)
    name = escape(section.name)
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">\n'
        f'<h2 id="{name}-title">{escape(section.title)}</h2>\n'
        + "\n".join(parts)
        + "\n</section>"
    )


def _block(block: Block, numbers: _Numbers) -> str:
    if isinstance(block, Paragraph):
        lead = f"<strong>{escape(block.lead)}</strong> " if block.lead else ""
        kind = ' class="note"' if block.role == "note" else ""
        return f"<p{kind}>{lead}{escape(block.text)}</p>"
    if isinstance(block, Beside):
        left, right = _block(block.left, numbers), _block(block.right, numbers)
        shares = f"{block.share:g}fr {1 - block.share:g}fr"
        return (
            f'<div class="beside" style="grid-template-columns: {shares}">\n'
            f"<div>{left}</div>\n<div>{right}</div>\n</div>"
        )
    if isinstance(block, Figure):
        return _figure(block, next(numbers["figure"]))
    if isinstance(block, Gallery):
        return render_gallery(block)
    return _table(block, next(numbers["table"]))


def _figure(figure: Figure, number: int) -> str:
    svg = figure.svg.decode().strip()
    label = escape(figure.alt)
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    caption = _caption(f"Figure {number}:", figure.caption, figure.reading)
    return f"<figure>\n{svg}\n<figcaption>{caption}</figcaption>\n</figure>"


def _caption(lead: str, caption: str, reading: str) -> str:
    more = f' <span class="reading">{escape(reading)}</span>' if reading else ""
    return f"<b>{lead}</b> {escape(caption)}{more}"


def _table(table: Table, number: int) -> str:
    sides = [column.align for column in table.columns]
    head = "".join(
        f'<th scope="col" class="{column.align}">{escape(column.title)}</th>'
        for column in table.columns
    )
    lines = []
    for k, row in enumerate(table.rows):
        names = ["strong"] * (k in table.strong) + ["rule"] * (k in table.rules)
        kind = f' class="{" ".join(names)}"' if names else ""
        first = f'<th scope="row" class="{sides[0]}">{escape(row[0])}</th>'
        rest = "".join(
            f'<td class="{side}">{escape(cell)}</td>'
            for side, cell in zip(sides[1:], row[1:], strict=True)
        )
        lines.append(f"<tr{kind}>{first}{rest}</tr>")
    caption = _caption(f"Table {number}:", table.caption, table.reading)
    return (
        f'<div class="scroll"><table>\n<caption>{caption}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody>\n</table></div>"
    )
