import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.engine.training.schedule import Phase, phases, rate, schedule

pytestmark = pytest.mark.engine


@given(epochs=st.integers(1, 30), freeze=st.integers(0, 40))
def test_phases_cover_every_epoch_once(epochs, freeze):
    found = phases(epochs, freeze)
    covered = [e for phase in found for e in range(phase.first, phase.last)]
    assert covered == list(range(epochs))
    frozen = [e for p in found if p.frozen for e in range(p.first, p.last)]
    assert len(frozen) == min(epochs, freeze)
    assert frozen == covered[: len(frozen)]


def test_nothing_frozen_is_one_phase():
    assert phases(12, 0) == (Phase(0, 12, frozen=False),)


@pytest.mark.parametrize(("peak", "steps"), [(2e-3, 240), (0.1, 7), (1.0, 1)])
def test_the_rate_rises_then_falls_along_a_cosine(peak, steps):
    plan = schedule(peak, steps)
    warmup = max(1, steps // 10)
    for step in range(steps):
        if step < warmup:
            expected = peak / 20 + (peak - peak / 20) * step / warmup
        else:
            share = (step - warmup) / max(1, steps - warmup)
            expected = peak * (1 + math.cos(math.pi * share)) / 2
        assert rate(plan, step) == pytest.approx(expected, rel=1e-4, abs=1e-9)
