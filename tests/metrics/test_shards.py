"""Shards that were kept: taken again when nothing changed, made again otherwise."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

from metrics import ScoreOptions, score
from metrics.storage.shards import read_shard

QUICK = ScoreOptions(resamples=100, checks=False)


@pytest.fixture
def counted(monkeypatch):
    """Return the list of scores that are computed, a word each."""
    from metrics import shards

    seen = []
    real = shards._score

    def note(name, read, plan):
        seen.append(name)
        return real(name, read, plan)

    monkeypatch.setattr(shards, "_score", note)
    monkeypatch.setattr("metrics.measurement.SHARD", 8)
    return seen


def same(one, two):
    pd.testing.assert_frame_equal(one.table, two.table)
    assert one.results == two.results


@pytest.mark.parametrize("froc", [False, True])
def test_the_same_maps_and_masks_are_not_scored_twice(
    make_scene, tmp_path, counted, froc
):
    maps, masks = make_scene()
    options = replace(QUICK, froc=froc)
    whole = score(maps, masks, options=options)
    counted.clear()
    first = score(maps, masks, options=options, keep=tmp_path / "kept")
    assert len(counted) == 3 * len(maps)
    counted.clear()
    second = score(maps, masks, options=options, keep=tmp_path / "kept")
    assert counted == []
    same(first, whole)
    same(second, whole)


@pytest.mark.parametrize("what", ["map", "mask", "options", "order"])
def test_what_changed_is_scored_again(make_scene, tmp_path, counted, what):
    maps, masks = make_scene()
    score(maps, masks, options=QUICK, keep=tmp_path)
    options = QUICK
    if what == "map":
        maps["cam"][9, 0, 0] += 1  # in the second of three shards
    elif what == "mask":
        masks[9, 0, 0] ^= True
    elif what == "options":
        options = replace(QUICK, thresholds=(0.2,))
    else:
        maps = dict(reversed(maps.items()))
    counted.clear()
    again = score(maps, masks, options=options, keep=tmp_path)
    assert len(counted) == len(maps) * (1 if what in ("map", "mask") else 3)
    same(again, score(maps, masks, options=options))


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_shard_is_made_again(make_scene, tmp_path, counted, damage):
    maps, masks = make_scene()
    whole = score(maps, masks, options=QUICK, keep=tmp_path)
    path = tmp_path / "00000001.npz"
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 255
    path.write_bytes({"cut": content[:-9], "flip": content, "empty": b""}[damage])
    assert read_shard(path) is None
    counted.clear()
    same(score(maps, masks, options=QUICK, keep=tmp_path), whole)
    assert len(counted) == len(maps)


@dataclass(frozen=True)
class Drawn:
    """Draw maps and masks in whatever process asks."""

    seed: int

    def __call__(self):
        from metrics.sources.source import as_maps, as_masks

        rng = np.random.default_rng(self.seed)
        masks = as_masks(rng.random((130, 12, 10)) < 0.2)
        noise = rng.random((2, 130, 12, 10))
        return {
            n: as_maps(n, x, masks) for n, x in zip("ab", noise, strict=True)
        }, masks


def test_processes_that_open_the_sources_themselves_change_no_number(tmp_path):
    reopen = Drawn(5)
    maps, masks = reopen()
    here = score(maps, masks, options=QUICK)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        there = score(maps, masks, options=QUICK, executor=executor, reopen=reopen)
        kept = score(
            maps, masks, options=QUICK, executor=executor, reopen=reopen, keep=tmp_path
        )
    same(there, here)
    same(kept, here)
    assert len(list(tmp_path.iterdir())) == 3
