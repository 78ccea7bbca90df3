"""The paper's claims, each with what this run says of it."""

from reports import lookup
from reports.content import Column, Paragraph, Section, Table
from reports.folder import Folder
from reports.wording import NOTHING, Number, bracket, percent, signed

_TITLE = "The paper's claims"
_RIVALS = {"CAM": "cam", "Grad-CAM": "grad_cam"}
_SILENT = "not asked here"
Judged = tuple[str, str, str]


def build(folder: Folder) -> Section:
    """Judge the claims that these scores can judge, from their verdicts alone."""
    reference = lookup.entry(folder, lookup.reference(folder))
    rivals = {
        label: found
        for label, method in _RIVALS.items()
        if (found := _find(folder, method)) is not None
    }
    if not reference["method"].startswith("hr_cam") or not rivals:
        line = (
            "The claims are about HR-CAM against CAM and Grad-CAM; these scores do not "
            "compare them."
        )
        return Section("claims", _TITLE, (Paragraph(line),))
    table = Table(
        "Claims of the HR-CAM paper (PeerJ Computer Science 622, 2021), and what these "
        "scores say.",
        (Column("Claim", "left"), Column("Here", "left"), Column("Verdict", "left")),
        tuple(_judge(folder, rivals)),
        "Differences of means, HR-CAM minus the other, at each threshold; verdicts as "
        "elsewhere, by paired intervals and the margin. The paper compares medians. "
        "One trained model and one data set: a verdict here is none on the method.",
    )
    return Section("claims", _TITLE, (table,))


def _find(folder: Folder, method: str) -> str | None:
    """Find a method's entry: the first of its layers, as the paper takes it."""
    rows = folder.results["entries"]
    names = lookup.compared(folder)[1:]
    found = (r["name"] for r in rows if r["method"] == method and r["name"] in names)
    return next(found, None)


def _judge(folder: Folder, rivals: dict[str, str]) -> list[Judged]:
    marks = lookup.thresholds(folder)
    rows = [
        _compare(folder, name, f"1. Sensitivity above that of {label}", marks)
        for label, name in rivals.items()
    ]
    if "CAM" in rivals:
        claim = "2. Specificity like that of CAM"
        rows.append(_compare(folder, rivals["CAM"], claim, marks, equal=True))
    if "Grad-CAM" in rivals:
        claim = "2. Specificity above that of Grad-CAM"
        rows.append(_compare(folder, rivals["Grad-CAM"], claim, marks))
    rows += [
        _compare(folder, name, f"3. Separates close lesions better than {label}", [])
        for label, name in rivals.items()
    ]
    rows += _disturb(folder, rivals)
    rows.append(("5. Weights are spread over all layers", *_share(folder)))
    claim = "6. Works for any network, size and kind of data"
    return [*rows, (claim, "one network, one data set", _SILENT)]


def _compare(
    folder: Folder, other: str, claim: str, marks: list[Number], equal: bool = False
) -> Judged:
    """Hold a claim against the verdicts at all thresholds."""
    score = {"1": "sensitivity", "2": "specificity", "3": "peak_separation"}[claim[0]]
    places: list[Number | None] = [*marks] or [None]
    found = [
        (f"{at:g}: " if at is not None else "", row)
        for at in places
        if (row := lookup.difference(folder, other, score, at)) is not None
        and row["difference"] is not None
    ]
    if not found:
        why = "no image has two lesions" if claim[0] == "3" else "not scored"
        return claim, why, _SILENT
    told = "; ".join(
        f"{at}{signed(row['difference'])} {bracket(row, sign=True)}"
        for at, row in found
    )
    states = {at.rstrip(": "): judge(row, equal) for at, row in found}
    return claim, told, conclude(states)


def judge(row: lookup.Row, equal: bool) -> str:
    """Say whether one comparison bears a claim out.

    Parameters
    ----------
    row
        Of ``differences``.
    equal
        Whether the claim is that nothing differs, rather than that HR-CAM is above.
    """
    verdict = str(row["verdict"])
    same = verdict in ("equivalent", "identical")
    if same:
        return "holds" if equal else "equivalent"
    if not verdict.startswith("different"):
        return "inconclusive"
    if equal:
        return "does not hold"
    return "holds" if row["difference"] > 0 else "reversed"


def conclude(states: dict[str, str]) -> str:
    """Join what holds at each threshold.

    Examples
    --------
    >>> conclude({"0.3": "holds", "0.5": "holds"})
    'holds'
    >>> conclude({"0.3": "equivalent", "0.5": "holds", "0.8": "holds"})
    'equivalent at 0.3; holds at 0.5, 0.8'
    """
    kinds = list(dict.fromkeys(states.values()))
    if len(kinds) == 1:
        return kinds[0]
    return "; ".join(
        f"{kind} at {', '.join(at for at, state in states.items() if state == kind)}"
        for kind in kinds
    )


def _disturb(folder: Folder, rivals: dict[str, str]) -> list[Judged]:
    """Judge what the paper says of images with letters and other marks."""
    claim = "4. Early layers get no weight where letters disturb"
    if not folder.results.get("confounders"):
        nothing = "no letters or markers are known in these images"
        return [(claim, nothing, _SILENT)]
    rows = [(claim, *_share(folder))]
    if "CAM" in rivals:
        row = lookup.difference(folder, rivals["CAM"], lookup.primary(folder))
        if row is not None and row["difference"] is not None:
            told = f"{signed(row['difference'])} {bracket(row, sign=True)}"
            equal = "4. HR-CAM equals CAM where letters disturb"
            rows.append((equal, told, judge(row, equal=True)))
    return rows


def _share(folder: Folder) -> tuple[str, str]:
    """Print the reference's shares of the layers; the paper states no bound."""
    head = lookup.entry(folder, lookup.reference(folder))["head"]
    heads = (folder.evidence.get("heads") or {}).get("heads") or []
    share = next((h.get("share") for h in heads if h["name"] == head), None)
    if not share:
        return NOTHING, _SILENT
    told = ", ".join(f"{layer} {percent(part, 0)}" for layer, part in share.items())
    return told, "measured; the paper states no bound"
