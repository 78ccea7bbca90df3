"""Whether the maps depend on the model."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.cascade import MOST, VARIANTS, draw_cascade
from reports.folder import Folder
from reports.wording import NOTHING, count, decimal, signed

Row = Mapping[str, Any]
_LEADING = "spearman"
_HEADS = {"own": "own or none", "refitted": "refitted", "kept": "kept"}
_SHORT = {"spearman_absolute": "Absolute", "top_overlap": "Top 10%"}
_CHECKS = {
    ("labels", "heads"): "permuted labels, head",
    ("labels", "network"): "permuted labels, all",
    ("training", "seed"): "other run",
    ("training", "architecture"): "other network",
}
_READING = (
    "Likeness to the map of the model as it is: mean over images, in brackets the mean "
    "for maps of different images. Last columns: Spearman minus that of different "
    "images with its 95% interval, images on which both maps vary, and whether the "
    "maps are more alike than those are."
)


_TITLE = "Do the maps depend on the model?"


def build(folder: Folder) -> Section:
    """Show the checks of a sanity folder, if the scores came with one."""
    found = folder.evidence.get("sanity")
    if not found or not found.get("entries"):
        line = (
            "Not checked: neither random weights nor permuted labels nor other "
            "trainings. hrcam sanity does that, and hrcam score takes its folder by "
            "--sanity."
        )
        return Section("sanity", _TITLE, (Paragraph(line),))
    cascade = [row for row in found["comparisons"] if row["check"] == "weights"]
    blocks: list[Block] = [Paragraph(_tell(found, cascade), "In short.")]
    if cascade:
        blocks += [_draw_cascade(found, cascade), _tabulate_cascade(found, cascade)]
    others = [row for row in found["comparisons"] if row["check"] != "weights"]
    blocks += [_tabulate_others(found, others)] if others else []
    notes = " ".join(found.get("notes") or [])
    if notes:
        blocks.append(Paragraph(notes, "Left out.", "note"))
    return Section("sanity", _TITLE, tuple(blocks))


def _tell(found: Row, cascade: Sequence[Row]) -> str:
    """Count, from the verdicts, what depends on the network and what does not."""
    images = count(found["images"]["count"], "image")
    last = _last(cascade)
    seen = {e["name"] for e in found["entries"] if e["kind"] == "model"}
    rows = [r for r in last if r["measure"] == _LEADING and r["entry"] in seen]
    parts = []
    for variant, words in (
        ("own", "without a fitted head"),
        ("kept", "with the head kept"),
        ("refitted", "with the head refitted"),
    ):
        mine = [row for row in rows if row["variant"] == variant]
        alike = sum(row["verdict"] == "more alike" for row in mine)
        parts += [f"{alike} of {len(mine)} {words}"] * bool(mine)
    told = f"Checked on {images} of the split {found['images']['split']}."
    if not parts:
        return told
    return (
        f"{told} With every weight of the network random, these maps are still more "
        "like the trained network's than maps of different images are like one "
        f"another: {', '.join(parts)}."
    )


def _last(cascade: Sequence[Row]) -> list[Row]:
    depth = max((row["depth"] for row in cascade), default=0)
    return [row for row in cascade if row["depth"] == depth]


def _drawn(found: Row) -> list[Row]:
    """Choose the entries of the figure: those of the model, then others."""
    own = [e for e in found["entries"] if e["kind"] == "model"]
    rest = [e for e in found["entries"] if e["kind"] != "model"]
    return [*own, *rest][:MOST]


def _draw_cascade(found: Row, cascade: Sequence[Row]) -> Figure:
    entries = _drawn(found)
    said = []
    for row in _last(cascade):
        if row["measure"] == _LEADING and row["entry"] in {e["name"] for e in entries}:
            variant = VARIANTS[row["variant"]][3]
            said.append(f"{_label(found, row['entry'])}, {variant}: {_mean(row)}")
    steps = list(dict.fromkeys(str(row["step"]) for row in cascade))
    return Figure(
        "cascade",
        draw_cascade(found, entries),
        f"Likeness of maps to those of the trained network after each of {len(steps)} "
        f"steps, {' > '.join(steps)}. Spearman after the last: {'; '.join(said)}.",
        "Cascading randomization: weights are drawn anew from the logits down to the "
        "stage named below, all above included.",
        "A map that shows what the network learned falls to the gray band, where maps "
        "of different images are. A line that stays up does not need what was "
        "learned. SSIM is over maps scaled to [0, 1].",
    )


def _columns(found: Row, first: str, second: str) -> tuple[Column, ...]:
    labels = (_SHORT.get(m["name"], str(m["label"])) for m in found["measures"])
    return (
        *(Column(first, "left"), Column(second, "left"), *map(Column, labels)),
        *(Column("Beyond pairs"), Column("n"), Column("Verdict", "left")),
    )


def _cells(found: Row, rows: Sequence[Row]) -> tuple[str, ...]:
    """Print one comparison: every measure, then the verdict of the leading one."""
    by = {row["measure"]: row for row in rows}
    near = {r["measure"]: r for r in found["pairs"] if r["entry"] == rows[0]["entry"]}
    leading = by[_LEADING]
    low, high = (leading[f"difference_{end}"] for end in ("low", "high"))
    reach = "" if low is None else f" [{signed(low, 2)}, {signed(high, 2)}]"
    return (
        *(
            f"{_mean(by[m['name']])} ({_mean(near.get(m['name']))})"
            for m in found["measures"]
        ),
        signed(leading["difference"], 2) + reach,
        str(leading["n"]),
        str(leading["verdict"]),
    )


def _mean(row: Row | None) -> str:
    return NOTHING if row is None else decimal(row["mean"], 2)


def _label(found: Row, name: str) -> str:
    return next((str(e["label"]) for e in found["entries"] if e["name"] == name), name)


def _grouped(rows: Sequence[Row], *keys: str) -> list[list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return list(groups.values())


def _tabulate_cascade(found: Row, cascade: Sequence[Row]) -> Table:
    order = {entry["name"]: k for k, entry in enumerate(found["entries"])}
    groups = _grouped(_last(cascade), "entry", "variant")
    groups.sort(key=lambda rows: order.get(rows[0]["entry"], len(order)))
    rows = [
        (
            _label(found, group[0]["entry"]),
            _HEADS[group[0]["variant"]],
            *_cells(found, group),
        )
        for group in groups
    ]
    return Table(
        "After the whole network is randomized.",
        _columns(found, "Map", "Head"),
        tuple(rows),
        _READING,
    )


def _tabulate_others(found: Row, others: Sequence[Row]) -> Table:
    groups = _grouped(others, "check", "variant", "step", "entry")
    rows, rules, before = [], [], None
    for group in groups:
        kind = group[0]["check"], group[0]["variant"]
        words = _CHECKS.get(kind, " ".join(kind))
        if before not in (None, kind):
            rules.append(len(rows))
        before = kind
        name = _label(found, group[0]["entry"])
        rows.append((name, f"{words}: {group[0]['step']}", *_cells(found, group)))
    return Table(
        "Permuted labels, and other trained models.",
        _columns(found, "Map", "Against"),
        tuple(rows),
        "Read as the table above. Permuted labels, of the head or of network and head, "
        "should leave nothing; another training run, or another network, should leave "
        "a trustworthy map as it is.",
        rules=tuple(rules),
    )
