"""Draw the gallery: every kind on every anatomy, by the generator itself."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Integer, UInt8
from PIL import Image, ImageDraw, ImageFont

from simbench.anatomies import ANATOMIES
from simbench.artifacts import ARTIFACTS
from simbench.assignment import assign
from simbench.confounders import CONFOUNDERS
from simbench.lesions import LESIONS
from simbench.noises import NOISES
from simbench.phantoms import Sample, draw
from simbench.preview import OUTLINES, colors, outlined
from simbench.recipe import Recipe, build
from simbench.scene import lacking

EXAMPLES = Path(__file__).parents[1] / "tests" / "simbench" / "examples"
SIZE = (128, 128)
GAP, CAPTION = 4, 16
CHANGE = 4  # gray levels of a change are shown so many times
QUIET = {"kind": "gaussian", "sigma": [0.015, 0.015]}
#: By anatomy: the intensities that become black and white.
WINDOWS = {
    "head": [-0.1, 1.5],
    "bone": [-0.15, 1.45],
    "midbrain": [-0.1, 1.3],
    "skin": [0.0, 1.15],
    "uniform": [0.0, 1.4],
}
#: Where the example's own color would not be seen: dark paint on dark ground.
BRIGHT = {"ruler": {"color": [0.9]}}
Picture = UInt8[np.ndarray, "h w 3"]
Cell = tuple[str, Picture | None]


def strips() -> Iterator[tuple[str, str, Picture]]:
    """Yield table, kind and picture of every kind of every table."""
    for kind in ANATOMIES:
        samples = [draw(example(kind, {}), index) for index in range(5)]
        plain = [(f"image {i}", rgb(s.image)) for i, s in enumerate(samples)]
        yield "anatomies", kind, joined([plain])
    for kind in LESIONS:
        yield "lesions", kind, _lesion(kind)
    for kind in CONFOUNDERS:
        yield "confounders", kind, _confounder(kind)
    for kind in NOISES:
        yield "noises", kind, _compared({"noise": read("noises", kind)})
    for kind in ARTIFACTS:
        yield "artifacts", kind, _compared({"artifacts": [read("artifacts", kind)]})


def recipe_strip(recipe: Recipe) -> Picture:
    """Draw the first images of every class of a recipe, plain above, outlined below."""
    rows: list[list[Cell]] = []
    each = 5 if len(recipe.classes) < 4 else 1
    above: list[Cell] = []
    below: list[Cell] = []
    for label, entry in enumerate(recipe.classes):
        for index in _first(recipe, label, each):
            sample = draw(recipe, index)
            above.append((entry.name, rgb(sample.image)))
            below.append(("", marked(sample, ("confounder", "mask"))))
    for start in range(0, len(above), 5):
        rows += [above[start : start + 5], below[start : start + 5]]
    return joined(rows)


def example(anatomy: str, changes: Mapping[str, Any]) -> Recipe:
    """Make a recipe of one anatomy with the tables to be shown."""
    acquisition = {
        "psf": 0.7,
        "bias": {"degree": 3, "strength": 0.04},
        "noise": QUIET,
        "gain": 0.0,
        "offset": 0.0,
        "window": WINDOWS.get(anatomy, [-0.1, 1.5]),
        **changes.get("acquisition", {}),
    }
    lesions = changes.get("lesions", {})
    table = {
        "name": anatomy,
        "seed": 12,
        "size": list(SIZE),
        "splits": {"train": 2, "validation": 2, "test": 2},
        "classes": [
            {"name": "first", "lesions": dict.fromkeys(lesions, 1.0)},
            {"name": "second", "lesions": dict.fromkeys(lesions, 1.0)},
        ],
        "anatomy": {"kind": anatomy},
        "texture": {
            "contrast": [0.06, 0.06],
            "spectrum": {"slope": 3.0, "length": 10.0},
        },
        **changes,
        "acquisition": acquisition,
    }
    return build(table, f"the gallery's {anatomy}")


def read(table: str, kind: str) -> dict[str, Any]:
    """Read the example of a kind that the tests use, too."""
    text = (EXAMPLES / table / f"{kind}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def rgb(image: Integer[np.ndarray, "h w *rgb"]) -> Picture:
    """Turn one image into RGB."""
    return colors(image[None])[0]


def marked(sample: Sample, arrays: Sequence[str]) -> Picture:
    """Draw the outlines of some of a sample's masks on its image."""
    picture = rgb(sample.image)
    for name in arrays:
        mask: Bool[np.ndarray, "h w"] = getattr(sample, name) != 0
        picture = outlined(picture, mask, OUTLINES[name])
    return picture


