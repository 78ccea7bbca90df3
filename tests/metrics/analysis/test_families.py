"""Verdicts in two alignments."""

import numpy as np

from metrics import ArrayMaps, score
from metrics.analysis.families import find_twins


def source(method, maps, alignment=""):
    names = {"method": method, "alignment": alignment, "label": method}
    return ArrayMaps(maps, [f"{k:06d}" for k in range(len(maps))], names)


def test_a_verdict_is_told_in_both_alignments():
    rng = np.random.default_rng(0)
    masks = np.zeros((40, 9, 7), bool)
    masks[:, 2:5, 3:6] = True
    good = masks + rng.normal(0, 0.3, masks.shape)
    poor = masks + rng.normal(0, 1.0, masks.shape)
    sources = {
        "ours": source("ours", good, "receptive_field"),
        "ours/half_pixel": source("ours", poor, "half_pixel"),
        "theirs": source("theirs", poor, "receptive_field"),
        "theirs/half_pixel": source("theirs", good, "half_pixel"),
        "plain": source("plain", rng.normal(size=masks.shape)),
    }
    rows = score(sources, masks).results["differences"]
    leading = {
        row["other"]: row
        for row in rows
        if row["score"] == "average_precision" and row["stratum"] == "all"
    }
    assert set(leading) == {"theirs", "plain"}  # a twin is no rival of its own
    assert leading["theirs"]["verdict"] == "different, beyond the margin"
    # the words are the same in both alignments, but the sign has turned
    assert leading["theirs"]["survives"] is False
    assert leading["plain"]["survives"] is True


def test_one_alignment_leaves_the_question_open():
    masks = np.zeros((8, 5, 6), bool)
    masks[:, 1:3, 2:4] = True
    rng = np.random.default_rng(1)
    sources = {k: source(k, rng.random(masks.shape)) for k in ("a", "b")}
    rows = score(sources, masks).results["differences"]
    assert {row["survives"] for row in rows} == {None}


def test_twins_are_found_by_name():
    names = ["cam@stage5", "cam@stage5/half_pixel", "cam", "random"]
    assert find_twins(names) == {"cam@stage5": "cam@stage5/half_pixel"}
