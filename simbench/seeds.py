"""Random numbers that belong to a lesion's geometry: a seed in its place.

A place is a flat record of numbers, so a random pattern cannot lie in it. A seed can:
who holds the place can draw the pattern again, whatever else is in the image.
"""

from simbench.streams import Stream, stream


def seed(source: Stream) -> float:
    """Draw a whole number below 2**53, which a float holds exactly."""
    return float(source.integer(2**53))


def reopened(value: float) -> Stream:
    """Open the stream of a seed, always from its beginning."""
    return stream(int(value), "lesion", 0)
