"""AP beside reliance: made of the pieces that the report on reliance is made of."""

import numpy as np
import pytest

from hrcam.pipeline.masses import mass
from hrcam.pipeline.multiverse.localization import Lesions, relate_all, relation, score
from metrics.counting.ranking import rank
from metrics.statistics.association import associate


@pytest.fixture
def scene():
    rng = np.random.default_rng(1)
    masks = np.zeros((12, 8, 8), bool)
    for k in range(12):
        masks[k, : 2 + k % 4, 1:4] = True
    drops = rng.normal(size=12) + masks.mean(axis=(1, 2)) * 20
    maps = rng.normal(size=masks.shape).astype(np.float32) + masks
    return maps, masks, Lesions(np.arange(12), masks, drops)


def test_a_map_gets_ap_lift_and_both_correlations(scene):
    maps, masks, lesions = scene
    groups = np.arange(12)
    found = score(maps, masks, groups, lesions, seed=3)
    precision, share = rank(maps, masks).average_precision, masks.mean(axis=(1, 2))
    assert found["average_precision"]["mean"] == pytest.approx(precision.mean())
    lift = (precision - share) / (1 - share)
    assert found["lift"]["mean"] == pytest.approx(lift.mean())
    held = mass(maps, masks)["share"]
    pooled = associate(lesions.drops, held, groups, seed=3)
    assert found["pooled"] == vars(pooled)
    assert found["at_equal_area"]["estimate"] != pooled.estimate


def test_the_area_says_nothing_at_equal_area(scene):
    _, _, lesions = scene
    found = relate_all(lesions, lesions.areas, np.arange(12), 0)
    assert found["pooled"]["estimate"] > 0.5
    assert np.isnan(found["at_equal_area"]["estimate"])


def test_entries_are_related_over_methods_that_explain_the_network():
    entries = [
        {
            "entry": f"m{k}",
            "method": f"m{k // 2}",
            "kind": "model" if k < 12 else "baseline",
            "average_precision": {"mean": k / 20},
            "pooled": {"estimate": k / 30 if k < 12 else -1.0},
            "at_equal_area": {"estimate": -k / 30},
        }
        for k in range(14)
    ]
    found = relation(entries, seed=0)
    assert found["methods"] == 6
    assert found["pooled"]["count"] == 12
    assert found["pooled"]["estimate"] == pytest.approx(1)
    assert found["at_equal_area"]["estimate"] == pytest.approx(-1)
    assert found["pooled"]["clusters"] == 6
