"""Compare two scores folders: which verdicts changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports import lookup
from reports.content import Block, Column, Paragraph, Report, Section, Table
from reports.folder import Folder, Row
from reports.understanding import ChoiceError
from reports.wording import bracket, count, plainly, score, signed, stratum

_OPTIONS = ("primary", "margin", "level", "thresholds", "resamples", "seed")
_MOST_ROWS = 60


@dataclass(frozen=True)
class Change:
    """One comparison whose verdict or direction is another one in the second run."""

    other: str
    score: str
    threshold: int | float | None
    stratum: str
    first: Row
    second: Row

    def describe(self) -> dict[str, Any]:
        """Describe the change by plain values."""
        return {**vars(self), "first": dict(self.first), "second": dict(self.second)}


@dataclass(frozen=True)
class Changes:
    """What two runs say of the same comparisons.

    Attributes
    ----------
    changed, compared
        Comparisons with another verdict or direction, and how many both runs hold.
    gone, new
        Entries of the first run only, and of the second only.
    options
        Options that differ, with both values.
    """

    changed: tuple[Change, ...]
    compared: int
    gone: tuple[str, ...]
    new: tuple[str, ...]
    options: Mapping[str, tuple[Any, Any]]


def find_changes(first: Folder, second: Folder) -> Changes:
    """Compare the verdicts of two runs with the same reference.

    Raises
    ------
    ChoiceError
        If the entries that all others are compared with differ.
    """
    own = lookup.reference(first), lookup.reference(second)
    if own[0] != own[1]:
        msg = (
            f"both runs must have one reference, got {own[0]!r} and {own[1]!r}; "
            "score one of them again with --reference"
        )
        raise ChoiceError(msg)
    places = [place for place in first.contrasts if place in second.contrasts]
    changed = []
    for place in places:
        one, two = first.contrasts[place], second.contrasts[place]
        if _say(one) != _say(two):
            at = one["threshold"]
            changed.append(Change(place[0], place[1], at, place[3], one, two))
    names = [[e["name"] for e in f.results["entries"]] for f in (first, second)]
    settings = first.results["options"], second.results["options"]
    return Changes(
        tuple(changed),
        len(places),
        tuple(name for name in names[0] if name not in names[1]),
        tuple(name for name in names[1] if name not in names[0]),
        {
            name: (settings[0].get(name), settings[1].get(name))
            for name in _OPTIONS
            if settings[0].get(name) != settings[1].get(name)
        },
    )


def _say(row: Row) -> tuple[str, bool]:
    """Return verdict and direction, which only a difference has."""
    verdict = str(row["verdict"])
    return verdict, verdict.startswith("different") and row["difference"] > 0


def compose_changes(first: Folder, second: Folder) -> tuple[Report, Changes]:
    """Arrange what changed into a report, and return it with the changes."""
    found = find_changes(first, second)
    primary = lookup.primary(first)
    leading = [c for c in found.changed if c.score == primary and c.threshold is None]
    rest = [c for c in found.changed if c not in leading]
    name = lookup.label(first, lookup.reference(first))
    sections = [_answer(found, leading)]
    for title, part in (
        (f"Verdicts on {score(primary)}", leading),
        ("Verdicts on other scores", rest),
    ):
        key = "leading" if part is leading else "others"
        sections.append(Section(key, title, (_list(first, part, name),)))
    date = second.evidence.get("provenance", {}).get("date")
    images = [count(f.results["images"]["total"], "image") for f in (first, second)]
    report = Report(
        "Verdicts that changed between two runs",
        f"{name} against all others · {images[0]}, then {images[1]}",
        date,
        (*sections, _identify(first, second)),
    )
    return report, found


def _answer(found: Changes, leading: list[Change]) -> Section:
    blocks: list[Block] = [
        Paragraph(
            f"{len(found.changed)} of {count(found.compared, 'verdict')} that both "
            f"runs hold changed, {len(leading)} of them on the leading score.",
            "Changed:",
            "answer",
        )
    ]
    for words, names in (("first", found.gone), ("second", found.new)):
        if names:
            blocks.append(
                Paragraph(f"{', '.join(names)}.", f"Only in the {words} run:")
            )
    blocks += [
        Paragraph(
            f"{plainly(one)} in the first run, {plainly(two)} in the second.",
            f"Option {option} differs:",
            "alert",
        )
        for option, (one, two) in found.options.items()
    ]
    return Section("answer", "What changed", tuple(blocks))


def _list(folder: Folder, changes: list[Change], name: str) -> Block:
    if not changes:
        return Paragraph("No verdict changed.")
    left = len(changes) - _MOST_ROWS
    return Table(
        f"{name} minus another entry: verdicts that changed.",
        (
            *(Column("Minus", "left"), Column("Score", "left"), Column("On", "left")),
            *(Column("First run"), Column("Verdict", "left")),
            *(Column("Second run"), Column("Verdict", "left")),
        ),
        tuple(
            (
                lookup.label(folder, change.other),
                score(change.score, change.threshold, short=True),
                stratum(change.stratum),
                *_tell(change.first),
                *_tell(change.second),
            )
            for change in changes[:_MOST_ROWS]
        ),
        f"{left} more are in report.json." if left > 0 else "",
    )


def _tell(row: Row) -> tuple[str, str]:
    verdict = str(row["verdict"]).removeprefix("different, ")
    return f"{signed(row['difference'])} {bracket(row, sign=True)}", verdict


def _identify(first: Folder, second: Folder) -> Section:
    return Section(
        "versions",
        "The two runs",
        tuple(
            Paragraph(
                f"{plainly(folder.evidence.get('provenance', {}).get('command'))}; "
                f"{plainly(folder.checksums)}.",
                words,
            )
            for words, folder in (("First:", first), ("Second:", second))
        ),
    )
