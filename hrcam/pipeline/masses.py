"""How much of a map is on a lesion, and whether that goes with the lesion's weight."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from metrics.counting.thresholds import normalize
from metrics.statistics.association import associate, rank_correlation
from metrics.statistics.intervals import average

#: Ways to say how much of a map is on a lesion.
MASSES = {
    "share": "share of the map's positive mass that is on the lesion",
    "mean": "mean of the min-max normalized map on the lesion",
}
#: The row that knows a lesion's size and nothing of the map.
AREA = "area"


def mass(
    maps: Float[np.ndarray, "n h w"], where: Bool[np.ndarray, "n h w"]
) -> dict[str, Float[np.ndarray, " n"]]:
    """Say how much of each map is on its region, in the ways of :data:`MASSES`.

    NaN on an empty region, for a map that is not finite, and where there is nothing to
    share: no positive value, or for the mean a constant map.
    """
    positive = np.maximum(maps.astype(np.float64), 0)
    total = positive.sum(axis=(1, 2))
    pixels = where.sum(axis=(1, 2))
    good = np.isfinite(maps).all(axis=(1, 2)) & (pixels > 0)
    scaled = normalize(maps)
    share, mean = np.full(len(maps), np.nan), np.full(len(maps), np.nan)
    inside = (positive * where).sum(axis=(1, 2))
    np.divide(inside, total, out=share, where=good & (total > 0))
    spread = maps.max(axis=(1, 2)) > maps.min(axis=(1, 2))
    scaled = np.where(where, scaled, 0.0).sum(axis=(1, 2))
    np.divide(scaled, pixels, out=mean, where=good & spread)
    return {"share": share, "mean": mean}


def tell(table: pd.DataFrame, names: Sequence[str], seed: int) -> dict[str, Any]:
    """Say how each column of masses goes with the drop, over a table of lesions."""
    drops = table["drop"].to_numpy()
    columns = [(n, k, f"{n}/{k}") for n in names for k in MASSES]
    columns.append((AREA, "share", AREA))
    return {
        "target": "contrast logit",
        "masses": MASSES,
        "lesions": len(table),
        "images": int(table["image_id"].nunique()),
        "several": int((table.groupby("image_id").size() > 1).sum()),
        "drop": {
            "mean": float(drops.mean()),
            **{
                name: float(np.quantile(drops, q))
                for name, q in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
            },
            "positive": float((drops > 0).mean()),
        },
        "entries": [
            {"entry": name, "mass": kind, **_relation(table, column, seed)}
            for name, kind, column in columns
        ],
        "rows": table.to_dict("records"),
    }


def _relation(table: pd.DataFrame, column: str, seed: int) -> dict[str, Any]:
    """Correlate one column with the drop, pooled over lesions and within images.

    Pooled also with the lesion's area held fixed: a large lesion holds more of any map.
    """
    drops, values = table["drop"].to_numpy(), table[column].to_numpy()
    subjects = np.unique(table["subject"].to_numpy(dtype=str), return_inverse=True)[1]
    areas = table[AREA].to_numpy()
    pooled = associate(drops, values, subjects, seed=seed)
    held = associate(drops, values, subjects, areas, seed=seed)
    known = table[np.isfinite(values)]
    inside, groups = [], []
    for _, mine in known.groupby("image_id"):
        inside.append(
            rank_correlation(mine["drop"].to_numpy(), mine[column].to_numpy())
        )
        groups.append(int(subjects[table.index.get_loc(mine.index[0])]))
    within = np.array(inside, dtype=np.float64)
    defined = np.isfinite(within)
    mean = average(within[defined], np.array(groups, dtype=np.int64)[defined])
    low, high = np.clip(mean.interval(0.95), -1, 1).tolist()
    return {
        "pooled": vars(pooled),
        "at_equal_area": vars(held),
        "within": {
            "mean": mean.estimate,
            "low": low,
            "high": high,
            "n": mean.count,
            "undefined": int(table["image_id"].nunique()) - mean.count,
        },
    }
