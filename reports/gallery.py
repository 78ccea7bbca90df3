"""Render a gallery as HTML: its data, which the page's script turns into pictures."""

import json
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from reports.content import Gallery, Picture

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def render_gallery(gallery: Gallery) -> str:
    """Render captions and data; the script ``report.js`` adds controls and pictures."""
    content = {
        "entries": gallery.entries,
        "threshold": gallery.threshold,
        "palette": gallery.palette,
        "pictures": [_describe(picture) for picture in gallery.pictures],
    }
    text = json.dumps(content, separators=(",", ":"))
    for character in "<>&":  # neither markup nor the end of the script
        text = text.replace(character, f"\\u{ord(character):04x}")
    name = escape(gallery.name)
    return (
        f'<figure class="gallery" id="{name}">\n'
        f"<figcaption>{escape(gallery.caption)} "
        f'<span class="reading">{escape(gallery.reading)}</span></figcaption>\n'
        "<noscript><p>Browsing needs the script of this page.</p></noscript>\n"
        f'<script type="application/json">{text}</script>\n</figure>'
    )


def _describe(picture: Picture) -> dict[str, object]:
    pictures = {"image": picture.image, "mask": picture.mask, "maps": picture.maps}
    return {
        "label": picture.label,
        "lesion": picture.lesion,
        "healthy": picture.healthy,
        "marked": [
            None if pair is None else [fold(pair[0]), fold(pair[1])]
            for pair in picture.marked
        ],
        **{k: b64encode(v).decode() if v else None for k, v in pictures.items()},
    }


def fold(counts: Sequence[int]) -> str:
    """Write falling counts as the first one and then each fall, in base 36.

    Examples
    --------
    >>> fold([40, 40, 3, 0])
    '14,,11,3'
    """
    falls = [a - b for a, b in pairwise(counts)]
    return ",".join("" if n == 0 else _encode(n) for n in [counts[0], *falls])


def _encode(number: int) -> str:
    sign, number, text = "-" * (number < 0), abs(number), ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return sign + text
