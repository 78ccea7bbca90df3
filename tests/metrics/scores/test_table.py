"""Every score obeys one written table of edge cases."""

import numpy as np
import pytest

from metrics.measurement import list_columns
from metrics.scores.table import SCORES, compare, explain_rows

NAN = np.nan
SHAPE = (4, 5)


def corner():
    mask = np.zeros(SHAPE, bool)
    mask[:2, :2] = True
    return mask


def scene(case):
    """Return map and mask: 20 pixels, 4 of them lesion."""
    perfect = corner() * 1.0
    tied = perfect.copy()
    tied[3, 1:] = 1.0  # four healthy pixels as high as the lesion
    noise = np.arange(20.0).reshape(SHAPE)
    broken = noise.copy()
    broken[3, 3] = NAN
    return {
        "empty": (noise, np.zeros(SHAPE, bool)),
        "full": (noise, np.ones(SHAPE, bool)),
        "constant": (np.full(SHAPE, 2.5), corner()),
        "constant, empty": (np.full(SHAPE, 2.5), np.zeros(SHAPE, bool)),
        "zero": (np.zeros(SHAPE), corner()),
        "nan": (broken, corner()),
        "infinity": (np.where(np.isnan(broken), np.inf, broken), corner()),
        "nan, empty": (broken, np.zeros(SHAPE, bool)),
        "tie": (tied, corner()),
        "perfect": (perfect, corner()),
        "upside down": (-perfect, corner()),
    }[case]


# value (at thresholds: at 0.5) and status; 9.5 / 19 = 0.5 marks 10 of 20 pixels
TABLE = {
    "sensitivity": {
        "empty": (NAN, "empty_mask"),
        "full": (0.5, "ok"),
        "constant": (0.0, "constant_map"),
        "constant, empty": (NAN, "empty_mask"),
        "zero": (0.0, "constant_map"),
        "nan": (NAN, "nonfinite"),
        "infinity": (NAN, "nonfinite"),
        "nan, empty": (NAN, "nonfinite"),
        "tie": (1.0, "ok"),
        "perfect": (1.0, "ok"),
        "upside down": (0.0, "ok"),
    },
    "specificity": {
        "empty": (0.5, "ok"),
        "full": (NAN, "full_mask"),
        "constant": (1.0, "constant_map"),
        "constant, empty": (1.0, "constant_map"),
        "zero": (1.0, "constant_map"),
        "nan": (NAN, "nonfinite"),
        "infinity": (NAN, "nonfinite"),
        "nan, empty": (NAN, "nonfinite"),
        "tie": (0.75, "ok"),
        "perfect": (1.0, "ok"),
        "upside down": (0.0, "ok"),
    },
    "auroc": {
        "empty": (NAN, "empty_mask"),
        "full": (NAN, "full_mask"),
        "constant": (0.5, "constant_map"),
        "constant, empty": (NAN, "empty_mask"),
        "zero": (0.5, "constant_map"),
        "nan": (NAN, "nonfinite"),
        "infinity": (NAN, "nonfinite"),
        "nan, empty": (NAN, "nonfinite"),
        "tie": (0.875, "ok"),
        "perfect": (1.0, "ok"),
        "upside down": (0.0, "ok"),
    },
    "average_precision": {
        "empty": (NAN, "empty_mask"),
        "full": (1.0, "ok"),
        "constant": (0.2, "constant_map"),
        "constant, empty": (NAN, "empty_mask"),
        "zero": (0.2, "constant_map"),
        "nan": (NAN, "nonfinite"),
        "infinity": (NAN, "nonfinite"),
        "nan, empty": (NAN, "nonfinite"),
        "tie": (0.5, "ok"),
        "perfect": (1.0, "ok"),
        "upside down": (0.2, "ok"),
    },
}


@pytest.fixture(params=SCORES.values(), ids=list(SCORES))
def score(request):
    return request.param


@pytest.mark.parametrize("case", TABLE["auroc"])
def test_edge_cases_are_as_written(score, case):
    map, mask = scene(case)
    # A bad neighbor in the batch must not matter.
    maps = np.stack([np.full(SHAPE, NAN), map, np.zeros(SHAPE)])
    masks = np.stack([corner(), mask, np.ones(SHAPE, bool)])
    compared = compare(maps, masks)
    values = score.compute(compared)
    got = values[1, 50] if score.at_thresholds else values[1]
    expected, status = TABLE[score.name][case]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-15)
    assert explain_rows(score, compared.sweep)[1] == status


def test_every_score_has_a_written_row():
    assert list(TABLE) == list(SCORES)


def test_values_and_statuses_agree(score):
    """Whatever the input, a value is undefined exactly where its status says so."""
    generator = np.random.default_rng(0)
    maps = generator.integers(0, 3, (60, 2, 3)).astype(float)
    maps[::7, 0, 0] = np.nan
    masks = generator.random((60, 2, 3)) < np.linspace(0, 1, 60)[:, None, None]
    compared = compare(maps, masks)
    values = score.compute(compared).reshape(60, -1)
    status = explain_rows(score, compared.sweep)
    undefined = np.isin(status, (*score.undefined, "nonfinite"))
    np.testing.assert_array_equal(np.isnan(values).any(axis=1), undefined)
    assert ((values >= 0) | np.isnan(values)).all()
    assert ((values <= 1) | np.isnan(values)).all()


def test_a_better_map_scores_higher(score):
    generator = np.random.default_rng(2)
    mask = np.broadcast_to(corner(), (50, *SHAPE))
    noise = generator.normal(size=mask.shape)
    good, bad = (
        score.compute(compare(noise + signal * mask, mask)) for signal in (3.0, 0.0)
    )
    if score.at_thresholds:
        good, bad = good[:, 50], bad[:, 50]
    assert (good.mean() > bad.mean()) == score.higher_is_better


def test_columns_follow_the_table():
    names = [(c.score, c.threshold) for c in list_columns((0.3, 0.5))]
    assert names == [
        ("sensitivity", 0.3),
        ("sensitivity", 0.5),
        ("specificity", 0.3),
        ("specificity", 0.5),
        ("auroc", None),
        ("average_precision", None),
    ]
