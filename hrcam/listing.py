"""What there is: the tables of methods, lesions, anatomies, scores and the rest."""

from collections.abc import Callable, Mapping
from typing import Any

Rows = list[dict[str, str]]


def methods() -> Rows:
    """List the saliency methods, in report order."""
    from hrcam.methods import METHODS

    return [
        {"name": m.name, "label": m.label, "kind": m.kind, "source": m.source}
        for m in METHODS.values()
    ]


def lesions() -> Rows:
    """List the lesion kinds that recipes may name."""
    from simbench.lesions import LESIONS

    return _kinds(LESIONS)


def anatomies() -> Rows:
    """List the anatomies that recipes may name."""
    from simbench.anatomies import ANATOMIES

    return _kinds(ANATOMIES)


def confounders() -> Rows:
    """List the confounders that recipes may name."""
    from simbench.confounders import CONFOUNDERS

    return _kinds(CONFOUNDERS)


def noises() -> Rows:
    """List the laws of noise that recipes may name."""
    from simbench.noises import NOISES

    return _kinds(NOISES)


def artifacts() -> Rows:
    """List the artifacts of k-space that recipes may name."""
    from simbench.artifacts import ARTIFACTS

    return _kinds(ARTIFACTS)


def exports() -> Rows:
    """List the forms that a dataset can be exported to."""
    from simbench.exports import EXPORTS

    return [{"name": x.name, "about": x.about} for x in EXPORTS.values()]


def scores() -> Rows:
    """List the scores of a map against a mask."""
    from metrics import SCORES

    return [
        {
            "name": s.name,
            "label": s.label,
            "standard": "yes" if s.standard else "no",
            "better": "higher" if s.higher_is_better else "lower",
        }
        for s in SCORES.values()
    ]


def recipes() -> Rows:
    """List the shipped recipes: of simulated images, and of runs on real ones."""
    from hrcam.run_recipe import find
    from hrcam.run_recipe import names as runs
    from simbench.recipe import load, names

    rows = []
    for name in names():
        recipe = load(name)
        size = " x ".join(map(str, recipe.size))
        classes = ", ".join(c.name for c in recipe.classes)
        rows.append(_recipe(name, "simulated", str(recipe.images), size, classes))
    for name in runs():
        run = find(name)
        if run is not None and run.reader:
            size = " x ".join(map(str, run.reading.size or ())) or "-"
            rows.append(_recipe(name, f"reader {run.reader}", "your copy", size, "-"))
    return rows


def _recipe(
    name: str, source: str, images: str, size: str, classes: str
) -> dict[str, str]:
    return {
        **{"name": name, "source": source, "images": images},
        **{"size": size, "classes": classes},
    }


def readers() -> Rows:
    """List what maps and masks may be read from."""
    from metrics.sources.formats import FORMATS

    ours = {"suffixes": "-", "extra": "-"}
    return [
        {"name": "dataset", "holds": "masks", **ours, "about": "of `hrcam generate`"},
        {"name": "maps", "holds": "maps", **ours, "about": "of `hrcam explain`"},
    ] + [
        {
            "name": x.name,
            "holds": "masks" if x.masks_only else "maps, masks",
            "suffixes": " ".join(x.suffixes),
            "extra": x.extra or "-",
            "about": x.about,
        }
        for x in FORMATS.values()
    ]


def datasets() -> Rows:
    """List the real datasets that `hrcam read` reads from a local copy."""
    from simbench.readers import READERS

    return [
        {"name": x.name, "about": x.about, "extra": x.extra or "-"}
        for x in READERS.values()
    ]


def normalizations() -> Rows:
    """List the normalizations that maps may be scored under."""
    from metrics.normalization.table import NORMALIZATIONS

    return [{"name": x.name, "about": x.about} for x in NORMALIZATIONS.values()]


def networks() -> Rows:
    """List the networks that can be trained."""
    from hrcam.engine.networks import NETWORKS

    return [{"name": n.name, "label": n.label} for n in NETWORKS.values()]


LISTS: dict[str, Callable[[], Rows]] = {
    "methods": methods,
    "lesions": lesions,
    "anatomies": anatomies,
    "confounders": confounders,
    "noises": noises,
    "artifacts": artifacts,
    "exports": exports,
    "scores": scores,
    "recipes": recipes,
    "readers": readers,
    "datasets": datasets,
    "normalizations": normalizations,
    "networks": networks,
}


def as_text(rows: Rows) -> str:
    """Set rows in columns under their heads."""
    heads = list(rows[0])
    widths = {h: max(len(h), *(len(row[h]) for row in rows)) for h in heads}
    lines = [{h: h for h in heads}, *rows]
    return "\n".join(
        "  ".join(line[h].ljust(widths[h]) for h in heads).rstrip() for line in lines
    )


def _kinds(table: Mapping[str, Any]) -> Rows:
    return [{"name": n, "about": _about(x.parameters)} for n, x in table.items()]


def _about(parameters: type) -> str:
    """Return the first line of the docstring of an entry's module."""
    import sys

    text = sys.modules[parameters.__module__].__doc__ or ""
    return text.strip().splitlines()[0]
