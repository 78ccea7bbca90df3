"""COCO's JSON: images, annotations and categories."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from metrics.sources.formats.annotations import draw
from metrics.sources.formats.bounds import check_bytes, check_marked
from metrics.sources.formats.categories import open_categories
from metrics.sources.formats.format import Format, Query, choose
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    Images,
    check_image,
    check_keys,
    complete,
)
from metrics.sources.formats.instances import pack, paint


@dataclass(frozen=True, eq=False)
class Annotated:
    """Images with the annotations of each, every one a lesion.

    What is marked as a crowd is no lesion but does not count, as COCO has it.
    """

    path: Path
    sizes: Mapping[str, tuple[int, int]]
    annotations: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def ids(self) -> tuple[str, ...]:
        """Images, sorted."""
        return tuple(sorted(self.sizes))

    def header(self, key: str) -> Header:
        """Return the size that the file tells."""
        return Header(self.sizes[key])

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Draw the annotations of one image after another."""
        for key in keys:
            size, lesions = self.sizes[key], []
            found = self.annotations.get(key, ())
            check_marked(f"{self.path}[{key}]", len(found), size)
            crowd = np.zeros(size, bool)
            for annotation in found:
                name = f"{self.path}[{key}], annotation {annotation.get('id', '')}"
                mask = draw(annotation, size, name)
                if annotation.get("iscrowd"):
                    crowd |= mask
                else:
                    lesions.append(pack(mask))
            pixels = paint(size, size, lesions)
            crowd &= pixels == 0
            yield Image(pixels, None, "lesions", crowd if crowd.any() else None)


def _gather(path: Path, query: Query) -> Images:
    check_bytes(path)
    with complete(str(path)):
        content = json.loads(path.read_bytes())
    if not isinstance(content, dict):
        msg = (
            f"{path} must be COCO (images, annotations) or run lengths by image and "
            f"category, got a {type(content).__name__}"
        )
        raise ImageError(msg)
    with complete(str(path)):
        if "images" in content:
            return _annotated(path, content, query)
        return open_categories(path, content, query)


def _annotated(path: Path, content: Mapping[str, Any], query: Query) -> Annotated:
    images = content["images"]
    by_name = query.ids == "name"
    names = {
        x["id"]: PurePosixPath(x["file_name"]).stem if by_name else str(x["id"])
        for x in images
    }
    if len(names) < len(images):
        twice = Counter(x["id"] for x in images).most_common(1)[0][0]
        msg = f"{path} must have one image of each id, got {twice} more than once"
        raise ImageError(msg)
    check_keys(str(path), list(names.values()))
    sizes = {names[x["id"]]: (int(x["height"]), int(x["width"])) for x in images}
    for key, size in sizes.items():
        check_image(f"{path}[{key}]", size, np.uint8)
    categories = {int(x["id"]): str(x["name"]) for x in content.get("categories") or ()}
    wanted = choose(categories, query.labels, f"the categories of {path}")
    found: dict[str, list[Mapping[str, Any]]] = {}
    for annotation in content.get("annotations") or ():
        found_in = annotation["image_id"]
        if found_in not in names:
            msg = (
                f"{path} must have the image of every annotation, got none for "
                f"image_id {found_in!r}"
            )
            raise ImageError(msg)
        if not query.labels or annotation.get("category_id") in wanted:
            found.setdefault(names[found_in], []).append(annotation)
    return Annotated(path, sizes, found)


FORMAT = Format(
    "coco",
    (".json",),
    "COCO: polygons, run lengths (compressed or not) and boxes are lesions, crowds do "
    "not count; or run lengths by image and category, as CheXlocalize has them",
    gather=_gather,
    masks_only=True,
    has_uids=True,
)
