"""Paint with matplotlib, and get the same bytes for the same picture.

No pyplot and no lasting change of settings: a figure is made, saved and forgotten
inside one context that starts from matplotlib's own defaults.
"""

import io
import re
import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from reports.wording import Number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font

WIDTH = 174.0
"""Width of the page's text in mm."""

FONT = "DejaVu Sans"
BOX = "\N{WHITE SQUARE}"

INK = "#222222"
_MM = 25.4
_SETTINGS: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": INK,
    "axes.labelsize": 7.0,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 4.0,
    "axes.titlesize": 7.5,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "figure.dpi": 100.0,
    "font.family": FONT,
    "font.size": 7.0,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "savefig.dpi": 220.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "reports",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": "#555555",
    "xtick.labelcolor": INK,
    "xtick.labelsize": 6.5,
    "xtick.major.size": 2.0,
    "xtick.major.width": 0.6,
    "ytick.color": "#555555",
    "ytick.labelcolor": INK,
    "ytick.labelsize": 6.5,
    "ytick.major.size": 2.0,
    "ytick.major.width": 0.6,
}


def render(
    name: str, size: tuple[Number, Number], paint: Callable[["Figure"], None]
) -> bytes:
    """Draw a figure.

    Parameters
    ----------
    name
        Prefix of all ids in the drawing, so that several fit into one document.
    size
        Width and height in mm.
    paint
        Puts axes and marks on the empty figure.

    Returns
    -------
    bytes
        An ``svg`` element in UTF-8 without XML prolog, date or program name.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # see cover
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        figure = Figure(figsize=(size[0] / _MM, size[1] / _MM))
        paint(figure)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return _settle(file.getvalue().decode(), name).encode()


def place(
    figure: "Figure", left: Number, top: Number, width: Number, height: Number
) -> "Axes":
    """Add axes; distances in mm from the figure's left and top."""
    w, h = (inches * _MM for inches in figure.get_size_inches())
    return figure.add_axes((left / w, 1 - (top + height) / h, width / w, height / h))


def write(
    figure: "Figure", left: Number, top: Number, text: str, **style: object
) -> None:
    """Write a text; distances in mm from the figure's left and top."""
    w, h = (inches * _MM for inches in figure.get_size_inches())
    figure.text(left / w, 1 - top / h, text, **style)  # type: ignore[arg-type]  # any style


def fit(text: str, room: Number, size: Number = 6.5, bold: bool = False) -> str:
    """Cut a text that is wider than ``room`` mm at ``size`` points."""
    text = " ".join(text.split())
    if measure(text, size, bold) <= room:
        return text
    while text and measure(f"{text}\N{HORIZONTAL ELLIPSIS}", size, bold) > room:
        text = text[:-1].rstrip()
    return f"{text}\N{HORIZONTAL ELLIPSIS}"


def flow(text: str, room: Number, size: Number = 6.5, bold: bool = False) -> str:
    """Break a text between words into lines no wider than ``room`` mm."""
    lines: list[str] = []
    for given in text.split("\n"):
        line = ""
        for word in given.split():
            longer = f"{line} {word}".lstrip()
            if line and measure(longer, size, bold) > room:
                lines.append(fit(line, room, size, bold))
                longer = word
            line = longer
        lines.append(fit(line, room, size, bold))
    return "\n".join(lines)


def measure(text: str, size: Number, bold: bool = False) -> float:
    """Return the width of a text in mm, characters without a glyph as boxes."""
    known, widths = _characters(), _advances(bold)
    points = sum(widths[c if ord(c) in known else BOX] for c in text) * size
    return points * _MM / 72


def _settle(svg: str, name: str) -> str:
    """Make the drawing fit into any document: no prolog, own ids."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-")
    return svg.replace(f"'{FONT}'", f"'{FONT}', sans-serif")


def cover(svg: bytes) -> bytes:
    """Replace characters that :data:`FONT` lacks by boxes.

    A browser finds them in other fonts; Typst would set the whole line in one.
    """
    known = _characters()
    text = svg.decode()
    strange = {c for c in set(text) if ord(c) not in known and not c.isspace()}
    return text.translate(dict.fromkeys(map(ord, strange), BOX)).encode()


@cache
def _characters() -> frozenset[int]:
    """Code points that the font can show."""
    return frozenset(_font(False).get_charmap())


@cache
def _font(bold: bool) -> "FT2Font":
    from matplotlib import font_manager, ft2font

    weight = "bold" if bold else "normal"
    wanted = font_manager.FontProperties(family=FONT, weight=weight)
    return ft2font.FT2Font(str(font_manager.findfont(wanted)))


class _Advances(dict[str, float]):
    """Width of each character in parts of the font's size, measured when asked."""

    def __init__(self, font: "FT2Font") -> None:
        self.font = font

    def __missing__(self, character: str) -> float:
        from matplotlib import ft2font

        glyph = self.font.load_char(ord(character), flags=ft2font.LoadFlags.NO_SCALE)
        width = glyph.horiAdvance / self.font.units_per_EM
        return self.setdefault(character, width)


@cache
def _advances(bold: bool) -> _Advances:
    return _Advances(_font(bold))
