"""The answer: what the scores say, before how they were made."""

from reports import lookup, verdicts
from reports.content import Column, Paragraph, Section, Table
from reports.figures.boxes import SCORES, arrange
from reports.folder import Folder
from reports.wording import bracket, count, decimal, score

_CONDITIONAL = (
    "Conditional on one trained model: nothing here says how the differences would "
    "change if the model were trained again."
)
_EXTERNAL = (
    "Conditional on the maps as given: nothing is known here of the model behind them."
)


def build(folder: Folder) -> Section:
    """Answer in a few sentences, with alerts, the stamp and a table of all scores."""
    return Section(
        "answer",
        "Answer",
        (
            *(Paragraph(text, lead, "answer") for lead, text in _sentences(folder)),
            Paragraph(_condition(folder), role="stamp"),
            *(Paragraph(text, "Alert", "alert") for text in folder.results["alerts"]),
            _tabulate(folder),
        ),
    )


def _sentences(folder: Folder) -> list[tuple[str, str]]:
    first = lookup.reference(folder)
    name, what = lookup.label(folder, first), score(lookup.primary(folder))
    row = lookup.summary(folder, first, lookup.primary(folder))
    if row is None or row["mean"] is None:
        return [(name, f"has no {what} here: no image with a lesion could be scored.")]
    level = lookup.level(folder)
    reach = f" ({level} CI {decimal(row['low'])} to {decimal(row['high'])})"
    if row["low"] is None or row["high"] is None:
        reach = ""
    start = (
        f"has a mean {what} of {decimal(row['mean'])}{reach} on "
        f"{count(row['n'], 'image')} with a lesion."
    )
    prevalence = folder.results["prevalence"].get("all")
    if lookup.primary(folder) == "average_precision" and prevalence is not None:
        start += f" A map that knows nothing would have {decimal(prevalence)}."
    others = rivals(folder)
    told = [verdicts.tell(folder, other) for other in others]
    baseline = lookup.best(folder, "baseline")
    if baseline and baseline != first:
        lead, text = verdicts.tell(folder, baseline)
        told.append((lead, f"{text} This is the best baseline."))
    if not told:
        told = [("No difference", "is reported: there is one entry only.")]
    return [(name, start), *told, *_correct(folder, others)]


def rivals(folder: Folder, most: int = 3) -> list[str]:
    """List the methods that the answer holds against the reference.

    One entry per method first, then more of their layers; not the reference's own
    variants (``hr_cam_convex`` beside ``hr_cam``), unless there is nothing else.
    """
    first = lookup.reference(folder)
    own = lookup.entry(folder, first)["method"]
    rest = lookup.compared(folder)[1:]
    methods = {name: lookup.entry(folder, name)["method"] for name in rest}
    others = [name for name in rest if not methods[name].startswith(f"{own}_")]
    others = [name for name in others if methods[name] != own] or others or rest
    leading = list({methods[name]: name for name in reversed(others)}.values())
    chosen = [name for name in others if name in leading][:most]
    chosen += [name for name in others if name not in chosen][: most - len(chosen)]
    return [name for name in others if name in chosen]


def _correct(folder: Folder, others: list[str]) -> list[tuple[str, str]]:
    """Say whether the verdicts hold on correctly classified images."""
    size = next((s["n"] for s in lookup.strata(folder) if s["name"] == "correct"), 0)
    if not (size and others):
        return []
    leading, changed = lookup.primary(folder), []
    for other in others:
        both = [
            lookup.difference(folder, other, leading, None, stratum)
            for stratum in ("all", "correct")
        ]
        if both[0] and both[1] and both[0]["verdict"] != both[1]["verdict"]:
            changed.append(f"{lookup.label(folder, other)}: {both[1]['verdict']}")
    lead = f"On the {count(size, 'image')} of these that are classified correctly"
    if not changed:
        return [(lead, "the verdicts are the same.")]
    return [(lead, f"the verdict differs for {'; '.join(changed)}.")]


def _condition(folder: Folder) -> str:
    said = folder.evidence.get("provenance", {}).get("conditional")
    if said:
        return str(said)
    return _CONDITIONAL if lookup.entries(folder, "model") else _EXTERNAL


def _tabulate(folder: Folder) -> Table:
    """List every entry with its leading score, AUROC and both scores at thresholds."""
    leading = lookup.primary(folder)
    names, marks = arrange(folder), lookup.thresholds(folder)
    free = [leading, *(s for s in ("average_precision", "auroc") if s != leading)]
    places = [(s, t) for s in SCORES for t in marks]
    lead = f"{score(leading, short=True)} [{lookup.level(folder)} CI]"
    columns = [Column("Entry", "left"), Column(lead)]
    columns += [Column(score(s, short=True)) for s in free[1:]]
    columns += [Column(score(s, t, short=True)) for s, t in places]
    rows = []
    for name in names:
        row = lookup.summary(folder, name, leading)
        cells = [lookup.label(folder, name), f"{_mean(row)} {bracket(row)}"]
        cells += [_mean(lookup.summary(folder, name, s)) for s in free[1:]]
        cells += [_mean(lookup.summary(folder, name, s, t)) for s, t in places]
        rows.append(tuple(cells))
    kinds = [lookup.entry(folder, name)["kind"] for name in names]
    return Table(
        "Mean scores over images with a lesion.",
        tuple(columns),
        tuple(rows),
        _read_table(set(kinds)),
        strong=(0,),
        rules=tuple(k for k in range(1, len(kinds)) if kinds[k] != kinds[k - 1]),
    )


def _read_table(kinds: set[str]) -> str:
    parts = ["First row: the reference."]
    if kinds & {"baseline", "ceiling"}:
        parts.append(
            "Lines part methods, baselines (which see no trained network) and ceilings "
            "(which see the mask)."
        )
    parts.append(
        "AP: pixel average precision. Sens., Spec.: at thresholds of the "
        "min\N{EN DASH}max normalized map."
    )
    return " ".join(parts)


def _mean(row: lookup.Row | None) -> str:
    return decimal(row["mean"] if row else None)
