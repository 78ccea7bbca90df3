"""Paired differences of every specification, and what they say together."""

import numpy as np
import pandas as pd
import pytest

from hrcam.pipeline.multiverse.cell import read_cell, write_cell
from hrcam.pipeline.multiverse.differences import INNER, compare, pair, tabulate
from hrcam.pipeline.multiverse.drawing import drawn
from hrcam.pipeline.multiverse.summary import (
    as_grid,
    axis_options,
    curve_of,
    describe_curve,
    resampled,
)
from metrics.statistics.intervals import average
from metrics.statistics.verdicts import VERDICTS

WHERE = {"network": "compact", "data_seed": "7", "training_seed": "0"}


def values_of(cell, plan, choices, rival, measure):
    """Look the values of one specification up, image by image."""
    at = [plan.options(x).index(choices[x]) for x in ("alignment", "rectifier")]
    first = [plan.options(x).index(choices[x]) for x in ("head", "layers")]
    pairs = []
    for k in range(len(cell.ids)):
        if choices["lesion"] not in ("all", cell.lesions[k]):
            continue
        row = cell.place[k, ("true", "predicted").index(choices["target"])]
        own = cell.found[(row, *first, *at, measure)]
        other = cell.rivals[(row, plan.rivals.index(rival), *at, measure)]
        pairs.append((float(own), float(other), int(cell.subjects[k][1:])))
    return np.array(pairs)


@pytest.fixture
def table(cell, plan):
    return tabulate(cell, WHERE, plan, 0.02)


def test_every_row_is_the_paired_comparison_of_its_images(cell, plan, table):
    assert len(table) == plan.size * 2 * 20
    rng = np.random.default_rng(0)
    for k in rng.choice(len(table), 40, replace=False):
        row = table.iloc[k]
        measures = plan.describe()["measures"]
        threshold = None if np.isnan(row["threshold"]) else row["threshold"]
        place = measures.index([row["endpoint"], row["normalization"], threshold])
        own, other, groups = values_of(cell, plan, row, row["rival"], place).T
        mean = average(own - other, groups.astype(np.int64))
        assert row["n"] == len(own)
        assert row["hr_cam"] == pytest.approx(own.mean())
        assert row["rival_mean"] == pytest.approx(other.mean())
        assert row["difference"] == pytest.approx(mean.estimate)
        found = (row["low"], row["high"])
        assert found == pytest.approx(mean.interval(0.95), nan_ok=True)
        assert row["verdict"] in VERDICTS


def test_a_map_without_a_value_is_left_out_of_both_means(cell, plan, primary):
    cell.rivals[1, 0, ..., primary] = np.nan
    found = compare(pair(cell, plan, "cam", primary), 0.02)
    assert (found["n"].to_numpy().reshape(-1, 3)[:, 0] == 11).all()
    assert np.isfinite(found["difference"]).all()


def test_a_curve_counts_and_decomposes_its_differences(plan, table):
    rows = curve_of(table, "cam", "average_precision")
    found = describe_curve(rows, plan, "cam", "average_precision", 0.02)
    values = rows["difference"].to_numpy()
    assert found["specifications"] == plan.size == len(rows)
    assert found["positive"] == (values > 0).mean()
    assert found["median"] == pytest.approx(np.median(values))
    assert sum(found["verdicts"].values()) == plan.size
    assert sum(found["shares"].values()) == pytest.approx(1)
    assert {row["axis"] for row in found["options"]} == set(INNER)
    marked = curve_of(table, "cam", "sensitivity")
    other = describe_curve(marked, plan, "cam", "sensitivity", 0.02)
    assert other["specifications"] == plan.size * 9
    assert "normalization x threshold" in other["shares"]


def test_the_grid_puts_every_specification_in_its_place(plan, table):
    rows = curve_of(table, "cam", "auroc").sample(frac=1, random_state=0)
    axes = axis_options(rows, plan, "auroc")
    grid = as_grid(rows, axes)
    for _, row in rows.head(20).iterrows():
        at = tuple(options.index(row[name]) for name, options in axes.items())
        assert grid[at] == row["difference"]
    with pytest.raises(ValueError, match="rows must") as caught:
        as_grid(pd.concat([rows[1:], rows[1:2]]), axes)
    assert str(caught.value) == (
        "rows must be every specification once, 144, got 143 of 144"
    )


def test_resampled_shares_hold_the_estimate(cell, plan, table):
    rows = curve_of(table, "cam", "average_precision")
    found = resampled({"7": [cell]}, plan, "cam", 0)
    positive, mean = found["positive"], found["mean"]
    assert positive["low"] <= (rows["difference"] > 0).mean() <= positive["high"]
    assert mean["low"] < rows["difference"].mean() < mean["high"]


def test_one_method_against_itself_never_differs(cell, plan, primary):
    same = cell.rivals[:, :1, :, :, None, None].transpose(0, 4, 5, 2, 3, 1, 6)
    cell.found[...] = np.broadcast_to(same[:, :, :, :, :, 0], cell.found.shape)
    found = compare(pair(cell, plan, "cam", primary), 0.02)
    assert (found["difference"] == 0).all()


def test_the_drawing_counts_every_specification_once(plan, table):
    rows = curve_of(table, "cam", "average_precision")
    found = drawn(rows, plan)
    assert found["difference"] == sorted(found["difference"])
    assert found["ranks"][0] == 0
    assert found["ranks"][-1] == plan.size - 1
    by_axis = {}
    for row in found["matrix"]:
        by_axis.setdefault(row["axis"], []).append(row["share"])
    for shares in by_axis.values():
        np.testing.assert_allclose(np.sum(shares, axis=0), 1)
    assert [mark["name"] for mark in found["marks"]] == [
        "default of this package",
        "as the paper states it",
    ]
    mark = found["marks"][0]
    chosen = rows
    for axis, option in mark["choices"].items():
        chosen = chosen[chosen[axis] == option]
    assert chosen["difference"].tolist() == [mark["difference"]]


def test_a_cell_comes_back_from_its_file(cell, tmp_path):
    path = tmp_path / "cell.npz"
    assert read_cell(path, "plan") is None
    write_cell(cell, path, "plan")
    found = read_cell(path, "plan")
    for name in vars(cell):
        np.testing.assert_array_equal(getattr(found, name), getattr(cell, name))
    assert read_cell(path, "another plan") is None
    assert [p.name for p in tmp_path.iterdir()] == ["cell.npz"]
    path.write_bytes(path.read_bytes()[:-90])
    with pytest.raises(ValueError, match="must be whole, got: "):
        read_cell(path, "plan")


def test_cells_are_tabulated_under_their_names(make_plan, make_cell):
    plan = make_plan(training_seed=["0", "1"])
    parts = [
        tabulate(make_cell(plan, seed=k), {**WHERE, "training_seed": str(k)}, plan, 0.1)
        for k in (0, 1)
    ]
    table = pd.concat(parts).astype({"training_seed": "category"})
    rows = curve_of(table, "cam", "auroc")
    found = describe_curve(rows, plan, "cam", "auroc", 0.1)
    assert found["specifications"] == plan.size
    assert "training_seed" in found["shares"]
