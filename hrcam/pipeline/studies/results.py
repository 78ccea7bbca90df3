"""Judge every claim: the content of ``claims.json``."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from hrcam.methods import METHODS
from hrcam.pipeline.model import versions
from hrcam.pipeline.studies.endpoints import Claim
from hrcam.pipeline.studies.grid import Grid
from hrcam.pipeline.studies.measuring import Study, measure_contrast, measure_share
from hrcam.pipeline.studies.readings import Reading
from hrcam.pipeline.studies.verdicts import conclude
from metrics.measured import Column
from metrics.storage.plain import to_plain

SCHEMA = 1
_DIGITS = 10


def judge_claims(
    grid: Grid, readings: Sequence[Reading], begun: str = "", command: str = ""
) -> dict[str, Any]:
    """Judge every claim for every reference.

    Parameters
    ----------
    grid
        What was stated beforehand.
    readings
        All of its cells.
    begun
        When the grid was written down.
    command
        The command line.

    Returns
    -------
    dict
        As :class:`hrcam.pipeline.studies.schema.Results` says.
    """
    study = Study(grid, tuple(readings))
    result = {
        "schema": SCHEMA,
        "stage": grid.plan.stage,
        "grid": {"name": grid.plan.name, "sha256": grid.digest, "written": begun},
        "margin": grid.plan.margin,
        "level": grid.plan.level,
        "references": list(grid.plan.references),
        "claims": [
            _judge(study, claim, reference)
            for reference in grid.plan.references
            for claim in grid.claims.claims
        ],
        "differences": [
            {"reference": reference, **row}
            for reference in grid.plan.references
            for contrast in grid.claims.differences
            for row in measure_contrast(study, contrast.of(reference))
        ],
        "layers": list_layers(study),
        "cells": [_describe(reading) for reading in readings],
        "provenance": {
            "command": command,
            "date": datetime.now(UTC).date().isoformat(),
            "versions": versions(),
        },
    }
    return dict(to_plain(result, _DIGITS))


def _judge(study: Study, claim: Claim, reference: str) -> dict[str, Any]:
    """Measure a claim's endpoints and join what all of their conditions say."""
    rows = [
        row
        for contrast in claim.contrasts
        for row in measure_contrast(study, contrast.of(reference))
    ]
    rows += [measure_share(study, share, reference) for share in claim.shares]
    states = {
        f"{label(row)} ({place['recipe']}, {place['network']})": place["state"]
        for row in rows
        for place in row["conditions"]
    }
    verdict = conclude(states)
    counts = {
        word: sum(state == word for state in states.values())
        for word in ("holds", "equivalent", "inconclusive", "reversed")
    }
    return {
        "number": claim.number,
        "text": claim.text,
        "reference": reference,
        "word": verdict.word,
        "under": list(verdict.under),
        "counts": counts,
        "endpoints": rows,
    }


def list_layers(study: Study) -> list[dict[str, Any]]:
    """List share and average precision of each layer alone, means over trainings."""
    rows = []
    column = Column("average_precision", None)
    for members in study.conditions("all").values():
        first = members[0]
        for reference in study.grid.plan.references:
            head, place = METHODS[reference].head, f"{reference}@"
            names = [e for e in first.entries if e.startswith(place) and "/" not in e]
            order = list(first.shares.get(head, {}))
            layers = [n.removeprefix(place) for n in names]
            for layer in [n for n in order if n in layers] or layers:
                name = f"{place}{layer}"
                shares = [r.shares.get(head, {}).get(layer, np.nan) for r in members]
                found = [np.nanmean(r.mix({name: 1.0}, column)) for r in members]
                rows.append(
                    {
                        "reference": reference,
                        "recipe": first.cell.key,
                        "network": first.cell.network,
                        "layer": layer,
                        "share": np.mean(shares),
                        "average_precision": np.mean(found),
                    }
                )
    return rows


def label(row: dict[str, Any]) -> str:
    """Name an endpoint with its threshold."""
    at = row["threshold"]
    return str(row["endpoint"]) + ("" if at is None else f" at {at:g}")


def _describe(reading: Reading) -> dict[str, Any]:
    cell = reading.cell
    kept = ("accuracy", "auroc")
    return {
        "name": cell.name,
        "recipe": cell.key,
        "data_seed": cell.recipe.seed,
        "identity": cell.recipe.identity,
        "network": cell.network,
        "training_seed": cell.seed,
        "images": int(reading.values.shape[2]),
        "classifier": {k: reading.classifier.get(k, np.nan) for k in kept},
        "shares": {head: dict(share) for head, share in reading.shares.items()},
        "seconds": dict(reading.seconds),
    }
