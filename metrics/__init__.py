"""Compare saliency maps with masks.

Maps come from a *source* (memory, files, anything with ``names``, ``ids`` and
``read``); one source is one *entry* of the comparison, a method at one layer. A
*sweep* counts what a map marks at every threshold, a *ranking* scores the order of its
pixels. *Scores* are the values of every entry on every image with a *status* each,
grouped into *strata* of images, and the *results* computed from them: summaries,
paired differences with intervals and verdicts, threshold curves.

:func:`score_maps` does all of it; :mod:`metrics.storage` keeps it in a folder.
"""

from metrics.options import ScoreOptions
from metrics.scores import SCORES, Score
from metrics.sources import (
    ArrayMaps,
    ArrayMasks,
    FolderMaps,
    FolderMasks,
    MapSource,
    MaskSource,
)
from metrics.table import Scores, score_maps, with_evidence
from metrics.thresholds import STATUSES, Sweep, sweep

__all__ = [
    "SCORES",
    "STATUSES",
    "ArrayMaps",
    "ArrayMasks",
    "FolderMaps",
    "FolderMasks",
    "MapSource",
    "MaskSource",
    "Score",
    "ScoreOptions",
    "Scores",
    "Sweep",
    "score_maps",
    "sweep",
    "with_evidence",
]
