"""The paper's t-tests beside the paired differences."""

from reports import lookup, verdicts
from reports.content import Column, Paragraph, Section, Table
from reports.figures.boxes import SCORES
from reports.folder import Folder
from reports.sections.answer import rivals
from reports.wording import probability, score, shorten

_INTRODUCTION = (
    "The paper compares by t-tests without saying whether they are paired, at which "
    "threshold, or with what correction. All readings stand here beside the paired "
    "difference; p values on the right are uncorrected and are not used in any verdict."
)


def build(folder: Folder) -> Section:
    """Repeat the paper's tests against the methods that the answer names."""
    title = "The paper's tests"
    tests = {
        (row["other"], row["score"], row["threshold"]): row
        for row in folder.results["paper_tests"]
    }
    others = [name for name in rivals(folder) if any(key[0] == name for key in tests)]
    if not any(tests[key]["n"] for key in tests if key[0] in others):
        line = "The paper's tests have nothing to compare: no two methods were scored."
        return Section("paper", title, (Paragraph(line),))
    rows, rules = [], []
    level = lookup.level(folder)
    for name in others:
        for what in SCORES:
            for threshold in (*lookup.thresholds(folder), None):
                if row := tests.get((name, what, threshold)):
                    rows.append(_line(folder, row))
        rules.append(len(rows))
    table = Table(
        "Sensitivity and specificity: paired differences, and the paper's tests.",
        (
            *(Column("Reference minus", "left"), Column("Score", "left")),
            *(
                Column("Difference"),
                Column(f"{level} CI"),
                Column("Adj. p"),
            ),
            *(Column("Verdict", "left"), Column("Student p"), Column("Welch p")),
            Column("Paired p"),
        ),
        tuple(rows),
        "Pooled: all thresholds together, as if they were different images. Adj. p: "
        "for all entries, both scores and all thresholds (max-T).",
        rules=tuple(rules[:-1]),
    )
    return Section("paper", title, (Paragraph(_INTRODUCTION), table))


def _line(folder: Folder, test: lookup.Row) -> tuple[str, ...]:
    threshold = test["threshold"]
    ours = None
    if threshold is not None:
        ours = lookup.difference(folder, test["other"], test["score"], threshold)
    estimate, interval, _, verdict = verdicts.cell(ours)
    pooled = score(test["score"]).capitalize() + ", pooled"
    at = score(test["score"], threshold).capitalize()
    return (
        shorten(lookup.label(folder, test["other"]), 40),
        pooled if threshold is None else at,
        estimate,
        interval,
        probability(ours["p_adjusted"] if ours else None),
        verdict,
        *(probability(test[f"{name}_p"]) for name in ("student", "welch", "paired")),
    )
