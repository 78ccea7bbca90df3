"""Render a report as JSON: its content without pictures, and every number."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reports.changes import Changes
from reports.content import Beside, Block, Figure, Gallery, Report
from reports.folder import Folder


def describe(block: Block) -> dict[str, Any]:
    """Describe a block by plain values; a figure without its drawing."""
    if isinstance(block, Beside):
        sides = [describe(block.left), describe(block.right)]
        return {"kind": "beside", "share": block.share, "blocks": sides}
    if isinstance(block, Gallery):
        told = {"entries": block.entries, "images": [p.label for p in block.pictures]}
        words = {"name": block.name, "caption": block.caption, "reading": block.reading}
        return {"kind": "gallery", **words, **told}
    content = asdict(block)
    if isinstance(block, Figure):
        del content["svg"]
    return {"kind": type(block).__name__.lower(), **content}


def outline(report: Report) -> dict[str, Any]:
    """Describe a report by plain values."""
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "date": report.date,
        "sections": [
            {
                "name": section.name,
                "title": section.title,
                "blocks": [describe(block) for block in section.blocks],
            }
            for section in report.sections
        ],
    }


def render_changes(report: Report, changes: Changes) -> bytes:
    """Render what changed between two runs: the content and every change."""
    told = {
        "compared": changes.compared,
        "changed": [change.describe() for change in changes.changed],
        "only_first": changes.gone,
        "only_second": changes.new,
        "options": changes.options,
    }
    return _encode({"report": outline(report), "changes": told})


def render_data(report: Report, data: Mapping[str, Any]) -> bytes:
    """Render the content of a report and the numbers behind it, by name."""
    return _encode({"report": outline(report), **data})


def render_json(report: Report, folder: Folder) -> bytes:
    """Render content and numbers.

    Returns
    -------
    bytes
        UTF-8 JSON with ``report`` (what is printed), ``results`` and ``evidence``
        (the numbers behind it), and ``checksums`` (SHA-256 of the files they come
        from); undefined numbers are null.
    """
    twin = {
        "report": outline(report),
        "results": folder.results,
        "evidence": folder.evidence,
        "checksums": folder.checksums,
    }
    return _encode(twin)


def _encode(twin: dict[str, Any]) -> bytes:
    text = json.dumps(
        twin, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False
    )
    return (text + "\n").encode()
