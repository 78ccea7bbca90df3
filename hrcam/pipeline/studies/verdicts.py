"""Five words for a claim, from intervals by condition and nothing else.

The rule is stated here, before any study: a condition bears a claim out, or shows the
opposite, or that nothing differs, or nothing; the claim's word follows from those of
all its conditions.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hrcam.pipeline.studies.endpoints import Expectation

HOLDS = "holds"
UNDER = "holds under"
EQUIVALENT = "equivalent"
INCONCLUSIVE = "inconclusive"
REVERSED = "reversed"
WORDS = (HOLDS, UNDER, EQUIVALENT, INCONCLUSIVE, REVERSED)
"""Every word there is; ``holds under`` comes with its conditions."""


@dataclass(frozen=True)
class Verdict:
    """What the conditions of a claim say together.

    Attributes
    ----------
    word
        One of :data:`WORDS`.
    under
        With ``holds under`` the conditions that bear it out, with ``reversed`` those
        that show the opposite.
    """

    word: str
    under: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As it is printed."""
        if self.word == UNDER:
            return f"{UNDER} {'; '.join(self.under)}"
        return f"{self.word} under {'; '.join(self.under)}" if self.under else self.word


def judge(
    wide: tuple[float, float],
    narrow: tuple[float, float],
    margin: float,
    expects: Expectation = "above",
) -> str:
    """Say what one condition shows.

    Parameters
    ----------
    wide
        Interval that a difference is read from; NaN if there is none.
    narrow
        Interval that equivalence is read from, within the wide one.
    margin
        Largest difference that does not matter.
    expects
        What the claim says of the difference.

    Examples
    --------
    >>> judge((0.01, 0.05), (0.015, 0.045), margin=0.02)
    'holds'
    >>> judge((0.01, 0.05), (0.015, 0.045), margin=0.02, expects="equal")
    'reversed'
    """
    low, high = wide
    inside = -margin < narrow[0] and narrow[1] < margin
    if expects == "equal":
        if inside:
            return HOLDS
        return REVERSED if low > 0 or high < 0 else INCONCLUSIVE
    if expects == "below":
        low, high = -high, -low
    if inside:
        return EQUIVALENT
    if low > 0:
        return HOLDS
    return REVERSED if high < 0 else INCONCLUSIVE


def conclude(states: Mapping[str, str]) -> Verdict:
    """Join what the conditions show.

    One that shows the opposite is enough to reverse a claim, since it is made without
    conditions; one that shows nothing is enough to leave it open elsewhere.

    Parameters
    ----------
    states
        By condition, a word of :func:`judge`.

    Examples
    --------
    >>> conclude({"head": "holds", "bone": "inconclusive"}).text
    'holds under head'
    >>> conclude({"head": "holds", "bone": "reversed"}).text
    'reversed under bone'
    """
    named = {
        word: tuple(name for name, state in states.items() if state == word)
        for word in (HOLDS, EQUIVALENT, REVERSED)
    }
    if not states:
        return Verdict(INCONCLUSIVE)
    if named[REVERSED]:
        every = len(named[REVERSED]) == len(states)
        return Verdict(REVERSED, () if every else named[REVERSED])
    if named[HOLDS]:
        every = len(named[HOLDS]) == len(states)
        return Verdict(HOLDS) if every else Verdict(UNDER, named[HOLDS])
    every = len(named[EQUIVALENT]) == len(states)
    return Verdict(EQUIVALENT if every else INCONCLUSIVE)