def joined(rows: Sequence[Sequence[Cell]]) -> Picture:
    """Put pictures side by side under their captions, rows below one another."""
    font = ImageFont.load_default(size=CAPTION - 4)
    lines = []
    for row in rows:
        height, width = next(p.shape[:2] for _, p in row if p is not None)
        top = CAPTION if any(name for name, _ in row) else 0
        count = max(len(row) for row in rows)
        line = np.full((top + height + GAP, count * (width + GAP), 3), 255, np.uint8)
        for i, (_, picture) in enumerate(row):
            shown = np.full((height, width, 3), 240) if picture is None else picture
            left = i * (width + GAP)
            line[top : top + height, left : left + width] = shown
        canvas = Image.fromarray(line)
        for i, (name, _) in enumerate(row):
            place = (i * (width + GAP), 0)
            ImageDraw.Draw(canvas).text(place, name, fill=(0, 0, 0), font=font)
        lines.append(np.asarray(canvas))
    return np.concatenate(lines)


def _lesion(kind: str) -> Picture:
    """Show one lesion on every anatomy that can have it: plain, outlined, change."""
    rows: tuple[list[Cell], ...] = ([], [], [])
    for anatomy, entry in ANATOMIES.items():
        if lacking(LESIONS[kind], entry):
            cells: list[Cell] = [(f"{anatomy}: none", None), ("", None), ("", None)]
        else:
            recipe = example(anatomy, {"lesions": {"shown": read("lesions", kind)}})
            sample, without = draw(recipe, 0), draw(recipe, 0, lesions="none")
            change = rgb(sample.image).astype(int) - rgb(without.image)
            cells = [
                (anatomy, rgb(sample.image)),
                ("", marked(sample, ("mask",))),
                ("", np.clip(128 + CHANGE * change, 0, 255).astype(np.uint8)),
            ]
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell)
    return joined(rows)


def _confounder(kind: str) -> Picture:
    """Show one confounder on every anatomy: plain above, outlined below."""
    above: list[Cell] = []
    below: list[Cell] = []
    for anatomy, entry in ANATOMIES.items():
        own = {} if entry.channels == 3 else BRIGHT.get(kind, {})
        shown = {"prevalence": 1.0, **read("confounders", kind), **own}
        sample = draw(example(anatomy, {"confounders": {"shown": shown}}), 0)
        above.append((anatomy, rgb(sample.image)))
        below.append(("", marked(sample, ("confounder",))))
    return joined([above, below])


def _compared(acquisition: Mapping[str, Any]) -> Picture:
    """Show every anatomy with a noise or artifact above, and without it below."""
    above: list[Cell] = []
    below: list[Cell] = []
    for anatomy in ANATOMIES:
        changed = draw(example(anatomy, {"acquisition": acquisition}), 0)
        above.append((anatomy, rgb(changed.image)))
        below.append(("", rgb(draw(example(anatomy, {}), 0).image)))
    return joined([above, below])


def _first(recipe: Recipe, label: int, count: int) -> list[int]:
    cases = (assign(recipe, index) for index in range(recipe.images))
    found: list[int] = []
    for case in cases:
        if case.label == label:
            found.append(case.index)
        if len(found) == count:
            break
    return found
