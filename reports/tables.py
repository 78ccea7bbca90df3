"""Render the tables of a report for spreadsheets and for LaTeX."""

import csv
import io

from reports.content import Beside, Block, Report, Table

_LATEX = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{EN DASH}": "--",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{MIDDLE DOT}": r"$\cdot$",
}


def render_tables(report: Report) -> dict[str, bytes]:
    """Render every table twice.

    Returns
    -------
    dict
        Content by file name: ``NUMBER-SECTION.csv`` and ``.tex``, numbered as in the
        PDF.
    """
    found = [
        (section.name, table)
        for section in report.sections
        for block in section.blocks
        for table in _list_tables(block)
    ]
    files = {}
    for number, (name, table) in enumerate(found, start=1):
        files[f"{number:02d}-{name}.csv"] = render_csv(table)
        files[f"{number:02d}-{name}.tex"] = render_latex(table)
    return files


def _list_tables(block: Block) -> list[Table]:
    if isinstance(block, Beside):
        return [*_list_tables(block.left), *_list_tables(block.right)]
    return [block] if isinstance(block, Table) else []


def render_csv(table: Table) -> bytes:
    """Render headings and cells as CSV in UTF-8; minus signs as hyphens."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        writer.writerow([cell.replace("\N{MINUS SIGN}", "-") for cell in row])
    return file.getvalue().encode()


def render_latex(table: Table) -> bytes:
    """Render a table as a LaTeX float that needs no package."""
    sides = "".join(column.align[0] for column in table.columns)
    heads = " & ".join(escape(column.title) for column in table.columns)
    lines = []
    for k, row in enumerate(table.rows):
        lines += [r"\hline"] if k in table.rules else []
        cells = [escape(cell) for cell in row]
        if k in table.strong:
            cells = [rf"\textbf{{{cell}}}" for cell in cells]
        lines.append(" & ".join(cells) + r" \\")
    caption = escape(f"{table.caption} {table.reading}".strip())
    text = "\n".join(
        (
            r"\begin{table}",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{{sides}}}",
            r"\hline",
            rf"{heads} \\",
            r"\hline",
            *lines,
            r"\hline",
            r"\end{tabular}",
            r"\end{table}",
        )
    )
    return (text + "\n").encode()


def escape(text: str) -> str:
    r"""Make a text stand for itself in LaTeX.

    Examples
    --------
    >>> escape("50% of $x_1$")
    '50\\% of \\$x\\_1\\$'
    """
    return "".join(_LATEX.get(character, character) for character in text)
