"""Heads, or a whole network, that learned permuted labels: nothing true to show."""

from collections.abc import Callable
from dataclasses import fields

from hrcam.pipeline.explaining import explain
from hrcam.pipeline.sanity.likeness import Findings, Place, arrays, compare
from hrcam.pipeline.sanity.sampling import permuted, sampled
from hrcam.pipeline.sanity.setting import Setting


def permute_heads(
    setting: Setting, findings: Findings, progress: Callable[[int], None] | None
) -> None:
    """Compare the maps of heads fitted on permuted labels with those of the true heads.

    The network stays as it is; only entries with a fitted head are compared.
    """
    options = setting.options
    names = [name for name in setting.explained if setting.fitted(name)]
    if not names:
        return
    for draw in range(options.draws):
        dataset = permuted(setting.dataset, options.seed + draw)
        found = explain(setting.model, dataset, names)
        maps = arrays(found, setting.ids)
        place = Place("labels", "heads", f"draw {draw + 1}", draw + 1)
        compare(setting.reference, {k: maps[k] for k in names}, place, findings)
        if progress is not None:
            progress(len(setting.ids))


def permute_training(
    setting: Setting, findings: Findings, progress: Callable[[int], None] | None
) -> None:
    """Compare the maps of a network trained on permuted labels with the model's.

    Its heads are fitted on the permuted labels too, so nothing has seen a true one.
    """
    from hrcam.engine.training import Training
    from hrcam.pipeline.training import train

    options = setting.options
    known = {f.name for f in fields(Training)} & {"network", "weights", "batch", "rate"}
    given = setting.model.facts["settings"]
    settings = Training(
        **{name: given[name] for name in known if name in given},
        epochs=options.epochs,
        seed=options.seed,
    )
    whole = permuted(setting.whole, options.seed)
    model = train(whole, settings=settings, progress=progress)
    # Labels of the test split are as they were, so the same images are chosen.
    some = sampled(whole, options.images, options.training, options.seed)
    found = explain(model, some, options.methods)
    place = Place("labels", "network", f"{options.epochs} epochs")
    maps = arrays(found, setting.ids)
    seen = {k: m for k, m in maps.items() if setting.seen(k)}
    compare(setting.reference, seen, place, findings)
