"""Give each entry a look: colour for methods, gray for what they are held against.

Colours are Okabe and Ito's, told apart with every kind of colour vision; line, hatch
and marker say the same again. Beyond eight methods colour cannot tell them apart:
the reference keeps its colour and the others turn gray.
"""

from dataclasses import dataclass

from reports import lookup
from reports.folder import Folder


@dataclass(frozen=True)
class Style:
    """How an entry is drawn."""

    color: str
    line: str | tuple[int, tuple[float | int, ...]] = "-"
    hatch: str = ""
    marker: str = "o"


_METHODS = (
    Style("#0072B2", "-", "", "o"),
    Style("#56B4E9", (0, (5, 1)), "////", "s"),
    Style("#009E73", (0, (1, 1)), "....", "D"),
    Style("#999933", (0, (5, 1, 1, 1)), "xxxx", "^"),
    Style("#D55E00", (0, (3, 1)), "\\\\\\\\", "v"),
    Style("#E69F00", (0, (4, 1, 1, 1, 1, 1)), "----", "P"),
    Style("#CC79A7", (0, (2, 1)), "++++", "X"),
    Style("#000000", (0, (8, 2)), "oooo", "*"),
)
_OTHER = Style("#9a9a9a", (0, (3, 1)), "////", "s")
_BASELINE = Style("#8a8a8a", (0, (1, 1.5)), "", "s")
_CEILING = Style("#c4c4c4", (0, (6, 2)), "||||", "D")
MOST = len(_METHODS)


def styles(folder: Folder) -> dict[str, Style]:
    """Choose a style for every entry."""
    methods = lookup.compared(folder)
    chosen = {name: _BASELINE for name in lookup.entries(folder)}
    chosen |= dict.fromkeys(lookup.entries(folder, "ceiling"), _CEILING)
    if len(methods) > MOST:
        chosen |= dict.fromkeys(methods, _OTHER)
        chosen[methods[0]] = _METHODS[0]
    else:
        chosen |= dict(zip(methods, _METHODS, strict=False))
    return chosen
