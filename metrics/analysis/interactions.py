"""Whether two entries differ otherwise on some images than on others."""

from itertools import combinations
from typing import Any

import numpy as np

from metrics.analysis.families import add_holm, list_others
from metrics.analysis.options import ScoreOptions
from metrics.analysis.strata import DIFFICULTIES, SIZES, Strata
from metrics.measured import Measured
from metrics.statistics.comparison import subtract
from metrics.statistics.interaction import contrast_groups


def find_interactions(
    measured: Measured, strata: Strata, options: ScoreOptions, reference: str
) -> list[dict[str, Any]]:
    """Contrast the reference's differences between groups of images.

    Every two kinds of lesion are contrasted, and the outer thirds by size and
    difficulty.

    Returns
    -------
    list of dict
        Rows of ``interactions`` in ``results.json``: the difference reference less
        other in the first stratum, less that in the second. p is adjusted by Holm over
        all rows.
    """
    kinds = [name for name in strata.members if name.startswith("lesion=")]
    thirds = [
        (names[0], names[-1])
        for names in (SIZES, DIFFICULTIES)
        if names[0] in strata.bounds
    ]
    values = measured.scores_of(options.primary)
    own = values[measured.entries.index(reference)]
    rows = []
    for name in list_others(measured.entries, reference):
        differences = subtract(own, values[measured.entries.index(name)])
        known = np.isfinite(differences)
        for pair in (*combinations(kinds, 2), *thirds):
            chosen = [strata.members[kind] & known for kind in pair]
            first, second = (
                (differences[some], strata.subjects[some]) for some in chosen
            )
            found = contrast_groups(first, second, options.level)
            rows.append(
                {
                    "reference": reference,
                    "other": name,
                    "score": options.primary,
                    "first": pair[0],
                    "second": pair[1],
                    "n": list(found.count),
                    "clusters": list(found.clusters),
                    "difference": found.difference,
                    "low": found.low,
                    "high": found.high,
                    "p": found.p_value,
                }
            )
    return add_holm(rows)
