"""Say a comparison in one sentence, made from its verdict and nothing else."""

from reports import lookup
from reports.folder import Folder
from reports.wording import bracket, count, score, signed


def tell(folder: Folder, other: str) -> tuple[str, str]:
    """Compare the reference with another entry by the leading score.

    Returns
    -------
    lead, text
        Who is compared, and direction, difference, interval and verdict.
    """
    first = lookup.reference(folder)
    lead = f"{lookup.label(folder, first)} against {lookup.label(folder, other)}:"
    row = lookup.difference(folder, other, lookup.primary(folder))
    if row is None or row["difference"] is None:
        return lead, "not compared, no image has both scores."
    level = f"{100 * folder.results['options']['level']:.0f}%"
    numbers = (
        f"difference in {score(row['score'])} {signed(row['difference'])}, {level} CI "
        f"{signed(row['low'])} to {signed(row['high'])}, {count(row['n'], 'image')}"
    )
    if row["low"] is None or row["high"] is None:
        numbers = (
            f"difference in {score(row['score'])} {signed(row['difference'])}, "
            f"{count(row['n'], 'image')}"
        )
    reason = f"; {row['reason']}" if row.get("reason") else ""
    return lead, f"{row['verdict']}{_direct(row)} ({numbers}{reason}){_survive(row)}."


def _direct(row: lookup.Row) -> str:
    """Name the direction, only where the verdict says that there is one."""
    if not row["verdict"].startswith("different"):
        return ""
    return ", higher" if row["difference"] > 0 else ", lower"


def _survive(row: lookup.Row) -> str:
    """Say if the verdict is another one where maps are aligned half-pixel."""
    return ", not so in half-pixel alignment" if row.get("survives") is False else ""


def cell(row: lookup.Row | None) -> tuple[str, str, str, str]:
    """Print a difference for a table: estimate, interval, n and verdict."""
    if row is None:
        return ("\N{EN DASH}",) * 4
    return (
        signed(row["difference"]),
        bracket(row, sign=True),
        str(row["n"]),
        row["verdict"] + _survive(row),
    )
