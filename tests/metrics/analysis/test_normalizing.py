import numpy as np
import pytest

from metrics import ScoreOptions, score
from metrics.normalization.table import NORMALIZATIONS

OPTIONS = ScoreOptions(resamples=100, normalizations=("all",), checks=False)


@pytest.fixture
def scene():
    """Two methods: one marks the lesion at 0.6, the other at 0.8 with half of it."""
    generator = np.random.default_rng(4)
    masks = np.zeros((30, 9, 14), bool)
    masks[:, 2:5, 3:9] = True
    whole = 0.3 * generator.random(masks.shape) + 0.1
    half = whole.copy()
    whole[masks] = 0.6
    half[:, 2:5, 3:6] = 0.8
    for maps in (whole, half):
        maps[:, 0, 0], maps[:, 0, 1] = 0.0, 1.0
    return {"whole": whole, "half": half}, masks


def row(results, normalization, name, threshold):
    (found,) = (
        row
        for row in results["normalizations"]
        if (row["normalization"], row["score"], row["threshold"])
        == (normalization, name, threshold)
    )
    return found


def test_an_order_that_depends_on_the_normalization_is_named(scene):
    maps, masks = scene
    found = score(maps, masks, options=OPTIONS)
    usual = row(found.results, "per_image", "dice", 0.5)
    assert (usual["flips"], usual["lost"], usual["overturned"]) == (0, 0, 0)
    assert usual["agreement"] == 1
    # 0.6 squared is below one half, 0.8 squared above.
    other = row(found.results, "gamma_2", "dice", 0.5)
    assert (other["pairs"], other["flips"], other["clear"]) == (1, 1, 1)
    assert (other["lost"], other["overturned"], other["agreement"]) == (0, 1, -1)
    (flip,) = other["flipped"]
    assert (flip["first"], flip["second"]) == ("whole", "half")
    means = {e["name"]: e["mean"] for e in usual["entries"]}
    assert flip["usual"] == pytest.approx(means["whole"] - means["half"])
    squared = {e["name"]: (e["mean"], e["rank"]) for e in other["entries"]}
    assert squared["half"][1] == 1
    assert flip["difference"] == pytest.approx(squared["whole"][0] - squared["half"][0])


def test_the_order_of_entries_mirrors_flips(scene):
    maps, masks = scene
    turned = {name: maps[name] for name in ("half", "whole")}
    for a, b in zip(
        score(maps, masks, options=OPTIONS).results["normalizations"],
        score(turned, masks, options=OPTIONS).results["normalizations"],
        strict=True,
    ):
        assert {k: a[k] for k in ("pairs", "flips", "clear", "lost", "overturned")} == {
            k: b[k] for k in ("pairs", "flips", "clear", "lost", "overturned")
        }
        for first, second in zip(a["flipped"], b["flipped"], strict=True):
            assert first["difference"] == -second["difference"]


def test_nothing_is_scored_again_unless_asked_and_no_other_number_changes(scene):
    maps, masks = scene
    plain = score(maps, masks, options=ScoreOptions(resamples=100, checks=False))
    audited = score(maps, masks, options=OPTIONS)
    assert plain.results["normalizations"] == []
    assert len(audited.results["normalizations"]) == 10 * len(NORMALIZATIONS)
    for key in plain.results:
        if key not in ("normalizations", "options"):
            assert plain.results[key] == audited.results[key]


def test_few_subjects_make_no_order_clear(scene):
    maps, masks = scene
    few = {name: array[:4] for name, array in maps.items()}
    found = score(few, masks[:4], options=OPTIONS)
    other = row(found.results, "gamma_2", "dice", 0.5)
    assert (other["flips"], other["clear"], other["overturned"]) == (1, 0, 0)
