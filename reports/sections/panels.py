"""Image panels, and images to browse."""

import io
from collections.abc import Mapping

import numpy as np
from jaxtyping import Num, UInt8

from reports import lookup
from reports.content import Block, Figure, Gallery, Paragraph, Picture, Section
from reports.figures.panels import columns, draw_panels, rows
from reports.folder import Folder
from reports.wording import count, decimal, score, stratum

_SCORED = ("ok", "constant_map", "empty_mask", "full_mask")


def build(folder: Folder) -> Section:
    """Show maps on images that a printed rule chose."""
    title = "Maps"
    if not folder.panels or not rows(folder) or not columns(folder):
        line = "The scores folder holds no maps to show."
        return Section("panels", title, (Paragraph(line),))
    blocks: list[Block] = [Paragraph(folder.results["panel_rule"]), _draw(folder)]
    if folder.gallery:
        blocks.append(_gather(folder))
    return Section("panels", title, tuple(blocks))


def _gather(folder: Folder) -> Gallery:
    """Collect the images that can be browsed."""
    from matplotlib import colormaps

    arrays, told = folder.gallery, folder.results["gallery"]
    rows = {row["image_id"]: row for row in told["images"]}
    labels = [
        f"{name}: {rows[name]['rule']}, {stratum(rows[name]['stratum'])}"
        for name in arrays["ids"].tolist()
    ]
    colors = colormaps["inferno"]([k / 100 for k in range(101)], bytes=True)
    size = " \N{MULTIPLICATION SIGN} ".join(map(str, arrays["levels"].shape[2:]))
    return Gallery(
        "gallery",
        f"All maps in report.html: {told['rule']}",
        "Orange: pixels that reach the threshold; white: outline of the mask. Maps are "
        f"drawn at {size} pixels; counts, sensitivity and specificity are those of the "
        "scores, at full size.",
        tuple(lookup.label(folder, name) for name in arrays["names"].tolist()),
        round(100 * lookup.thresholds(folder)[0]),
        tuple(bytes(color[:3]).hex() for color in colors),
        tuple(_picture(arrays, k, label) for k, label in enumerate(labels)),
    )


def _picture(arrays: Mapping[str, np.ndarray], k: int, label: str) -> Picture:
    levels = arrays["levels"][k]
    return Picture(
        label,
        encode(arrays["images"][k]) if "images" in arrays else None,
        encode(arrays["masks"][k].astype(np.uint8) * 255),
        encode(levels.reshape(-1, levels.shape[-1])),
        tuple(
            (_whole(hits), _whole(false)) if status in _SCORED else None
            for hits, false, status in zip(
                arrays["hits"][k], arrays["false"][k], arrays["status"][k], strict=True
            )
        ),
        round(float(arrays["lesion"][k])),
        round(float(arrays["healthy"][k])),
    )


def _whole(counts: Num[np.ndarray, " t"]) -> tuple[int, ...]:
    return tuple(np.round(counts).astype(np.int64).tolist())


def encode(pixels: UInt8[np.ndarray, "h w"] | UInt8[np.ndarray, "h w 3"]) -> bytes:
    """Encode a picture as PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return file.getvalue()


def _draw(folder: Folder) -> Figure:
    images, last = rows(folder), columns(folder)[-1]
    what = score(lookup.primary(folder))
    reading = (
        "White contour: the mask. Every map is scaled from its minimum (dark) to its "
        f"maximum (bright), as it is scored; below it its {what}. "
        "Raw maps without the image under them."
    )
    if lookup.entry(folder, last)["kind"] == "baseline":
        reading += f" Last column: the best baseline ({lookup.label(folder, last)})."
    return Figure(
        "panels",
        draw_panels(folder),
        _describe(folder, images),
        f"What each method marks, on {count(len(images), 'image')}."
        + _say_left_out(folder, what),
        reading,
    )


def _say_left_out(folder: Folder, what: str) -> str:
    number = len(set(lookup.compared(folder)) - set(columns(folder)))
    if not number:
        return ""
    methods = count(number, "more method")
    return f" For lack of room {methods}, lower in mean {what}, left out."


def _describe(folder: Folder, images: list[int]) -> str:
    name = lookup.reference(folder)
    ids = folder.panels["ids"].tolist()
    panels = {panel["image_id"]: panel for panel in folder.results["panels"]}
    scores = ", ".join(
        f"{panels[ids[k]]['rule']} {decimal(panels[ids[k]]['scores'].get(name))}"
        for k in images
    )
    return (
        f"Input with mask and {len(columns(folder))} maps each for "
        f"{count(len(images), 'image')}. {score(lookup.primary(folder)).capitalize()} "
        f"of {lookup.label(folder, name)}: {scores}."
    )
