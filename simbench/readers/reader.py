"""What a reader of a real dataset is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simbench.parameters import Parameters
from simbench.parsing import on_one_line
from simbench.readers.listing import Listing
from simbench.readers.root import Root


class LayoutError(ValueError):
    """A folder that is not laid out as a reader expects it.

    A reader says what it got instead; whoever calls it adds the layout.

    Parameters
    ----------
    text
        What was got, whose characters that would break the line are escaped; or all of
        the message.
    layout
        The layout that the message ends with.
    """

    def __init__(self, text: str, layout: str = "") -> None:
        super().__init__(text if layout else on_one_line(text))
        self.layout = layout


class NoOptions(Parameters):
    """The options of a reader that has none."""


@dataclass(frozen=True)
class Reader:
    """An entry of the table of readers.

    Parameters
    ----------
    name
        What it is called.
    about
        The dataset, in one line.
    layout
        The files it expects, as a tree of text.
    find
        ``find(root, options)``: list the images, decoding none. It raises a
        :class:`LayoutError` where the folder is another, and a ``ValueError`` that
        names missing files together (:func:`simbench.readers.root.several`).
    options
        What a user may choose: frozen, with defaults. Of an option ``file`` the value
        may also be given as the root.
    extra
        What to install for it beside the core.
    chiral
        Whether images tell left from right, as letters in them do: training never
        mirrors them.
    """

    name: str
    about: str
    layout: str
    find: Callable[[Root, Any], Listing]
    options: type[Parameters] = NoOptions
    extra: str = ""
    chiral: bool = False
