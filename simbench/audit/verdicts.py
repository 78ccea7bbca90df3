"""What an audit says: a table to read, and the refusal of a dataset that leaks."""

from collections.abc import Mapping
from typing import Any

_HEAD = ("check", "lesion", "AUROC", "95 % interval", "budget", "verdict")


def keep_budget(result: Mapping[str, Any], name: str, where: str = "") -> None:
    """Refuse a dataset whose audit found a leak that is not intended.

    Parameters
    ----------
    result
        What :func:`simbench.audit.audit` returned.
    name
        What leaks: the recipe or the folder.
    where
        Where the whole audit can be read.

    Raises
    ------
    ValueError
        One line: the checks, their AUROC and interval, the budget, the remedies.
    """
    leaks = [row for row in result["checks"] if row["verdict"] == "leaks"]
    if not leaks:
        return
    found = ", ".join(_leak(row) for row in leaks)
    seen = f" (all of the audit: {where})" if where else ""
    msg = (
        f"{name} must keep its leak budget of AUROC {result['budget']:g}, got {found}"
        f"{seen}; vary between images what tells the classes, name a check that may in "
        "[audit] intended, or raise [audit] budget"
    )
    raise ValueError(msg)


def table(result: Mapping[str, Any]) -> str:
    """Write the checks of an audit as text, a line each."""
    rows = [_HEAD] + [_line(row, result["budget"]) for row in result["checks"]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
        for row in rows
    ]
    part = result["audited"], result["images"]
    if part[0] < part[1]:
        lines.append(f"On {part[0]} of {part[1]} images, drawn by class and lesion.")
    return "\n".join(line.rstrip() for line in lines)


def _line(row: Mapping[str, Any], budget: float) -> tuple[str, ...]:
    area = "-" if row["auroc"] is None else f"{row['auroc']:.3f}"
    between = "-" if row["low"] is None else f"[{row['low']:.3f}, {row['high']:.3f}]"
    limit = f"{budget:g}"
    if "difference" in row:
        area, limit = f"differs by {row['difference']}", "0"
    verdict = f"{row['verdict']} ({row['note']})" if "note" in row else row["verdict"]
    return (row["name"], row["lesion"], area, between, limit, verdict)


def _leak(row: Mapping[str, Any]) -> str:
    if "difference" in row:
        return f"{row['name']} of {row['lesion']} by {row['difference']} gray levels"
    return (
        f"{row['name']} of {row['lesion']} {row['auroc']:.3f} "
        f"[{row['low']:.3f}, {row['high']:.3f}]"
    )
