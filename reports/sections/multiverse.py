"""HR-CAM under every defensible reading of the paper."""

from collections.abc import Mapping
from typing import Any

from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.specification_curve import draw_specification_curve
from reports.folder import Folder
from reports.wording import bracket, count, decimal, percent, score, signed

Row = Mapping[str, Any]

#: Parts of the variance that are printed; the others are in the JSON twin.
_MOST_PARTS = 14
TIMES = "\N{MULTIPLICATION SIGN}"
_RIVALS = {
    "cam": "CAM",
    "grad_cam before last": "Grad-CAM, before the last layer",
    "grad_cam last": "Grad-CAM, last layer",
    "grad_cam third from last": "Grad-CAM, third layer from the last",
}


def build(folder: Folder) -> Section | None:
    """Show the specification curve, where the scores folder has one."""
    found = folder.evidence.get("multiverse")
    if not found or not found.get("curves"):
        return None
    title = "Every defensible reading of the paper"
    return Section("multiverse", title, tuple(show(found)))


def show(found: Row) -> list[Block]:
    """Return the blocks: the answer, the curve, shares of variance, options."""
    return [
        Paragraph(tell(found), "What the readings say.", "answer"),
        *_stamps(found),
        _draw(found),
        _tabulate_curves(found),
        _tabulate_shares(found),
        _tabulate_options(found),
        _tabulate_paper(found),
    ]


def leading(found: Row) -> Row:
    """Return the curve of the leading rival and endpoint."""
    return next(
        curve
        for curve in found["curves"]
        if all(curve[key] == found["primary"][key] for key in ("rival", "endpoint"))
    )


def tell(found: Row) -> str:
    """Say in three sentences where HR-CAM wins, and what decides it."""
    curve = leading(found)
    inside = curve["intervals"]
    told = (
        f"HR-CAM's mean average precision is above {_RIVALS[curve['rival']]}'s in "
        f"{percent(curve['positive'])} of {curve['specifications']} specifications "
        f"[{percent(inside['positive']['low'])}, {percent(inside['positive']['high'])}]"
        f", beyond the margin of {found['margin']:g} in {percent(curve['beyond_for'])} "
        f"and as far below in {percent(curve['beyond_against'])}; the difference runs "
        f"from {signed(curve['least'])} to {signed(curve['most'])}, median "
        f"{signed(curve['median'])}."
    )
    parts = [(k, v) for k, v in curve["shares"].items() if v is not None]
    if not parts:
        return told
    titles = _titles(found)
    first = sorted(parts, key=lambda part: -part[1])[:3]
    said = ", ".join(f"{_name(part, titles)} {percent(share)}" for part, share in first)
    return f"{told} Most of the variance of the difference: {said}."


def _stamps(found: Row) -> list[Block]:
    blocks: list[Block] = []
    if found["quick"]:
        text = "A grid cut down for speed; nothing in it is a finding."
        blocks.append(Paragraph(text, "Quick.", "stamp"))
    cells = found["cells"]
    trained = f"{count(len(cells), 'trained network')}"
    text = (
        f"{trained}; subjects are resampled, networks are not, so intervals are "
        "conditional on these. Specifications share images, so their number is no "
        "sample size."
    )
    return [*blocks, Paragraph(text, "Conditional.", "stamp")]


def _draw(found: Row) -> Figure:
    curve, rows = leading(found), found["curve"]
    svg = draw_specification_curve(
        rows, _titles(found), found["margin"], _RIVALS[curve["rival"]]
    )
    marks = "; ".join(
        f"{m['name']}: {signed(m['difference'])} {bracket(m, sign=True)}"
        for m in rows["marks"]
    )
    thinned = (
        f" {len(rows['ranks'])} of {rows['specifications']} are drawn above, at evenly "
        "spaced ranks."
        if len(rows["ranks"]) < rows["specifications"]
        else ""
    )
    return Figure(
        "specification-curve",
        svg,
        f"{rows['specifications']} differences from {signed(curve['least'])} to "
        f"{signed(curve['most'])}, {percent(curve['positive'])} above 0.",
        f"HR-CAM minus {_RIVALS[curve['rival']]} in mean average precision under every "
        f"specification, sorted, with 95% intervals by subject. {marks}.",
        "Gray band: differences within the margin. Below, the darker, the more of the "
        "specifications at that rank have the option; a row dark on the right is a "
        f"choice under which HR-CAM wins.{thinned}",
    )


