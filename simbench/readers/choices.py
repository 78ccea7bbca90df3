"""What a user chooses when a dataset is read, beside the reader and the folder."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from simbench.parameters import Parameters
from simbench.parsing import Parser, frozen
from simbench.readers.reader import Reader
from simbench.readers.root import MAX_PIXELS
from simbench.readers.splits import Division

#: What happens to pictures that are damaged.
ON_CORRUPT = ("fail", "skip")
#: Longest side of the images of a dataset.
MAX_SIDE = 4096


@dataclass(frozen=True)
class Choices:
    """How a dataset is read.

    Parameters
    ----------
    options
        Of the reader, as :func:`parse_options` takes them.
    size
        Rows and columns of the images; None leaves them to the reader.
    channels
        1 or 3; 0 leaves them to the reader, or to the pictures.
    division
        Splits that are drawn.
    on_corrupt
        ``fail``, or ``skip`` pictures that are damaged.
    max_pixels
        Larger pictures are refused.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    channels: int = 0
    division: Division = field(default_factory=Division)
    on_corrupt: str = "fail"
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        """Check the values."""
        if self.size is not None and not all(1 <= n <= MAX_SIDE for n in self.size):
            msg = f"size must be 1 to {MAX_SIDE} rows and columns, got {self.size}"
            raise ValueError(msg)
        if self.channels not in (0, 1, 3):
            msg = f"channels must be 0, 1 or 3, got {self.channels}"
            raise ValueError(msg)
        if self.on_corrupt not in ON_CORRUPT:
            known = ", ".join(ON_CORRUPT)
            msg = f"on_corrupt must be one of {known}, got {self.on_corrupt!r}"
            raise ValueError(msg)
        if self.max_pixels < 1:
            msg = f"max_pixels must be at least 1, got {self.max_pixels}"
            raise ValueError(msg)


def find_reader(name: str) -> Reader:
    """Return a reader of the table.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    from simbench.readers import READERS

    if name not in READERS:
        close = get_close_matches(name, list(READERS), n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        msg = f"reader must be one of {', '.join(READERS)}, got {name!r}{hint}"
        raise ValueError(msg)
    return READERS[name]


def parse_options(reader: Reader, given: Mapping[str, Any]) -> Parameters:
    """Check the options of a reader.

    Raises
    ------
    ValueError
        Telling all problems.
    """
    parser = Parser(f"options of reader '{reader.name}'")
    return parser.finish(reader.options, frozen(dict(given)))


def parse_words(reader: Reader, words: list[str]) -> dict[str, Any]:
    """Read options of a command line, ``NAME=VALUE`` with values as in TOML.

    A value that is no TOML, or stands for text, is taken as it is.

    Raises
    ------
    ValueError
        If a word has no ``=``.
    """
    options: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            msg = f"--option must be NAME=VALUE, got {word!r}"
            raise ValueError(msg)
        field = reader.options.model_fields.get(name)
        options[name] = value if field and field.annotation is str else _value(value)
    return options


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
