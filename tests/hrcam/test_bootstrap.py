"""Refits against fits of the resampled images themselves."""

import re

import numpy as np
import pytest

from hrcam import bootstrap as module
from hrcam.balancing import fit_balanced
from hrcam.bootstrap import bootstrap, resample
from hrcam.heads import Head, fit_heads
from hrcam.logistic import centered, fit_logistic
from hrcam.pools import Pool
from hrcam.standard import activation_pattern, standardize

LAYERS = (("shallow", 3), ("deep", 2))


def make_pool(classes=3, images=48, width=5, layers=LAYERS):
    rng = np.random.default_rng(4)
    labels = np.arange(images) % classes
    features = (
        rng.normal(size=(images, width)) + rng.normal(size=(classes, width))[labels]
    )
    return Pool(layers, features * 10.0 ** np.arange(width) - 3, labels)


def make_head(name, classes=3, penalty=0.1):
    """A full fit, as far as its refits depend on it."""
    return Head(name, {}, np.full(classes, np.nan), penalty)


def stacked(weights, layers=LAYERS):
    return np.concatenate([weights[name] for name, _ in layers], axis=-2)


def drawn(pool, shares, refit):
    """Return the resampled images, each as often as it was drawn."""
    counts = np.rint(shares[:, refit] / shares[shares[:, refit] > 0, refit].min())
    rows = np.repeat(np.arange(len(shares)), counts.astype(int))
    return Pool(pool.layers, pool.features[rows], pool.labels[rows])


@pytest.mark.parametrize("head", ["convex", "pattern", "centroid"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("wide", [False, True], ids=["tall", "wide"])
def test_a_refit_is_the_fit_of_the_resampled_images(head, classes, wide):
    layers = (("shallow", 30), ("deep", 40)) if wide else LAYERS
    width = sum(count for _, count in layers)
    pool = make_pool(classes, 47, width, layers)
    pool.features[:] = np.sign(pool.features) * np.abs(pool.features) ** 0.02
    standard = standardize(pool)
    found = stacked(bootstrap(pool, make_head(head, classes, 0.02), refits=3), layers)
    shares = resample(pool.labels, classes, 3, 0)
    for refit in range(3):
        # Draws of single images: the smallest share is one image once.
        again = drawn(standard.apply(pool), np.round(shares * 47) / 47, refit)
        weights, _ = fit_logistic(again, classes, 0.02)
        if head == "pattern":
            weights = activation_pattern(again.features, weights)
        if head == "centroid":
            rows = [again.features[again.labels == k].mean(0) for k in range(classes)]
            weights = np.stack(rows, axis=1)
        expected = centered(weights) * standard.scale[:, None]
        np.testing.assert_allclose(found[refit], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_hotelling_refit_has_other_class_means_and_the_same_whitening(classes):
    rng = np.random.default_rng(2)
    labels = np.arange(47) % classes
    maps = {}
    for name, channels in LAYERS:
        mixing = rng.normal(size=(channels, channels))
        shift = rng.normal(size=(classes, channels))[labels]
        noise = rng.normal(size=(47, 4, 6, channels)) @ mixing
        maps[name] = noise + shift[:, None, None]
    table = np.concatenate([x.mean(axis=(1, 2)) for x in maps.values()], axis=1)
    pool = Pool(LAYERS, table, labels)
    head = fit_balanced(
        pool, [(maps, labels)], [(maps, labels)], classes, [tuple(maps)]
    )
    full = head["shallow", "deep"]
    found = bootstrap(pool, full, refits=3)
    shares = resample(labels, classes, 3, 0)
    for refit in range(3):
        again = drawn(pool, np.round(shares * 47) / 47, refit)
        means = [again.features[again.labels == k].mean(axis=0) for k in range(classes)]
        for name, channels in LAYERS:
            some = np.stack(means, axis=1)[pool.columns((name,))]
            pixels = maps[name].reshape(-1, channels)
            owner = np.repeat(labels, 24)
            covariances = [
                np.cov(pixels[owner == k].T, bias=True) for k in range(classes)
            ]
            raw = np.zeros((channels, classes))
            for label in range(classes):
                if (classes, label) == (2, 0):
                    continue
                others = [k for k in range(classes) if k != label]
                spread = sum(covariances[k] for k in others) / len(others)
                spread = spread + 0.1 * np.diag(np.diag(spread))
                change = some[:, label] - sum(some[:, k] for k in others) / len(others)
                raw[:, label] = np.linalg.solve(spread, change)
            scales = full.refit.__self__.factors[name]
            expected = raw * scales
            expected -= expected.mean(axis=1, keepdims=True)
            np.testing.assert_allclose(found[name][refit], expected, rtol=1e-9)


def test_refits_are_cut_at_the_layers_and_come_in_any_number(monkeypatch):
    pool = make_pool()
    few = bootstrap(pool, make_head("convex"), refits=3, seed=7)
    assert {name: table.shape for name, table in few.items()} == {
        "shallow": (3, 3, 3),
        "deep": (3, 2, 3),
    }
    monkeypatch.setattr(module, "TOGETHER", 2)
    more = bootstrap(pool, make_head("convex"), refits=5, seed=7)
    np.testing.assert_allclose(stacked(more)[:3], stacked(few), rtol=1e-5, atol=1e-9)
    other = bootstrap(pool, make_head("convex"), refits=3, seed=8)
    assert (stacked(other) != stacked(few)).any()


def test_refits_lie_around_the_full_fit():
    pool = make_pool(2, 200)
    full = fit_heads(pool, pool, 2)
    spread = bootstrap(pool, full["pattern"], refits=100)
    table = stacked(spread)[:, :, 1]
    center = stacked(full["pattern"].weights)[:, 1]
    low, high = np.quantile(table, [0.005, 0.995], axis=0)
    assert (low < center).all()
    assert (center < high).all()


def test_subjects_are_drawn_whole():
    labels = np.arange(24) % 2
    groups = np.array(list("abcdef"))[np.arange(24) // 4]
    shares = resample(labels, 2, 20, 3, groups)
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    for group in "abcdef":
        rows = shares[groups == group]
        np.testing.assert_array_equal(rows, np.broadcast_to(rows[0], rows.shape))
    assert (shares == 0).any()
    # As many subjects as there are: shares are multiples of one in all images drawn.
    counts = shares[::4] / shares[shares > 0].min()
    assert np.allclose(counts * 4, np.rint(counts * 4))


def test_every_image_is_its_own_subject_unless_said():
    labels = np.arange(9) % 3
    np.testing.assert_array_equal(
        resample(labels, 3, 4, 1), resample(labels, 3, 4, 1, np.arange(9))
    )
    assert (np.rint(resample(labels, 3, 40, 1) * 9).sum(axis=0) == 9).all()


def test_every_draw_holds_every_class():
    labels = np.arange(3)
    shares = resample(labels, 3, 50, 0)
    assert (shares > 0).all()


def test_classes_that_are_never_drawn_together_are_refused():
    labels, groups = np.array([0, 1, 2] * 2), np.array(list("aabccd"))
    message = (
        "every class must have subjects enough to be drawn, got none of some class in "
        "1000 draws of 1 subjects; resample by image"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        resample(labels[:2], 3, 1, 0, groups[:2])


def test_heads_that_cannot_be_refitted_are_refused():
    message = "head must be one of hotelling, convex, pattern, centroid, got 'paper'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        bootstrap(make_pool(), make_head("paper"))
