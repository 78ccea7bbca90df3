"""The same methods on other models of the same task.

Repeatability is likeness over training runs of one architecture, reproducibility over
architectures (Arun et al., Radiology: AI 3:e200267, 2021).
"""

from collections.abc import Callable, Sequence
from typing import Any

from hrcam.maps import Explained
from hrcam.pipeline.explaining import explain
from hrcam.pipeline.opening import open_model
from hrcam.pipeline.sanity.likeness import Findings, Place, arrays, compare
from hrcam.pipeline.sanity.setting import Setting


def repeat(
    setting: Setting,
    models: Sequence[Any],
    findings: Findings,
    progress: Callable[[int], None] | None,
) -> None:
    """Compare the maps of other models with those of the model in question.

    Entries correspond by method and by their order: the last layer of one network to
    the last layer of the other, whatever it is called.

    Raises
    ------
    ValueError
        If one of them is the model in question itself, or has other classes.
    """
    own = str(setting.model.facts["settings"]["network"])
    for number, given in enumerate(models, start=1):
        other = open_model(given)
        if other.facts["weights"] == setting.model.facts["weights"]:
            msg = f"models must be other ones, got the model itself: {given}"
            raise ValueError(msg)
        found = explain(other, setting.dataset, setting.options.methods)
        settings = other.facts["settings"]
        alike = str(settings["network"]) == own
        step = f"{settings['network']}, seed {settings['seed']}"
        place = Place("training", "seed" if alike else "architecture", step, number)
        maps = arrays(found, setting.ids)
        matched = {
            mine: maps[theirs]
            for mine, theirs in correspond(setting.explained, found).items()
            if setting.seen(mine)
        }
        compare(setting.reference, matched, place, findings)
        if progress is not None:
            progress(len(setting.ids))


def correspond(one: Explained, other: Explained) -> dict[str, str]:
    """Pair the entries of two models by method and order.

    A method that has another number of entries in the other model pairs from the last:
    deep layers correspond.
    """
    pairs: dict[str, str] = {}
    for method, names in _by_method(one).items():
        theirs = _by_method(other).get(method, [])
        pairs |= dict(zip(reversed(names), reversed(theirs), strict=False))
    return {name: pairs[name] for name in one if name in pairs}


def _by_method(explained: Explained) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, source in explained.items():
        found.setdefault(str(source.names["method"]), []).append(name)
    return found
