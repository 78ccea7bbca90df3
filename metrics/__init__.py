"""Compare saliency maps with masks.

Maps come from a *source* (memory, files, anything with ``names``, ``ids`` and
``read``); one source is one *entry* of the comparison, a method at one layer. A
*sweep* counts what a map marks at every threshold, a *ranking* scores the order of its
pixels. *Scores* are the values of every entry on every image with a *status* each,
grouped into *strata* of images, and the *results* computed from them: summaries,
paired differences with intervals and verdicts, threshold curves.

:func:`score` does all of it; :mod:`metrics.storage.folder` keeps it in a folder.
"""

from metrics.analysis.options import ScoreOptions
from metrics.counting.statuses import STATUSES
from metrics.counting.thresholds import Sweep, sweep
from metrics.counting.truth import Truth
from metrics.scores.score import Score
from metrics.scores.table import SCORES
from metrics.scoring import Scores, score, with_evidence
from metrics.sources.source import (
    ArrayMaps,
    ArrayMasks,
    FolderMaps,
    FolderMasks,
    MapReading,
    MapSource,
    MaskReading,
    MaskSource,
    open_maps,
    open_masks,
)

__all__ = [
    "SCORES",
    "STATUSES",
    "ArrayMaps",
    "ArrayMasks",
    "FolderMaps",
    "FolderMasks",
    "MapReading",
    "MapSource",
    "MaskReading",
    "MaskSource",
    "Score",
    "ScoreOptions",
    "Scores",
    "Sweep",
    "Truth",
    "open_maps",
    "open_masks",
    "score",
    "sweep",
    "with_evidence",
]
