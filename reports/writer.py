"""Write a report's three files."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.content import Report


def write(
    scores_folder: Path | str,
    out: Path | str,
    short: bool = False,
    tables: Path | str | None = None,
) -> tuple[Path, ...]:
    """Read a scores folder and write a report as PDF, HTML and JSON.

    Parameters
    ----------
    scores_folder
        What ``hrcam score`` or :func:`metrics.storage.folder.write` wrote; nothing else
        is read.
    out
        Path of the PDF; the twins stand beside it as ``.html`` and ``.json``.
    short
        Whether to print three pages: answer, box plots and curves, differences.
    tables
        Folder for every table as CSV and LaTeX.

    Returns
    -------
    tuple of Path
        The files, the PDF first. Same scores, same bytes.

    Raises
    ------
    ValueError
        If the folder is not a scores folder or is damaged, or ``out`` does not end
        in ``.pdf``.
    OSError
        If ``out`` cannot be written; older files there stay as they were.
    """
    from reports.composition import compose
    from reports.folder import load
    from reports.html import render_html
    from reports.pdf import render_pdf
    from reports.tables import render_tables
    from reports.twin import render_json
    from reports.understanding import understood

    out = _check_out(out)
    folder = load(Path(scores_folder))
    with understood(scores_folder):
        report = compose(folder, short)
        twin = render_json(report, folder)
        files = {
            out: render_pdf(report, twin),
            out.with_suffix(".html"): render_html(report),
            out.with_suffix(".json"): twin,
        }
        made = {} if tables is None else render_tables(report)
    if tables is not None:
        Path(tables).mkdir(parents=True, exist_ok=True)
        files |= {Path(tables) / name: content for name, content in made.items()}
    _replace(files)
    return tuple(files)


def write_changes(
    first: Path | str, second: Path | str, out: Path | str
) -> tuple[str, tuple[Path, ...]]:
    """Read two scores folders and write which verdicts changed.

    Parameters
    ----------
    first, second
        Scores folders with one reference.
    out
        As :func:`write` takes it.

    Returns
    -------
    told, paths
        One sentence, and the three files.

    Raises
    ------
    ValueError, OSError
        As :func:`write`, or if the folders have different references.
    """
    from reports.changes import compose_changes
    from reports.folder import load
    from reports.html import render_html
    from reports.pdf import render_pdf
    from reports.twin import render_changes
    from reports.understanding import understood

    out = _check_out(out)
    folders = load(Path(first)), load(Path(second))
    with understood(first, second):
        report, found = compose_changes(*folders)
        twin = render_changes(report, found)
        files = {
            out: render_pdf(report, twin),
            out.with_suffix(".html"): render_html(report),
            out.with_suffix(".json"): twin,
        }
    _replace(files)
    return report.sections[0].blocks[0].text, tuple(files)  # type: ignore[union-attr]  # a paragraph


def write_content(
    report: Report, data: Mapping[str, Any], out: Path | str
) -> tuple[Path, ...]:
    """Write a report that was composed elsewhere.

    Parameters
    ----------
    report
        What it says.
    data
        The numbers behind it, by name, for the JSON twin.
    out
        As :func:`write` takes it.

    Raises
    ------
    ValueError, OSError
        As :func:`write`.
    """
    from reports.html import render_html
    from reports.pdf import render_pdf
    from reports.twin import render_data

    out = _check_out(out)
    twin = render_data(report, data)
    files = {
        out: render_pdf(report, twin),
        out.with_suffix(".html"): render_html(report),
        out.with_suffix(".json"): twin,
    }
    _replace(files)
    return tuple(files)


def _check_out(out: Path | str) -> Path:
    out = Path(out)
    if out.suffix != ".pdf":
        msg = f"out must end in .pdf, got {out}"
        raise ValueError(msg)
    _require_writable(out)
    return out


def _require_writable(out: Path) -> None:
    """Fail before the work rather than after it."""
    for path in (out, out.with_suffix(".html"), out.with_suffix(".json")):
        if path.is_dir():
            msg = f"out must be a file, got the folder {path}; name another file"
            raise IsADirectoryError(msg)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        msg = f"out must be writable, got {out}: {reason}; name another file"
        raise type(error)(msg) from error


def _replace(files: dict[Path, bytes]) -> None:
    """Write all files aside, then move each to its place."""
    aside = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in files}
    try:
        for path, content in files.items():
            aside[path].write_bytes(content)
        for path, part in aside.items():
            part.replace(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        msg = f"the report must be writable, got {error.filename}: {reason}"
        raise type(error)(msg) from error
    finally:
        for part in aside.values():
            part.unlink(missing_ok=True)
