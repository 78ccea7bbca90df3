"""Say in a fixed phrase what two intervals show."""

BEYOND = "different, beyond the margin"
WITHIN = "different, within the margin"
UNCLEAR = "different, size unclear"
EQUIVALENT = "equivalent"
INCONCLUSIVE = "inconclusive"
IDENTICAL = "identical"

VERDICTS = (BEYOND, WITHIN, UNCLEAR, EQUIVALENT, INCONCLUSIVE, IDENTICAL)
"""Every phrase there is."""


def judge(wide: tuple[float, float], narrow: tuple[float, float], margin: float) -> str:
    """Choose the phrase for a difference.

    Parameters
    ----------
    wide
        Interval that a difference is read from (95 %).
    narrow
        Interval that equivalence is read from (90 %: two one-sided tests of 5 %).
    margin
        Largest difference that does not matter.

    Examples
    --------
    >>> judge((-0.01, 0.015), (-0.008, 0.013), margin=0.02)
    'equivalent'
    """
    low, high = wide
    inside = -margin < narrow[0] and narrow[1] < margin
    if low > margin or high < -margin:
        return BEYOND
    if low > 0 or high < 0:
        return WITHIN if inside else UNCLEAR
    return EQUIVALENT if inside else INCONCLUSIVE
