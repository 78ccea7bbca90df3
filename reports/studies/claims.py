"""The report of ``hrcam claims``: every claim, what bears it out, and what does not."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.content import Block, Column, Figure, Paragraph, Report, Section, Table
from reports.figures.conditions import Pane, draw_conditions
from reports.studies.layers import build_layers
from reports.wording import bracket, count, decimal, percent, signed

Row = Mapping[str, Any]
STAMPS = {
    "quick": "A rehearsal: small images, few of them, networks that have hardly "
    "learned. It shows that everything runs, and says nothing of the claims.",
    "development": "Development recipes: on these, things were chosen. What is "
    "reported as a result comes from `hrcam claims --confirm bone` and "
    "`hrcam claims --confirm soft`.",
}
"""What is printed first, by stage; the confirmatory one needs none."""
_SHOWN = {"holds": "above", "reversed": "below"}
_MOST = 4
"""Conditions that are named in the first table."""


def compose_claims(result: Row) -> Report:
    """Arrange the content of ``claims.json`` into a report."""
    cells, stage = result["cells"], str(result["stage"])
    sections = [_answer(result)]
    sections += [_show(result, number) for number in _numbers(result)]
    sections += [_compare(result), build_layers(result), _classify(result)]
    sections.append(_state(result))
    return Report(
        f"The claims of the HR-CAM paper: {stage} study",
        f"{count(len(cells), 'training')} · {count(len(_recipes(result)), 'recipe')} · "
        f"grid {str(result['grid']['sha256'])[:16]}",
        result["provenance"]["date"],
        tuple(sections),
    )


def _numbers(result: Row) -> list[int]:
    return sorted({int(claim["number"]) for claim in result["claims"]})


def _recipes(result: Row) -> list[str]:
    return list(dict.fromkeys(str(cell["recipe"]) for cell in result["cells"]))


def _answer(result: Row) -> Section:
    blocks: list[Block] = []
    if result["stage"] in STAMPS:
        stage = str(result["stage"]).upper()
        blocks.append(Paragraph(STAMPS[result["stage"]], f"{stage}.", "stamp"))
    references = [str(name) for name in result["references"]]
    rows = []
    for number in _numbers(result):
        mine = [c for c in result["claims"] if c["number"] == number]
        found = {str(c["reference"]): _shorten(c) for c in mine}
        rows.append((f"{number}. {mine[0]['text']}", *(found[r] for r in references)))
    table = Table(
        "The claims, and what the conditions of all their endpoints say together.",
        (Column("Claim", "left"), *(Column(name, "left") for name in references)),
        tuple(rows),
        "Holds: every condition bears the claim out. Holds under: these do, and none "
        "shows the opposite. Equivalent: in all, the difference is within the margin. "
        "Reversed: at least one shows the opposite. Inconclusive: everything else. A "
        "condition is a recipe and a network; hr_cam_paper has the paper's own head.",
    )
    return Section("answer", "What the claims come to", (*blocks, table))


def _shorten(claim: Row) -> str:
    """Say a claim's word and how many conditions are behind it."""
    counts, word = claim["counts"], str(claim["word"])
    total = sum(counts.values())
    own = counts.get("holds" if word == "holds under" else word, 0)
    under = "" if word == "holds under" else " under" if own < total else ","
    return f"{word}{under} {own} of {total}" if word != "inconclusive" else word


def tell_claim(claim: Row) -> str:
    """Say a claim's word, and under what, in short."""
    counts = claim["counts"]
    total = sum(counts.values())
    parts = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    told = str(claim["word"])
    if 0 < len(claim["under"]) <= _MOST:
        told += f" {'under ' if told == 'reversed' else ''}{'; '.join(claim['under'])}"
    return f"{told} (of {count(total, 'condition')}: {parts})"


def _show(result: Row, number: int) -> Section:
    """Show a claim's endpoints for every reference."""
    mine = [c for c in result["claims"] if c["number"] == number]
    blocks: list[Block] = []
    for claim in mine:
        blocks += [_tabulate(claim), *_explain(claim)]
        blocks.append(_draw(f"claim-{number}-{claim['reference']}", claim))
    return Section(f"claim-{number}", f"{number}. {mine[0]['text']}", tuple(blocks))


def _tabulate(claim: Row) -> Table:
    return Table(
        f"Endpoints of claim {claim['number']}, {claim['reference']}.",
        (
            *(Column("Endpoint", "left"), Column("Claimed", "left")),
            *(Column("All together"), Column("Interval")),
            *(Column("Trainings"), Column("Verdict", "left")),
        ),
        tuple(
            (
                name_endpoint(row),
                str(row["expects"]),
                signed(row["difference"]),
                bracket(row, sign=True),
                str(row["trainings"]),
                _count(row),
            )
            for row in claim["endpoints"]
        ),
        "Difference in the mean of all conditions, with its interval over images and "
        "trainings; the verdict is that of the conditions.",
    )


def _count(row: Row) -> str:
    """Say an endpoint's word and how many conditions bear it out, or do not."""
    word, total = str(row["word"]), len(row["conditions"])
    states = [str(place["state"]) for place in row["conditions"]]
    if word == "holds under":
        return f"{word} {states.count('holds')} of {total}"
    if word == "reversed" and states.count("reversed") < total:
        return f"{word} under {states.count('reversed')} of {total}"
    return word


