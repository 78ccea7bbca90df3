"""The report of ``hrcam suite compare``: methods on one frozen suite."""

from collections.abc import Mapping
from typing import Any

from reports.content import Block, Column, Figure, Paragraph, Report, Section, Table
from reports.figures.conditions import Pane, draw_conditions
from reports.wording import bracket, count, decimal, score, signed

Row = Mapping[str, Any]
_WORDS = {"holds": "higher", "reversed": "lower"}
_STATES = {"equivalent": "equivalent", "identical": "equivalent"}


def compose_suite(result: Row) -> Report:
    """Arrange a comparison into a report."""
    suite = result["suite"]
    recipes = list(dict.fromkeys(str(row["recipe"]) for row in result["means"]))
    return Report(
        f"{result['reference']} on {suite['name']}",
        f"{count(result['trainings'], 'training')} · "
        f"{count(len(recipes) - 1, 'recipe')} · {suite['sha256'][:16]}",
        result["provenance"]["date"],
        (_answer(result, recipes), _compare(result, recipes), _state(result)),
    )


def _answer(result: Row, recipes: list[str]) -> Section:
    means: dict[str, dict[str, Any]] = {}
    for row in result["means"]:
        means.setdefault(str(row["entry"]), {})[str(row["recipe"])] = row["mean"]
    blocks: list[Block] = []
    if not result["same_weights"]:
        blocks.append(
            Paragraph(
                "The files were made on networks of other weights; images are paired, "
                "trainings are not.",
                "Other weights:",
                "alert",
            )
        )
    table = Table(
        f"Mean {score(result['primary'])} on test images with a lesion.",
        (Column("Entry", "left"), *(Column(name) for name in recipes)),
        tuple(
            (name, *(decimal(found[key]) for key in recipes))
            for name, found in means.items()
        ),
        "Each network and seed counts the same; all: the mean of all of them.",
        strong=(0,),
    )
    return Section("answer", "How well each points", (*blocks, table))


def _compare(result: Row, recipes: list[str]) -> Section:
    others = list(dict.fromkeys(str(row["other"]) for row in result["differences"]))
    found = {(r["other"], r["recipe"]): r for r in result["differences"]}
    table = Table(
        f"{result['reference']} less each entry, over all recipes.",
        (
            *(Column("Less", "left"), Column("Difference"), Column("95% CI")),
            *(Column("Images"), Column("Verdict", "left")),
        ),
        tuple(
            (
                name,
                signed(row["difference"]),
                bracket(row, sign=True),
                str(row["images"]),
                str(row["verdict"]) + (f" ({row['reason']})" if row["reason"] else ""),
            )
            for name in others
            for row in [found[name, "all"]]
        ),
        "Paired by image; intervals over images, by subject, and trainings.",
    )
    panes = [
        Pane(
            "all recipes" if key == "all" else key,
            result["margin"],
            None,
            {o: {**found[o, key], "state": _state_of(found[o, key])} for o in others},
        )
        for key in recipes
    ]
    told = "; ".join(
        f"{name}: {signed(found[name, 'all']['difference'])}, "
        f"{found[name, 'all']['verdict']}"
        for name in others
    )
    figure = Figure(
        "suite-differences",
        draw_conditions("suite-differences", panes, _WORDS),
        f"{result['reference']} less each entry. {told}.",
        f"{result['reference']} less each entry, by recipe.",
        "Thin line: 95% CI, thick line: 90% CI, gray: the margin. Right of 0: "
        f"{result['reference']} is higher.",
    )
    return Section("differences", "Differences", (table, figure))


def _state_of(row: Row) -> str:
    """Say in the words of the figure what a verdict says."""
    verdict = str(row["verdict"])
    if verdict.startswith("different"):
        return "holds" if row["difference"] > 0 else "reversed"
    return _STATES.get(verdict, "inconclusive")


def _state(result: Row) -> Section:
    blocks = [
        Paragraph(
            f"{file['method']['loaded']} ({file['method']['source']}), SHA-256 of its "
            f"file {file['method']['source_sha256'] or 'not known'}.",
            f"{file['path']}: {file['method']['label']}.",
        )
        for file in result["files"]
    ]
    suite = result["suite"]
    named = f"{suite['name']}, version {suite['version']}, SHA-256 {suite['sha256']}."
    return Section("stated", "What was compared", (Paragraph(named, "Suite:"), *blocks))
