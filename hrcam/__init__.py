"""Explain any CNN, and run the line from recipe to report.

The five verbs work on arrays in memory as well as on folders::

    import hrcam
    dataset = hrcam.generate("quickstart")
    model = hrcam.train(dataset)
    maps = hrcam.explain(model, dataset, methods=["cam", "grad_cam", "hr_cam"])
    scores = hrcam.score(maps, dataset)
    hrcam.report(scores, "report.pdf")

Each is loaded when it is first used, so ``import hrcam`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hrcam.pipeline.explaining import explain
    from hrcam.pipeline.generation import generate
    from hrcam.pipeline.inverting import invert
    from hrcam.pipeline.map_intervals import map_interval
    from hrcam.pipeline.reading import read
    from hrcam.pipeline.reporting import report
    from hrcam.pipeline.running import run
    from hrcam.pipeline.scoring import score
    from hrcam.pipeline.training import train

_VERBS = {
    "generate": "generation",
    "read": "reading",
    "train": "training",
    "explain": "explaining",
    "invert": "inverting",
    "map_interval": "map_intervals",
    "score": "scoring",
    "report": "reporting",
    "run": "running",
}

__all__ = [
    "explain",
    "generate",
    "invert",
    "map_interval",
    "read",
    "report",
    "run",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _VERBS:
        msg = f"module 'hrcam' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"hrcam.pipeline.{_VERBS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