def _tabulate_curves(found: Row) -> Table:
    rows = tuple(
        (
            _RIVALS[curve["rival"]],
            score(curve["endpoint"]),
            str(curve["specifications"]),
            percent(curve["positive"]),
            percent(curve["beyond_for"]),
            percent(curve["beyond_against"]),
            signed(curve["median"]),
            f"{signed(curve['least'])} to {signed(curve['most'])}",
        )
        for curve in found["curves"]
    )
    starts = [0, *(k for k in range(1, len(rows)) if rows[k][0] != rows[k - 1][0])]
    return Table(
        "HR-CAM minus each rival, over all specifications.",
        (
            *(Column("Minus", "left"), Column("Endpoint", "left"), Column("Readings")),
            *(Column("Above 0"), Column("Beyond margin"), Column("As far below")),
            *(Column("Median"), Column("Range")),
        ),
        rows,
        "Average precision and AUROC do not depend on how a map is normalized or where "
        "it is cut; sensitivity and specificity have both as axes more (min-max per "
        "image, cut at the 99th percentile, absolute values; thresholds 0.3, 0.5 and "
        "0.8). Grad-CAM is rectified as published, whatever is done to HR-CAM's map.",
        rules=tuple(starts[1:]),
    )


def _tabulate_shares(found: Row) -> Table:
    titles = _titles(found)
    curves = [c for c in found["curves"] if c["rival"] == found["primary"]["rival"]]
    first = leading(found)["shares"]
    parts = sorted(
        (part for part in first if part != "rest"),
        key=lambda part: -(first[part] or 0.0),
    )
    rows = [
        (_name(part, titles), *(_share(curve["shares"], part) for curve in curves))
        for part in [*parts[:_MOST_PARTS], "rest"]
    ]
    left = len(parts) - _MOST_PARTS
    more = f" {left} smaller parts are in report.json." if left > 0 else ""
    return Table(
        f"Shares of the variance of the difference to "
        f"{_RIVALS[found['primary']['rival']]}.",
        (
            Column("Choice", "left"),
            *(Column(score(curve["endpoint"], short=True)) for curve in curves),
        ),
        tuple(rows),
        "Crossed decomposition of the balanced grid: main effects, interactions of two "
        "choices, and the rest (of three and more); each column adds up to 100%. The "
        "shares tell of these options, each counted the same: another list of options "
        f"has other shares.{more}",
        rules=(len(rows) - 1,),
    )


def _tabulate_options(found: Row) -> Table:
    curve, titles = leading(found), _titles(found)
    rows: list[tuple[str, ...]] = []
    rules: list[int] = []
    last = ""
    for row in curve["options"]:
        fresh = row["axis"] != last
        if fresh and rows:
            rules.append(len(rows))
        last = row["axis"]
        option = str(row["option"]).replace("_", " ")
        numbers = signed(row["mean"]), percent(row["positive"])
        rows.append((titles[last] if fresh else "", option, *numbers))
    return Table(
        "Every option: the difference over all specifications that have it.",
        (
            *(Column("Choice", "left"), Column("Option", "left"), Column("Mean")),
            Column("Above 0"),
        ),
        tuple(rows),
        "Choices with one option only are left out.",
        rules=tuple(rules),
    )


def _tabulate_paper(found: Row) -> Table:
    return Table(
        "What the paper says of every choice.",
        (Column("Choice", "left"), Column("PeerJ CS 622", "left"), Column("Options")),
        tuple(
            (str(axis["title"]), str(axis["paper"]), str(len(axis["options"])))
            for axis in found["axes"]
        ),
    )


def _titles(found: Row) -> dict[str, str]:
    titles = {axis["name"]: str(axis["title"]) for axis in found["axes"]}
    return {**titles, "normalization": "Normalization", "threshold": "Threshold"}


def _name(part: str, titles: Mapping[str, str]) -> str:
    """Name a part of the variance."""
    return f" {TIMES} ".join(titles.get(word, word) for word in part.split(" x "))


def _share(shares: Mapping[str, float | None], part: str) -> str:
    value = shares.get(part)
    return decimal(None) if value is None else percent(value)
