"""What looks wrong with the maps of an entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = {
    "polarity": True,
    "orientation": True,
    "alignment": True,
    "levels": False,
    "saturation": False,
    "normalized": False,
}
"""What can be doubted, and whether it is a warning; else it is information."""


@dataclass(frozen=True)
class Doubt:
    """Something seen in the maps of one entry.

    Attributes
    ----------
    kind
        One of :data:`KINDS`.
    entry
        Name of the entry.
    sentence
        What was seen, and what to do about it.
    numbers
        What the sentence rests on, as plain values.
    """

    kind: str
    entry: str
    sentence: str
    numbers: Mapping[str, Any]

    @property
    def warns(self) -> bool:
        """Whether scores of these maps are likely to mislead."""
        return KINDS[self.kind]

    @property
    def alert(self) -> str:
        """The sentence as it stands alone."""
        return f"{self.sentence[0].upper()}{self.sentence[1:]}."

    def describe(self) -> dict[str, Any]:
        """Return the doubt as plain values."""
        return {
            "kind": self.kind,
            "entry": self.entry,
            "warns": self.warns,
            "sentence": self.sentence,
            "numbers": dict(self.numbers),
        }
