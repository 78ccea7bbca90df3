"""Draw a run of images: the unit that one worker makes and one shard holds."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Shaped

from simbench.difficulty.columns import columns
from simbench.exams import examine
from simbench.phantoms import Sample, changed, developed, take
from simbench.recipe import Recipe

LENGTH = 256  # images; also the length of a shard
Row = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """One image's share of an array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Tables:
    """Rows of the three tables."""

    index: list[Row] = field(default_factory=list)
    lesions: list[Row] = field(default_factory=list)
    confounders: list[Row] = field(default_factory=list)

    def extend(self, other: "Tables") -> None:
        """Append the rows of another block."""
        self.index.extend(other.index)
        self.lesions.extend(other.lesions)
        self.confounders.extend(other.confounders)


@dataclass(frozen=True)
class Block:
    """Consecutive images and their rows in the tables."""

    start: int
    arrays: dict[str, Shaped[np.ndarray, "n h w *rgb"]]
    tables: Tables


def layout(recipe: Recipe) -> dict[str, Layout]:
    """Return the arrays of a dataset: type and shape of one image."""
    size = recipe.size
    image = Layout(
        np.dtype("uint8" if recipe.acquisition.bits == 8 else "uint16"),
        size if recipe.channels == 1 else (*size, recipe.channels),
    )
    label = Layout(np.dtype("uint8"), size)
    arrays = {
        "image": image,
        "mask": label,
        "distinctive": label,
        "instances": label,
        "effect": Layout(np.dtype("float32"), size),
        "confounder": label,
        "tissue": label,
    }
    return arrays | ({"counterfactual": image} if recipe.counterfactual else {})


def starts(recipe: Recipe) -> range:
    """Return the first image of every block of a dataset."""
    return range(0, recipe.images, LENGTH)


def draw_block(recipe: Recipe, start: int) -> Block:
    """Draw the block that starts at an image."""
    indices = range(start, min(start + LENGTH, recipe.images))
    arrays = {
        name: np.empty((len(indices), *entry.shape), entry.dtype)
        for name, entry in layout(recipe).items()
    }
    tables = Tables()
    for i, index in enumerate(indices):
        exam = examine(recipe, index)
        scene, kept = changed(exam)
        sample = developed(exam, scene, kept)
        for name, array in arrays.items():
            if name != "counterfactual":
                array[i] = getattr(sample, name)
        if recipe.counterfactual:
            arrays["counterfactual"][i] = take(exam, lesions="none").image
        tables.index.append(_row(recipe, sample))
        grades = columns(exam, kept)
        tables.lesions.extend(
            {**row, **grade} for row, grade in zip(sample.lesions, grades, strict=True)
        )
        tables.confounders.extend(sample.confounders)
    return Block(start, arrays, tables)


def _row(recipe: Recipe, sample: Sample) -> dict[str, Any]:
    case = sample.case
    return {
        "image_id": case.image_id,
        "split": case.split,
        "label": case.label,
        "class": recipe.classes[case.label].name,
        "subject": case.subject,
        "lesion": recipe.shown(case.lesion),
        "lesions": len(sample.lesions),
        "area": int(sample.mask.sum()),
        **sample.factors,
        "image_sha256": hashlib.sha256(sample.image.tobytes()).hexdigest(),
        "mask_sha256": hashlib.sha256(sample.mask.tobytes()).hexdigest(),
    }
