"""Which heads are fitted, on which images; the head of the fixed filters."""

import numpy as np
import pytest

from hrcam.balancing import fit_balanced
from hrcam.entries import EVERYTHING, plan
from hrcam.heads import fit_heads
from hrcam.methods.filter_cam import BANK, bank
from hrcam.pipeline.fitting import (
    filter_head,
    fit,
    labeled_maps,
    pooled,
    spread,
)
from hrcam.pipeline.scenes import labels_of, tissues
from hrcam.pools import Pool


def test_images_are_spread_over_a_split_class_by_class(tiny, monkeypatch):
    ids = tiny.ids("train")
    assert spread(tiny, "train") == ids
    monkeypatch.setattr("hrcam.pipeline.fitting.PER_CLASS", 3)
    labels = labels_of(tiny, ids)
    expected = set()
    for label in (0, 1):
        mine = [name for name, one in zip(ids, labels, strict=True) if one == label]
        expected |= {mine[0], mine[(len(mine) - 1) // 2], mine[-1]}
    assert spread(tiny, "train") == sorted(expected, key=ids.index)


def test_the_filter_head_is_the_balanced_head_of_the_bank(tiny):
    looks = {}
    for split in ("train", "validation"):
        ids = tiny.ids(split)
        images = tiny.read("image", ids).astype(np.float32)
        maps = bank(np, images, tissues(tiny, ids), images.shape[1:])
        looks[split] = {BANK: maps}, labels_of(tiny, ids)
    maps, labels = looks["train"]
    means = maps[BANK].mean(axis=(1, 2), dtype=np.float64)
    pool = Pool(((BANK, means.shape[1]),), means, labels)
    expected = fit_balanced(
        pool, [looks["train"]], [looks["validation"]], 2, [(BANK,)]
    )[BANK,]
    found = filter_head(tiny, 2)
    np.testing.assert_allclose(
        found.weights[BANK], expected.weights[BANK], rtol=1e-4, atol=1e-6
    )
    assert np.abs(found.weights[BANK]).max() > 0


@pytest.mark.engine
def test_what_entries_name_is_fitted_and_nothing_else(tiny):
    from hrcam.engine.keras_models.recorder import prepare
    from hrcam.engine.networks import Plan, build

    probe = prepare(build("compact", Plan((48, 40, 1), 2, 100.0, 900.0)))
    pools = pooled(probe, tiny, "test")
    taps = tuple(tap.name for tap in probe.taps)
    asked = ["hr_cam", "hr_cam@stage3", "hr_cam_pattern@stage2", "sobel"]
    entries = plan(asked, taps, known=EVERYTHING)
    found = fit(entries, pools, probe, tiny, 0)
    assert set(found) == {
        "hotelling@all",
        "hotelling@stage3",
        "pattern@stage2",
    }
    expected = fit_heads(
        pools.training.only(("stage2",)), pools.validation.only(("stage2",)), 2
    )["pattern"]
    np.testing.assert_array_equal(
        found["pattern@stage2"].weights["stage2"], expected.weights["stage2"]
    )
    looks = [
        labeled_maps(probe, tiny, tiny.ids(split), taps)
        for split in ("train", "validation")
    ]
    heads = fit_balanced(pools.training, *looks, 2, [taps, ("stage3",)])
    for layers, key in ((taps, "hotelling@all"), (("stage3",), "hotelling@stage3")):
        for name in layers:
            np.testing.assert_allclose(
                found[f"{key}"].weights[name],
                heads[layers].weights[name],
                rtol=1e-6,
            )


@pytest.mark.engine
def test_maps_come_with_the_classes_of_their_images(tiny, monkeypatch):
    from hrcam.engine.keras_models.recorder import prepare
    from hrcam.engine.networks import Plan, build

    monkeypatch.setattr("hrcam.engine.pooling.PIECE", 7 * 40 * 48)
    probe = prepare(build("compact", Plan((48, 40, 1), 2, 100.0, 900.0)))
    ids = tiny.ids("train")
    pieces = list(labeled_maps(probe, tiny, ids, ["stage2"]))
    assert len(pieces[0][1]) == 7
    labels = np.concatenate([some for _, some in pieces])
    np.testing.assert_array_equal(labels, labels_of(tiny, ids))
    assert [len(maps["stage2"]) for maps, _ in pieces] == [len(x) for _, x in pieces]
