"""Hold what a report says, without saying how it looks.

Sections make these records; :mod:`reports.pdf`, :mod:`reports.html` and
:mod:`reports.twin` render them. Text is plain text, never markup of any language.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Role = Literal["body", "answer", "alert", "stamp", "note"]
Align = Literal["left", "right"]


@dataclass(frozen=True)
class Paragraph:
    """Some sentences.

    Attributes
    ----------
    text
        What is said.
    lead
        Printed in bold before it; may be empty.
    role
        ``answer``, ``alert`` and ``stamp`` are set apart; ``note`` is small.
    """

    text: str
    lead: str = ""
    role: Role = "body"


@dataclass(frozen=True)
class Figure:
    """A drawing with everything that who cannot see it needs.

    Attributes
    ----------
    name
        Unique in the report; letters, digits and hyphens.
    svg
        The drawing: an ``svg`` element, ids prefixed with the name.
    alt
        What is drawn and its main number.
    caption, reading
        What it is, and how to read it.
    """

    name: str
    svg: bytes
    alt: str
    caption: str
    reading: str

    def __post_init__(self) -> None:
        if not (self.alt and self.caption):
            msg = f"figure {self.name!r} must have alt text and a caption, got none"
            raise ValueError(msg)


@dataclass(frozen=True)
class Column:
    """Heading of a table's column."""

    title: str
    align: Align = "right"


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first cell of a row names it.

    Attributes
    ----------
    caption, reading
        What it is, and how to read it.
    columns, rows
        Headings and cells, as printed.
    strong
        Rows in bold.
    rules
        Rows with a line above them.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    reading: str = ""
    strong: tuple[int, ...] = ()
    rules: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                msg = (
                    f"rows of {self.caption!r} must have {len(self.columns)} cells, "
                    f"got {len(row)}: {row}"
                )
                raise ValueError(msg)


@dataclass(frozen=True)
class Beside:
    """Two blocks side by side; ``share`` is the left one's part of the width."""

    left: Paragraph | Figure | Table
    right: Paragraph | Figure | Table
    share: float = 0.5


@dataclass(frozen=True)
class Picture:
    """One image of a gallery.

    Attributes
    ----------
    label
        Which it is, and why it is here.
    image, mask, maps
        Gray PNG: the input or None; 255 on the lesion; all maps one below the other,
        whole hundredths of their range, 255 where not finite.
    marked
        By entry, marked lesion and healthy pixels at thresholds 0, 0.01, …, 1; None
        where the map has no scores.
    lesion, healthy
        Pixels of either kind.
    """

    label: str
    image: bytes | None
    mask: bytes
    maps: bytes
    marked: tuple[tuple[tuple[int, ...], tuple[int, ...]] | None, ...]
    lesion: int
    healthy: int


@dataclass(frozen=True)
class Gallery:
    """Images to browse with a threshold to move; paper shows ``caption`` only.

    Attributes
    ----------
    name
        Unique in the report.
    caption, reading
        Which images, and how to use it.
    entries
        What to call each map.
    threshold
        Where the threshold starts, in hundredths.
    palette
        Colours of levels 0 to 100, ``rrggbb``.
    pictures
        The images.
    """

    name: str
    caption: str
    reading: str
    entries: tuple[str, ...]
    threshold: int
    palette: tuple[str, ...]
    pictures: tuple[Picture, ...]


Block = Paragraph | Figure | Table | Beside | Gallery


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """All of a report.

    Attributes
    ----------
    title, subtitle
        Of the whole.
    date
        ``YYYY-MM-DD``, or None if nobody said.
    sections
        In reading order; the first is the answer.
    """

    title: str
    subtitle: str
    date: str | None
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        if self.date is None:
            return
        try:
            date.fromisoformat(self.date)
        except ValueError as error:
            msg = f"date of a report must be YYYY-MM-DD, got {self.date!r}"
            raise ValueError(msg) from error
