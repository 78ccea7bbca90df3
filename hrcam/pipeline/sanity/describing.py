"""Tell what was checked, and how."""

from typing import Any

from hrcam.pipeline.masses import MASSES
from hrcam.pipeline.model import versions
from hrcam.pipeline.sanity.deletion import FILLS
from hrcam.pipeline.sanity.likeness import LEVEL, PARTNERS, summary
from hrcam.pipeline.sanity.setting import Setting
from hrcam.pipeline.sanity.storage import SCHEMA
from metrics.likeness.pairs import SIMILARITIES


def describe_pairs(setting: Setting) -> list[dict[str, Any]]:
    """Summarize how alike maps of different images are."""
    return [
        {
            "entry": name,
            "measure": measure,
            **summary(values, setting.reference.subjects),
        }
        for name, measures in setting.reference.pairs.items()
        for measure, values in measures.items()
    ]


def describe(setting: Setting) -> dict[str, Any]:
    """Tell what was checked, and how."""
    model, dataset, options = setting.model, setting.dataset, setting.options
    return {
        "schema": SCHEMA,
        "images": {
            "count": len(setting.ids),
            "split": "test",
            "ids": list(setting.ids),
            "training": len(dataset.ids("train")),
        },
        "level": LEVEL,
        "partners": PARTNERS,
        "options": {**vars(options), "methods": list(options.methods)},
        "measures": [
            {"name": s.name, "label": s.label, "settings": s.settings}
            for s in SIMILARITIES.values()
        ],
        "fills": FILLS,
        "masses": MASSES,
        "entries": [
            {"name": name, **dict(source.names), "fitted": setting.fitted(name)}
            for name, source in setting.explained.items()
        ],
        "provenance": {
            "dataset": setting.whole.identity,
            "model": model.facts["weights"],
            "architecture": model.facts["settings"]["network"],
            "training_seed": model.facts["settings"]["seed"],
            "versions": versions(),
        },
    }
