"""Differences by kind of image, the curve of precision and the marks of verdicts."""

import numpy as np
import pytest

import metrics
from metrics.storage.folder import write
from reports.composition import compose
from reports.content import Figure, Paragraph, Table
from reports.figures.boxes import mark
from reports.figures.curves import draw_curves
from reports.folder import load
from reports.pdf import compile_report


def open_scores(folder, kinds, images=60):
    generator = np.random.default_rng(4)
    masks = np.zeros((images, 14, 19), bool)
    for k, mask in enumerate(masks):
        mask[2 : 4 + k % 9, 3 : 5 + k % 7] = True
    noise = generator.normal(size=(3, *masks.shape))
    strength = [2.0, 1.0, 0.5]
    maps = {f"m{k}": strength[k] * masks + noise[k] for k in range(3)}
    size = masks.mean(axis=(1, 2))
    table = {"image_id": [f"{k:06d}" for k in range(images)], "d_prime": size * 50}
    table["lesion"] = [f"kind{k % kinds}" for k in range(images)]
    import pandas as pd

    options = metrics.ScoreOptions(resamples=150, checks=False)
    write(metrics.score(maps, masks, pd.DataFrame(table), options), folder)
    return load(folder)


@pytest.fixture(scope="module")
def parted(tmp_path_factory):
    return open_scores(tmp_path_factory.mktemp("parted") / "scores", 2)


def section_of(folder, name):
    return next(s for s in compose(folder).sections if s.name == name)


def test_every_stratum_has_a_row_with_the_numbers_of_the_results(parted):
    table, *figures, contrasts = section_of(parted, "strata").blocks
    assert isinstance(table, Table)
    assert [row[0].split(" (")[0] for row in table.rows] == [
        "all with a lesion",
        "lesion: kind0",
        "lesion: kind1",
        "small lesions",
        "middling lesions",
        "large lesions",
        "hard to see",
        "in between",
        "easy to see",
    ]
    for row, told in zip(parted.results["strata"], table.rows, strict=True):
        assert told[1] == str(row["n"])
        found = next(
            r
            for r in parted.results["differences"]
            if r["other"] == "m1"
            and r["stratum"] == row["name"]
            and r["score"] == "average_precision"
        )
        assert told[3].startswith(f"+{found['difference']:.3f}, ")
        assert found["verdict"].endswith(told[3].split(", ", 1)[1])
    assert [f.name for f in figures] == ["forest-strata", "forest-thirds"]
    assert all(isinstance(f, Figure) for f in figures)
    assert {row[1] for row in contrasts.rows} == {
        "lesion: kind0",
        "small lesions",
        "hard to see",
    }


def test_ten_kinds_of_lesions_fit(tmp_path):
    folder = open_scores(tmp_path / "scores", 10)
    table, *_ = section_of(folder, "strata").blocks
    assert len(table.rows) == 1 + 10 + 6
    _, warnings = compile_report(compose(folder), b"{}")
    assert warnings == []


def test_nothing_to_part_is_said_in_one_line(make_scores, make_external, tmp_path):
    folder = load(make_scores(tmp_path / "s", make_external(2), 20, size=16))
    (line,) = section_of(folder, "strata").blocks
    assert isinstance(line, Paragraph)
    assert line.text.startswith("Neither kinds of lesion nor right answers are known")


def test_curves_have_a_pane_of_precision(parted):
    svg = draw_curves(parted).decode()
    assert "Pooled pixels" in svg
    assert ">precision<" in svg


@pytest.mark.parametrize(
    ("difference", "verdict", "expected"),
    [
        (0.3, "different, beyond the margin", "\N{BLACK DOWN-POINTING TRIANGLE}"),
        (-0.3, "different, beyond the margin", "\N{BLACK UP-POINTING TRIANGLE}"),
        (0.3, "different, size unclear", "\N{WHITE DOWN-POINTING TRIANGLE}"),
        (-0.01, "different, within the margin", "\N{WHITE UP-POINTING TRIANGLE}"),
        (0.001, "equivalent", "="),
        (0.0, "identical", "="),
        (0.1, "inconclusive", ""),
        (None, "inconclusive", ""),
    ],
)
def test_marks_follow_verdicts(difference, verdict, expected):
    assert mark({"difference": difference, "verdict": verdict}) == expected


def test_values_are_collected_in_one_order(parted):
    from reports import lookup

    found = lookup.collect(parted, ["average_precision", "sensitivity"])
    assert {key[0] for key in found} == {"m0", "m1", "m2"}
    mean = lookup.summary(parted, "m1", "average_precision")["mean"]
    values = found["m1", "average_precision", None]
    assert values.mean() == pytest.approx(mean)
    gap = found["m0", "average_precision", None] - values
    row = lookup.difference(parted, "m1", "average_precision")
    assert gap.mean() == pytest.approx(row["difference"])
