"""The rule of the five words."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.pipeline.studies.verdicts import WORDS, conclude, judge

STATES = ("holds", "equivalent", "inconclusive", "reversed")
NUMBERS = st.floats(-1, 1)
NAMES = st.sampled_from("abcdefgh")
CONDITIONS = st.dictionaries(NAMES, st.sampled_from(STATES), min_size=1)


@st.composite
def intervals(draw):
    """An interval within a wider one, and a margin."""
    low90, high90 = sorted([draw(NUMBERS), draw(NUMBERS)])
    more = st.floats(0, 0.5)
    return (low90 - draw(more), high90 + draw(more)), (low90, high90), 0.1


@given(intervals(), st.sampled_from(["above", "below", "equal"]))
def test_a_condition_shows_what_its_intervals_say(case, expects):
    wide, narrow, margin = case
    found = judge(wide, narrow, margin, expects)
    inside = -margin < narrow[0] and narrow[1] < margin
    away = wide[0] > 0 or wide[1] < 0
    if expects == "equal":
        wanted = "holds" if inside else "reversed" if away else "inconclusive"
    else:
        side = wide[0] > 0 if expects == "above" else wide[1] < 0
        wanted = "holds" if side else "reversed"
        wanted = wanted if away else "inconclusive"
        wanted = "equivalent" if inside else wanted
    assert found == wanted


@given(intervals())
def test_negating_the_difference_turns_above_into_below(case):
    (low, high), (low90, high90), margin = case
    mirrored = (-high, -low), (-high90, -low90), margin
    assert judge(*case, "above") == judge(*mirrored, "below")
    assert judge(*case, "equal") == judge(*mirrored, "equal")


@given(intervals(), st.floats(0, 0.3))
def test_more_of_the_difference_never_takes_a_claim_away(case, more):
    (low, high), (low90, high90), margin = case
    raised = (low + more, high + more), (low90 + more, high90 + more), margin
    order = ["reversed", "inconclusive", "equivalent", "holds"]
    if judge(*case) == "holds":
        assert judge(*raised) == "holds"
    if judge(*raised) == "reversed":
        assert judge(*case) in ("reversed", "equivalent")
    assert judge(*case) in order


def test_what_is_not_known_shows_nothing():
    nothing = (math.nan, math.nan)
    for expects in ("above", "below", "equal"):
        assert judge(nothing, nothing, 0.1, expects) == "inconclusive"
    assert conclude({}).text == "inconclusive"


@given(CONDITIONS)
def test_the_word_of_a_claim_from_its_conditions(states):
    found = conclude(states)
    kinds = set(states.values())
    holding = {name for name, state in states.items() if state == "holds"}
    assert found.word in WORDS
    assert (found.word == "holds") == (kinds == {"holds"})
    assert (found.word == "equivalent") == (kinds == {"equivalent"})
    assert (found.word == "reversed") == ("reversed" in kinds)
    under = bool(holding) and kinds != {"holds"} and "reversed" not in kinds
    assert (found.word == "holds under") == under
    if under:
        assert set(found.under) == holding
    if found.word == "reversed" and kinds != {"reversed"}:
        assert {states[name] for name in found.under} == {"reversed"}
        assert len(found.under) == list(states.values()).count("reversed")


@given(CONDITIONS, st.randoms())
def test_the_order_of_conditions_is_nothing(states, random):
    names = list(states)
    random.shuffle(names)
    one, other = conclude(states), conclude({name: states[name] for name in names})
    assert one.word == other.word
    assert set(one.under) == set(other.under)


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ({"a": "holds", "b": "holds"}, "holds"),
        ({"a": "holds", "b": "inconclusive", "c": "holds"}, "holds under a; c"),
        ({"a": "equivalent", "b": "equivalent"}, "equivalent"),
        ({"a": "equivalent", "b": "inconclusive"}, "inconclusive"),
        ({"a": "holds", "b": "reversed"}, "reversed under b"),
        ({"a": "reversed"}, "reversed"),
    ],
)
def test_the_words(states, text):
    assert conclude(states).text == text
