import pytest

from simbench.audit import keep_budget, table

ROWS = [
    {"name": "bins", "lesion": "all", "auroc": 0.51, "low": 0.45, "high": 0.57,
     "verdict": "kept"},
    {"name": "spectrum", "lesion": "swap", "auroc": 0.9, "low": 0.88, "high": 0.92,
     "verdict": "intended"},
    {"name": "size", "lesion": "focal", "auroc": 0.7, "low": 0.65, "high": 0.75,
     "verdict": "leaks"},
    {"name": "boosted", "lesion": "all", "auroc": None, "low": None, "high": None,
     "note": "few images", "verdict": "untested"},
    {"name": "outside", "lesion": "all", "auroc": None, "low": None, "high": None,
     "difference": 4, "verdict": "leaks"},
]  # fmt: skip
RESULT = {"budget": 0.6, "images": 5000, "audited": 4000, "checks": ROWS}


def test_a_leak_is_refused_in_one_line():
    with pytest.raises(ValueError, match="budget") as error:
        keep_budget(RESULT, "recipe 'tiny'", "data/audit.json")
    assert str(error.value) == (
        "recipe 'tiny' must keep its leak budget of AUROC 0.6, got "
        "size of focal 0.700 [0.650, 0.750], outside of all by 4 gray levels "
        "(all of the audit: data/audit.json); vary between images what tells the "
        "classes, name a check that may in [audit] intended, or raise [audit] budget"
    )


def test_what_is_kept_or_intended_is_not_refused():
    keep_budget(RESULT | {"checks": ROWS[:2] + ROWS[3:4]}, "x")


def test_the_table_has_a_line_a_check():
    assert table(RESULT).splitlines() == [
        "check     lesion  AUROC         95 % interval   budget  verdict",
        "bins      all     0.510         [0.450, 0.570]  0.6     kept",
        "spectrum  swap    0.900         [0.880, 0.920]  0.6     intended",
        "size      focal   0.700         [0.650, 0.750]  0.6     leaks",
        "boosted   all     -             -               0.6     untested (few images)",
        "outside   all     differs by 4  -               0       leaks",
        "On 4000 of 5000 images, drawn by class and lesion.",
    ]
    assert "On " not in table(RESULT | {"audited": 5000})
