"""Whether the order of entries depends on how maps are normalized."""

from collections.abc import Sequence

from reports.content import Column, Paragraph, Section, Table
from reports.folder import Folder
from reports.lookup import Row
from reports.wording import score

_TITLE = "Does the order depend on the normalization?"
_DEFAULT = "per_image"
_WORDS = {
    "per_dataset": "min-max over all of a method's maps",
    "relu": "negative values to 0",
    "absolute": "sign left out",
    "clipped_99": "cut at the 99th percentile",
    "clipped_99.9": "cut at the 99.9th percentile",
    "gamma_0.5": "square root",
    "gamma_2": "square",
}


def build(folder: Folder) -> Section:
    """Count the pairs whose order another normalization turns."""
    found = {
        (row["normalization"], row["score"], row["threshold"]): row
        for row in folder.results.get("normalizations", [])
    }
    others = [name for name in dict.fromkeys(k[0] for k in found) if name != _DEFAULT]
    if not others:
        line = (
            "Maps were scored under one normalization, min\N{EN DASH}max in each "
            "image; hrcam score --normalizations all scores them under others too."
        )
        return Section("normalization", _TITLE, (Paragraph(line),))
    columns = list(dict.fromkeys(key[1:] for key in found))
    usual = [found[_DEFAULT, *column] for column in columns]
    rows = [("pairs that differ (clearly)", *_each(usual, "pairs", "clear"))]
    rows += [
        (
            _WORDS.get(name, name),
            *_each([found[name, *c] for c in columns], "flips", "overturned"),
        )
        for name in others
    ]
    table = Table(
        "Pairs of entries whose order is another one, images with a lesion.",
        (
            Column("Normalization", "left"),
            *(Column(score(name, at, short=True)) for name, at in columns),
        ),
        tuple(rows),
        "First row: pairs whose means differ under min\N{EN DASH}max in each image, in "
        "parentheses those whose interval leaves out 0. Below: pairs that another "
        "normalization orders the other way, in parentheses those that are clear both "
        "times. A score that does not move with the normalization is one of the order "
        "of pixels.",
        rules=(1,),
    )
    return Section("normalization", _TITLE, (table,))


def _each(rows: Sequence[Row], first: str, second: str) -> list[str]:
    return [f"{row[first]} ({row[second]})" for row in rows]
