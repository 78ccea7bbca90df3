"""Damaged files are read, or refused by an error of ours in one line that names them.

No other exception, whatever the damage; how long an example takes is looked at in the
slow run only, where nothing else keeps the machine busy.
"""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
RANDOMS = st.randoms(use_true_random=False)
pytestmark = pytest.mark.filterwarnings("ignore")


def test_sound_files_are_read(case):
    case.target.read(case.path)


@settings(max_examples=40, suppress_health_check=QUIET, phases=[Phase.generate])
@given(random=RANDOMS)
def test_damaged_files_are_read_or_refused(case, random, attempt):
    with case.damaged(random) as path:
        attempt(case.target, path)


@pytest.mark.slow
@settings(
    max_examples=3000, suppress_health_check=QUIET, deadline=timedelta(seconds=20)
)
@given(random=RANDOMS)
def test_damaged_files_keep_nobody_waiting(case, random, attempt):
    with case.damaged(random) as path:
        attempt(case.target, path)


def test_a_reader_that_raises_anything_else_is_noticed(targets, attempt, tmp_path):
    wrong = {
        KeyError("a"): KeyError,
        ValueError("something is wrong"): AssertionError,
        ValueError(f"{tmp_path}\nis wrong"): AssertionError,
    }
    for error, kind in wrong.items():

        def read(_, error=error):
            raise error

        with pytest.raises(kind):
            attempt(targets.Target(lambda folder: folder, read), tmp_path)
