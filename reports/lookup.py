"""Find entries and numbers in the results of a scores folder."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from reports.folder import KEYS, Folder, find_place
from reports.wording import Number

Row = Mapping[str, Any]

_KINDS = ("model", "external", "baseline", "ceiling")


def entries(folder: Folder, *kinds: str) -> list[str]:
    """List names of entries of these kinds (all if none is given), kind by kind.

    An entry that is another one read in a second alignment is left out: what differs
    stands beside the verdicts.
    """
    chosen = kinds or _KINDS
    names = [row["name"] for row in folder.results["entries"]]
    rows = [
        row
        for row in folder.results["entries"]
        if not any(row["name"].startswith(f"{other}/") for other in names)
    ]
    found = [row["name"] for kind in chosen for row in rows if row["kind"] == kind]
    strange = [row["name"] for row in rows if row["kind"] not in _KINDS]
    return found + (strange if not kinds else [])


def entry(folder: Folder, name: str) -> Row:
    """Look up an entry by name.

    Raises
    ------
    ValueError
        If the folder speaks of an entry that it does not list.
    """
    for row in folder.results["entries"]:
        if row["name"] == name:
            return row
    msg = f"results.json must list every entry, got no {name!r}; score the maps again"
    raise ValueError(msg)


def reference(folder: Folder) -> str:
    """Name the entry that all others are compared with."""
    names = [row["name"] for row in folder.results["entries"]]
    said = folder.results["options"].get("reference")
    return said if said in names else names[0]


def compared(folder: Folder) -> list[str]:
    """List the methods in question: the reference first, then models and externals."""
    first = reference(folder)
    rest = [name for name in entries(folder, "model", "external") if name != first]
    return [first, *rest]


def label(folder: Folder, name: str) -> str:
    """Return an entry's label, with its name where two have the same label."""
    rows = folder.results["entries"]
    times = Counter(row["label"] for row in rows)
    found = entry(folder, name)["label"] or name
    return f"{found} ({name})" if times[found] > 1 else found


def primary(folder: Folder) -> str:
    """Name the score that leads."""
    return str(folder.results["options"]["primary"])


def level(folder: Folder) -> str:
    """Print the coverage of intervals."""
    return f"{100 * folder.results['options']['level']:.0f}%"


def contenders(folder: Folder, names: Iterable[str]) -> list[str]:
    """Leave out ceilings, which see the mask, unless there is nothing else."""
    every = list(names)
    return [n for n in every if entry(folder, n)["kind"] != "ceiling"] or every


def thresholds(folder: Folder) -> list[Number]:
    """List the thresholds at which sensitivity and specificity are tabulated."""
    return list(folder.results["options"]["thresholds"])


def summary(
    folder: Folder,
    name: str,
    score: str,
    threshold: Number | None = None,
    stratum: str = "all",
) -> Row | None:
    """Look up mean, median and their intervals; None if there are none."""
    return folder.summaries.get(find_place(name, score, threshold, stratum))


def difference(
    folder: Folder,
    other: str,
    score: str,
    threshold: Number | None = None,
    stratum: str = "all",
) -> Row | None:
    """Look up the reference minus another entry; None if not compared."""
    return folder.contrasts.get(find_place(other, score, threshold, stratum))


def best(folder: Folder, *kinds: str) -> str | None:
    """Name the entry with the highest mean of the leading score."""
    means = {
        name: row["mean"]
        for name in entries(folder, *kinds)
        if (row := summary(folder, name, primary(folder))) and row["mean"] is not None
    }
    return max(means, key=lambda name: means[name]) if means else None


def strata(folder: Folder, thirds: bool = False) -> list[Row]:
    """List the strata of images with a lesion, or their thirds by a number."""
    rows = folder.results["strata"]
    return [
        row
        for row in rows
        if row["name"] != "without_lesion" and bool(row["bounds"]) == thirds
    ]


def collect(
    folder: Folder, scores: Iterable[str]
) -> dict[tuple[str, str, Number | None], Float[np.ndarray, " n"]]:
    """Collect values of images with a lesion by entry, score and threshold.

    All have the same images in the same order; NaN where undefined.
    """
    table = folder.table
    table = table[table["score"].isin(list(scores)) & (table["status"] != "empty_mask")]
    names = {
        tuple(row[key] for key in KEYS): row["name"]
        for row in folder.results["entries"]
    }
    found: dict[tuple[str, str, Number | None], Float[np.ndarray, " n"]] = {}
    groups = table.groupby(
        [*KEYS, "score", "threshold"], sort=False, dropna=False, observed=True
    )
    for (*keys, score, threshold), rows in groups:
        name = names.get(tuple(str(key) for key in keys))
        if name is not None:
            at = float(str(threshold))
            where = None if np.isnan(at) else round(at, 9)
            found[name, str(score), where] = rows["value"].to_numpy(dtype=np.float64)
    return found
