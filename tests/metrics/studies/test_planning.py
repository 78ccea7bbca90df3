import json

import numpy as np
import pytest

from hrcam.cli import main
from metrics.statistics.power import power_to_differ, power_to_equal, vary
from metrics.storage.folder import write
from metrics.studies.planning import plan


def test_the_subjects_asked_for_are_enough_and_no_more(make_run):
    pilot = make_run(0, images=64)
    rows = plan(pilot, difference=0.1, power=0.9)
    assert [row["other"] for row in rows] == ["two", "three"]
    ill = pilot.measured.lesion > 0
    for row in rows:
        values = pilot.values_of("one", "average_precision") - pilot.values_of(
            row["other"], "average_precision"
        )
        found = vary(values[ill], (np.arange(64) // 2)[ill])
        assert (row["spread"], row["icc"]) == pytest.approx((found.spread, found.icc))
        assert (row["images"], row["subjects"]) == (60, 30)
        for key, power in (
            ("to_differ", lambda n, v=found: power_to_differ(0.1, v, n, 0.025)),
            ("to_equal", lambda n, v=found: power_to_equal(0.0, 0.02, v, n, 0.025)),
        ):
            assert power(row[key]) >= 0.9 > power(row[key] - 1)


def test_more_images_of_a_subject_need_fewer_subjects(make_run):
    pilot = make_run(0, images=64)
    few, many = (plan(pilot, per_subject=n)[0] for n in (1.0, 8.0))
    assert many["to_differ"] <= few["to_differ"]
    assert many["per_subject"] == 8


def test_a_score_at_a_threshold_and_its_errors(make_run):
    pilot = make_run(0)
    assert plan(pilot, score="sensitivity", threshold=0.5)[0]["threshold"] == 0.5
    with pytest.raises(ValueError, match=r"at None; there is threshold 0\.3, 0\.5, 0"):
        plan(pilot, score="sensitivity")
    with pytest.raises(ValueError, match=r"^difference must lie between 0 and inf, g"):
        plan(pilot, difference=0.0)
    with pytest.raises(ValueError, match=r"^power must lie between 0 and 1, got 1\.0"):
        plan(pilot, power=1.0)
    with pytest.raises(ValueError, match="score must be one from 0 to 1, as the marg"):
        plan(pilot, score="average_precision_lift")


def test_a_pilot_of_few_subjects_says_so(make_run):
    (row, *_) = plan(make_run(0, images=12, each=3))
    assert row["reason"] == "too few subjects: 3, 5 are needed"
    assert "to_differ" not in row


def test_the_command(make_run, tmp_path, capsys):
    write(make_run(0, images=64), tmp_path / "scores")
    for words in ([], ["--json"]):
        with pytest.raises(SystemExit) as end:
            main(["plan", str(tmp_path / "scores"), "--difference", "0.1", *words])
        assert not end.value.code
        out = capsys.readouterr().out
        if words:
            rows = json.loads(out)["comparisons"]
            assert (
                rows[0]["to_differ"]
                == plan(make_run(0, images=64), 0.1)[0]["to_differ"]
            )
        else:
            first, heads, *rows = out.splitlines()
            assert first == (
                "Subjects for a power of 0.8, 2 comparisons with one by "
                "average_precision:"
            )
            assert heads.split()[:4] == ["entry", "spread", "icc", "pilot"]
            assert [row.split()[0] for row in rows] == ["two", "three"]
