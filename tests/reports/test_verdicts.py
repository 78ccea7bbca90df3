"""What a verdict says of the other alignment."""

import pytest

from reports.verdicts import cell

ROW = {
    "difference": 0.1,
    "low": 0.05,
    "high": 0.15,
    "n": 30,
    "verdict": "different, beyond the margin",
}


@pytest.mark.parametrize(
    ("survives", "words"),
    [
        (True, "different, beyond the margin"),
        (None, "different, beyond the margin"),
        (False, "different, beyond the margin, not so in half-pixel alignment"),
    ],
)
def test_a_verdict_that_does_not_survive_says_so(survives, words):
    assert cell({**ROW, "survives": survives})[3] == words
