import numpy as np
import pytest

from metrics import ScoreOptions, score
from metrics.measured import Column, Plan
from metrics.normalization.rescoring import rescore
from metrics.normalization.table import NORMALIZATIONS, choose_normalizations
from metrics.scores.table import SCORES
from metrics.sources.source import ArrayMaps, ArrayMasks

CHOSEN = tuple(SCORES[n] for n in ("sensitivity", "specificity", "dice", "auroc"))
NAMES = tuple(NORMALIZATIONS)


@pytest.fixture
def scene():
    generator = np.random.default_rng(2)
    masks = np.zeros((11, 7, 13), bool)
    for mask in masks[:-1]:
        top, left = generator.integers((0, 0), (4, 9))
        mask[top : top + 3, left : left + 4] = True
    maps = {
        "one": generator.normal(size=masks.shape) + masks,
        "two": generator.normal(size=masks.shape) + 2 * masks,
    }
    ids = [f"{index:02d}" for index in range(11)]
    sources = {n: ArrayMaps(m, ids, {"method": n}) for n, m in maps.items()}
    return maps, masks, sources, ArrayMasks(masks, ids)


def test_the_default_gives_the_scores_themselves(scene):
    maps, masks, sources, truth = scene
    found = rescore(sources, truth, choose_normalizations(("relu",)), Plan(CHOSEN))
    scores = score(maps, masks, options=ScoreOptions(resamples=100))
    assert found.normalizations == ("per_image", "relu")
    for c, column in enumerate(found.columns):
        for m, name in enumerate(found.entries):
            wanted = scores.values_of(name, column.score, column.threshold)
            np.testing.assert_array_equal(found.values[0, m, c], wanted)


def test_each_is_the_score_of_the_maps_it_makes(scene):
    maps, masks, sources, truth = scene
    found = rescore(
        sources, truth, choose_normalizations(("all",)), Plan(CHOSEN, (0.5,))
    )
    dice = found.columns.index(Column("dice", 0.5))
    for m, name in enumerate(sources):
        limits = maps[name].min(), maps[name].max()
        for k, entry in enumerate(NORMALIZATIONS.values()):
            marked = entry.apply(maps[name], limits) >= 0.5
            both = (marked & masks).sum(axis=(1, 2))
            total = marked.sum(axis=(1, 2)) + masks.sum(axis=(1, 2))
            wanted = np.where(masks.any(axis=(1, 2)), 2 * both / total, np.nan)
            np.testing.assert_allclose(found.values[k, m, dice], wanted)


def test_what_keeps_the_order_of_pixels_keeps_their_ranks(scene):
    _, _, sources, truth = scene
    found = rescore(
        sources, truth, choose_normalizations(("all",)), Plan(CHOSEN, (0.5,))
    )
    auroc = found.values[:, :, found.columns.index(Column("auroc", None))]
    for name in ("per_dataset", "gamma_0.5", "gamma_2"):
        np.testing.assert_allclose(auroc[NAMES.index(name)], auroc[0])
    for name in ("relu", "absolute"):
        assert (auroc[NAMES.index(name)] != auroc[0])[:, :-1].any()


def test_lost_maps_have_no_value_and_set_no_limit(scene, monkeypatch):
    maps, _, _, truth = scene
    clean = maps["one"].copy()
    broken = maps["one"].copy()
    broken[3, 0, 0], broken[4, 1, 1] = -np.inf, 1e30
    broken[4, 0, 0] = np.nan
    ids = list(truth.ids)
    kept = [n for n in range(11) if n != 6]
    every = choose_normalizations(("all",))

    def run(array, rows):
        some = ArrayMaps(array[rows], [ids[n] for n in rows], {"method": "one"})
        return rescore({"one": some}, truth, every, Plan(CHOSEN, (0.5,))).values

    found = run(broken, kept)
    lost = np.isin(np.arange(11), [3, 4, 6])
    assert np.isnan(found[..., lost]).all()
    clean[[3, 4]] = np.nan
    np.testing.assert_array_equal(run(clean, kept), found)
    monkeypatch.setattr("metrics.sources.intake._BATCH_PIXELS", 4 * 7 * 13)
    np.testing.assert_array_equal(run(broken, kept), found)
