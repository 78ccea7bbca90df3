import json
import re

import numpy as np
import pytest

from hrcam.cli import main
from metrics.statistics.seeds import contrast_seeds
from metrics.storage.folder import write
from metrics.studies.seeds import compare_seeds


def rows_of(found, **keys):
    return [
        row
        for row in found["differences"]
        if all(row[name] == value for name, value in keys.items())
    ]


@pytest.fixture
def runs(make_run):
    return {"a": make_run(0), "b": make_run(1, 0.4), "c": make_run(2, -0.2)}


def test_every_comparison_is_made_over_the_runs(runs):
    found = compare_seeds(runs)
    assert found["runs"] == ["a", "b", "c"]
    usual = runs["a"].results["differences"]
    wanted = {
        (r["other"], r["score"], r["threshold"], r["stratum"])
        for r in usual
        if r["stratum"] != "correct"
    }
    got = {
        (r["other"], r["score"], r["threshold"], r["stratum"])
        for r in found["differences"]
    }
    assert got == wanted
    json.dumps(found)


def test_numbers_are_those_of_the_paired_images(runs):
    found = compare_seeds(runs)
    ill = runs["a"].measured.lesion > 0
    (row,) = rows_of(found, other="two", score="average_precision", stratum="all")
    one, two = (
        np.stack([r.values_of(n, "average_precision")[ill] for r in runs.values()])
        for n in ("one", "two")
    )
    groups = (np.arange(24) // 2)[ill]
    wanted = contrast_seeds(one, two, groups)
    assert row["difference"] == pytest.approx(wanted.difference)
    assert (row["low"], row["high"]) == pytest.approx((wanted.low, wanted.high))
    assert (row["n"], row["clusters"], row["seeds"]) == (20, 10, 3)
    for run, value in zip(runs.values(), row["by_seed"], strict=True):
        (single,) = (
            r
            for r in run.results["differences"]
            if (r["other"], r["score"], r["stratum"])
            == ("two", "average_precision", "all")
        )
        assert value == pytest.approx(single["difference"])
    (kind,) = rows_of(found, other="two", score="auroc", stratum="lesion=a")
    assert kind["n"] == 10
    (free,) = rows_of(
        found,
        other="two",
        score="specificity",
        threshold=0.5,
        stratum="without_lesion",
    )
    assert free["n"] == 4
    assert free["reason"].startswith("too few images")


def test_p_values_are_adjusted_in_the_families_of_the_results(runs):
    found = compare_seeds(runs)
    both = [
        row
        for row in rows_of(found, stratum="all")
        if row["score"] in ("sensitivity", "specificity")
    ]
    least = min(row["p"] for row in both)
    assert min(r["p_holm"] for r in both) == pytest.approx(min(12 * least, 1))
    own = rows_of(found, stratum="all", score="auroc")
    least = min(own, key=lambda row: row["p"])
    assert least["p_holm"] == pytest.approx(min(2 * least["p"], 1))


def test_runs_that_cannot_be_paired_are_refused(make_run, runs):
    def message(**changed):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message follows
            compare_seeds({"a": runs["a"], **changed})
        return str(caught.value)

    assert message() == "seeds must be at least 2 runs, got 1; score another training"
    assert message(b=make_run(1, images=25)) == (
        "runs must score the same images, got '000024' in one only (a, b); score them "
        "against the same masks"
    )
    assert message(b=make_run(1, names=("one", "two", "four"))) == (
        "runs must have the same entries, got three in one only (a, b); score the same "
        "in all"
    )
    assert message(b=make_run(1, margin=0.1)) == (
        "runs must be scored with one margin, got 0.02 (a) and 0.1 (b); score one of "
        "them anew"
    )
    assert message(b=make_run(1, scores=("all",))).startswith(
        "runs must have the same scores, got Column("
    )


def call(*words):
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return end.value.code or 0


def test_the_command(runs, tmp_path, capsys):
    for name, scores in runs.items():
        write(scores, tmp_path / name)
    folders = [tmp_path / name for name in runs]
    out = tmp_path / "seeds.json"
    assert call("seeds", *folders, "--out", out) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "one less each entry, average_precision, 3 trainings:"
    pattern = (
        r"two +[+-]0\.\d{3} \[[+-]0\.\d{3}, [+-]0\.\d{3}\]  [a-z, ]+ \(\d+% of the"
    )
    assert re.match(pattern, lines[1])
    written = json.loads(out.read_text())
    assert written["runs"] == [str(folder) for folder in folders]
    assert len(written["differences"]) == len(compare_seeds(runs)["differences"])
    assert call("seeds", *folders, "--out", out) == 1
    assert "must not exist yet" in capsys.readouterr().err
    assert call("seeds", folders[0], folders[0]) == 2
    assert "must be different folders" in capsys.readouterr().err
