"""Stage 5: the report of a comparison."""

import tempfile
from pathlib import Path
from typing import Any

from hrcam.pipeline.folders import check_free


def report(
    scores: Any,
    out: Path | str = "report.pdf",
    *,
    short: bool = False,
    tables: Path | str | None = None,
    overwrite: bool = False,
) -> tuple[Path, ...]:
    """Write the report as PDF with its HTML and JSON twins beside it.

    Parameters
    ----------
    scores
        A :class:`metrics.Scores` or the folder of one; nothing else is read.
    out
        The PDF; the twins have its name with ``.html`` and ``.json``.
    short
        Whether to print three pages: answer, box plots and curves, differences.
    tables
        Folder to write every table to, as CSV and LaTeX.
    overwrite
        Whether existing files may be replaced.

    Returns
    -------
    paths
        The files written, the PDF first.
    """
    from reports import write

    out = _check_out(out, overwrite)
    if tables is not None:
        check_free(Path(tables), overwrite)
    if isinstance(scores, str | Path):
        return write(Path(scores), out, short, tables)
    from metrics.storage.folder import write as store

    with tempfile.TemporaryDirectory() as folder:
        store(scores, Path(folder) / "scores")
        return write(Path(folder) / "scores", out, short, tables)


def report_changes(
    first: Path | str, second: Path | str, out: Path | str, *, overwrite: bool = False
) -> tuple[str, tuple[Path, ...]]:
    """Write which verdicts changed from one scores folder to another.

    Returns
    -------
    told, paths
        One sentence, and the files written, the PDF first.
    """
    from reports import write_changes

    return write_changes(first, second, _check_out(out, overwrite))


def _check_out(out: Path | str, overwrite: bool) -> Path:
    out = Path(out)
    if out.suffix != ".pdf":
        msg = f"--out must end in .pdf, got {out}; the twins get .html and .json"
        raise ValueError(msg)
    for suffix in (".pdf", ".html", ".json"):
        check_free(out.with_suffix(suffix), overwrite)
    return out
