"""What endpoints come to, from made-up readings of a grid's cells."""

import json
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrcam.pipeline.studies.endpoints import Contrast, Share
from hrcam.pipeline.studies.grid import FOLDER, parse_grid
from hrcam.pipeline.studies.measuring import Study, measure_contrast, measure_share
from hrcam.pipeline.studies.readings import Reading
from hrcam.pipeline.studies.results import judge_claims
from hrcam.pipeline.studies.running import methods_of, tabulate
from hrcam.pipeline.studies.schema import Results
from metrics.measured import Column

LAYERS = [f"stage{k}" for k in range(1, 6)]


def make_grid():
    plan, claims = (
        tomllib.loads((FOLDER / name).read_text("utf-8"))
        for name in ("quick.toml", "claims.toml")
    )
    networks = ["compact", "compact_residual"]
    more = {"networks": networks, "data_seeds": [101, 102]}
    return parse_grid({**plan, **more, "training_seeds": [1, 2, 3]}, claims, "made up")


GRID = make_grid()


def make_readings(seed=0, lift=0.0):
    """Every cell's scores: random, with ``lift`` on those of hr_cam."""
    entries = (*methods_of(GRID), "hr_cam/half_pixel")
    columns = {
        Column(c.score, at)
        for c in GRID.claims.contrasts()
        for at in c.thresholds or (None,)
    }
    order = tuple(sorted(columns, key=str))
    readings = []
    for k, cell in enumerate(GRID.cells):
        generator = np.random.default_rng([seed, k])
        values = generator.uniform(0.2, 0.4, (len(entries), len(order), 12))
        values[0] += lift
        values[-1] = values[0]
        shares = generator.dirichlet(np.ones(5))
        readings.append(
            Reading(
                cell,
                entries,
                order,
                values,
                np.arange(12),
                {"hotelling": dict(zip(LAYERS, shares, strict=True))},
                {"accuracy": 0.9, "auroc": 0.95},
                {"model": 10.0, "maps": 2.0, "scores": 1.0},
            )
        )
    return tuple(readings)


@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_a_contrast_against_a_plain_loop(seed):
    readings = make_readings(seed)
    contrast = Contrast(
        name="x", recipes="pairs", first={"hr_cam": 1.0}, second={"cam@stage5": 2.0}
    )
    (row,) = measure_contrast(Study(GRID, readings), contrast)
    means = {}
    for r in readings:
        if r.cell.key == "nigra":
            place = r.columns.index(Column("average_precision", None))
            own, cam = (
                r.values[r.entries.index(name), place]
                for name in ("hr_cam", "cam@stage5")
            )
            means.setdefault(r.cell.network, []).append((own - 2 * cam).mean())
    assert [c["network"] for c in row["conditions"]] == list(means)
    for place in row["conditions"]:
        assert place["difference"] == pytest.approx(np.mean(means[place["network"]]))
        assert place["trainings"] == 6
        assert place["images"] == 24
    assert row["difference"] == pytest.approx(np.mean(list(means.values())))
    assert row["trainings"] == 12


def test_the_interval_of_a_condition_is_wider_the_more_there_are():
    readings = make_readings()
    words = {"name": "x", "first": {"hr_cam": 1.0}, "second": {"random": 1.0}}
    few, many = (
        measure_contrast(Study(GRID, readings), Contrast(recipes=role, **words))[0]
        for role in ("pairs", "all")
    )
    one, other = few["conditions"][0], many["conditions"][-2]
    assert one["recipe"] == other["recipe"] == "nigra"
    assert one["difference"] == other["difference"]
    assert other["low"] < one["low"] < one["high"] < other["high"]


def test_the_best_layer_is_that_of_the_largest_mean():
    readings = make_readings()
    for r in readings:
        best = "hr_cam@stage2" if r.cell.network == "compact" else "hr_cam@stage4"
        r.values[r.entries.index(best)] += 0.5
    contrast = next(c for c in GRID.claims.differences if c.best_of).of("hr_cam")
    (row,) = measure_contrast(Study(GRID, readings), contrast)
    for place in row["conditions"]:
        wanted = "stage2" if place["network"] == "compact" else "stage4"
        assert place["rival"] == f"hr_cam@{wanted}"
        assert place["state"] == "reversed"
    assert row["verdict"] == "reversed"


def test_a_claim_survives_where_half_pixel_maps_show_the_same():
    contrast = Contrast(name="x", first={"hr_cam": 1.0}, second={"cam@stage5": 1.0})
    readings = make_readings(lift=0.5)
    (row,) = measure_contrast(Study(GRID, readings), contrast)
    assert (row["word"], row["survives"]) == ("holds", True)
    for r in readings:
        r.values[-1] -= 1.0
    (row,) = measure_contrast(Study(GRID, readings), contrast)
    assert (row["word"], row["survives"]) == ("holds", False)


def test_shares_of_layers():
    readings = make_readings()
    study = Study(GRID, readings)
    early = Share(name="x", recipes="depth", layers=("stage1", "stage2"), bound=0.1)
    row = measure_share(study, early, "hr_cam")
    wanted = [
        r.shares["hotelling"]["stage1"] + r.shares["hotelling"]["stage2"] - 0.1
        for r in readings
        if r.cell.key == "nigra"
    ]
    assert row["difference"] == pytest.approx(np.mean(wanted))
    assert row["trainings"] == 12
    least = measure_share(study, Share(name="x", recipes="depth"), "hr_cam")
    wanted = [
        min(r.shares["hotelling"].values()) for r in readings if r.cell.key == "nigra"
    ]
    assert least["difference"] == pytest.approx(np.mean(wanted))
    less = Share(name="x", recipes="marked", layers=("stage1",), without="marked")
    row = measure_share(study, less, "hr_cam")
    assert (row["difference"], row["low"], row["word"]) == (0.0, 0.0, "equivalent")
    unknown = measure_share(study, early, "hr_cam_paper")
    assert (unknown["word"], unknown["conditions"]) == ("inconclusive", [])


def test_results_keep_to_the_published_form():
    result = judge_claims(GRID, make_readings(lift=0.3), "now", "hrcam claims")
    Results.model_validate(json.loads(json.dumps(result)))
    words = {c["number"]: c["word"] for c in result["claims"]}
    assert words[1] == words[6] == "holds"
    assert words[2] == "reversed"  # specificity is no longer CAM's
    table = tabulate(result)
    whole = table[table["recipe"] == "all"]
    assert len(whole) == sum(len(c["endpoints"]) for c in result["claims"]) + 7
    held = table[table["state"] == "holds"]
    assert ((held["low"] > 0) | (held["expects"] != "above")).all()


def test_a_missing_entry_is_said():
    contrast = Contrast(name="x", first={"hr_cam": 1.0}, second={"mine": 1.0})
    with pytest.raises(ValueError, match="must have the entry 'mine', got hr_cam"):
        measure_contrast(Study(GRID, make_readings()), contrast)


def test_the_published_schema_is_the_model_s():
    from pathlib import Path

    path = Path(__file__).parents[3] / "docs" / "schemas" / "claims.json"
    assert json.loads(path.read_text("utf-8")) == Results.model_json_schema()