def _explain(claim: Row) -> list[Paragraph]:
    """Name the conditions behind the words, and what is to be doubted."""
    counts = claim["counts"]
    parts = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    told = [f"Of {count(sum(counts.values()), 'condition')}: {parts}."]
    for row in claim["endpoints"]:
        more = [row["verdict"]] if " under " in row["verdict"] else []
        more += [row["reason"]] if row["reason"] else []
        if row["survives"] is False:
            more.append("all together show something else in half-pixel alignment")
        if more:
            told.append(f"{name_endpoint(row)}: {'; '.join(more)}.")
    return [Paragraph(text, role="note") for text in told]


def name_endpoint(row: Row) -> str:
    """Name an endpoint with its threshold."""
    at = row["threshold"]
    return str(row["endpoint"]) + ("" if at is None else f" at {at:g}")


def _draw(name: str, claim: Row) -> Figure:
    rows = claim["endpoints"]
    return draw_endpoints(
        name.replace("_", "-"),
        rows,
        f"Claim {claim['number']}, {claim['reference']}: differences by condition.",
    )


def draw_endpoints(name: str, rows: Sequence[Row], caption: str) -> Figure:
    """Draw the conditions of some endpoints."""
    panes = [
        Pane(
            name_endpoint(row),
            row["margin"],
            row,
            {f"{c['recipe']}, {c['network']}": c for c in row["conditions"]},
        )
        for row in rows
    ]
    parts = [
        f"{name_endpoint(row)}: {signed(row['difference'])} {bracket(row, sign=True)}, "
        f"{row['verdict']}"
        for row in rows
    ]
    return Figure(
        name,
        draw_conditions(name, panes),
        f"Intervals of {count(len(rows), 'endpoint')}. {'; '.join(parts)}.",
        caption,
        "Thin line: interval, simultaneous over the conditions of a pane; thick line: "
        "the one that equivalence is read from; gray: the margin. Where the claim says "
        "below, left of 0 bears it out.",
    )


def _compare(result: Row) -> Section:
    """Show the differences that stand beside the claims, on every recipe."""
    blocks: list[Block] = []
    for reference in result["references"]:
        rows = [r for r in result["differences"] if r["reference"] == reference]
        name = f"differences-{reference}".replace("_", "-")
        caption = f"Average precision of {reference}, less that of what stands above."
        blocks += [draw_endpoints(name, rows, caption), _list(reference, rows)]
    return Section("differences", "Against what should be beaten", tuple(blocks))


def _list(reference: str, rows: Sequence[Row]) -> Table:
    return Table(
        f"{reference} less rivals in average precision, by condition.",
        (
            *(Column("Less", "left"), Column("Recipe, network", "left")),
            *(Column("Difference"), Column("Interval"), Column("Shows", "left")),
        ),
        tuple(
            (
                str(row["endpoint"]) + (f" ({c['rival']})" if best else ""),
                f"{c['recipe']}, {c['network']}",
                signed(c["difference"]),
                bracket(c, sign=True),
                _SHOWN.get(str(c["state"]), str(c["state"])),
            )
            for row in rows
            for best in [len({c["rival"] for c in row["conditions"]}) > 1]
            for c in row["conditions"]
        ),
        "Test images with a lesion. The best layer is picked with the masks of the "
        "very images it is scored on, so it is favored.",
    )


def _classify(result: Row) -> Section:
    """Say how good the classifiers are whose maps these are."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for cell in result["cells"]:
        groups.setdefault((cell["recipe"], cell["network"]), []).append(cell)
    rows = []
    for (recipe, network), cells in groups.items():
        found = {k: [c["classifier"][k] for c in cells] for k in ("accuracy", "auroc")}
        seconds = [sum(c["seconds"].values()) for c in cells]
        rows.append(
            (
                f"{recipe}, {network}",
                str(len(cells)),
                *(_range(values) for values in found.values()),
                _range(seconds, 0),
            )
        )
    table = Table(
        "Trained classifiers on their test images: lowest to highest of the trainings.",
        (
            *(Column("Recipe, network", "left"), Column("Trainings")),
            *(Column("Accuracy"), Column("AUROC"), Column("Seconds")),
        ),
        tuple(rows),
        "Seconds: of training, explaining and scoring, on whatever machine it ran.",
    )
    return Section("classifiers", "The classifiers", (table,))


def _range(values: Sequence[Any], digits: int = 3) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return decimal(None)
    return f"{decimal(min(known), digits)} to {decimal(max(known), digits)}"


def _state(result: Row) -> Section:
    """Say what was stated beforehand, and how intervals are made."""
    grid, level = result["grid"], percent(result["level"], 0)
    lines = (
        f"Grid {grid['name']!r}, SHA-256 {grid['sha256']}, written {grid['written']}, "
        "before the first training. It holds the claims, their endpoints, bounds and "
        "margin, the recipes' identities, networks and seeds.",
        f"Intervals of {level} coverage reach as far as two independent errors do: of "
        "images, by subject, averaged over the trainings that saw them; and of "
        "trainings, by recipe and network, each with its own t quantile. A condition's "
        "interval is wider (Bonferroni over the conditions of its endpoint). Data "
        "seeds count as trainings: two are too few to tell a variance of their own.",
        f"Margin {result['margin']:g}, stated beforehand.",
        f"{result['provenance']['command']}; "
        + ", ".join(f"{k} {v}" for k, v in result["provenance"]["versions"].items())
        + ".",
    )
    leads = ("Stated beforehand:", "Intervals:", "Margin:", "Made by:")
    blocks = tuple(map(Paragraph, lines, leads))
    return Section("stated", "What was stated beforehand", blocks)
