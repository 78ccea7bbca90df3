"""Draw one phantom: anatomy, texture, lesions, blur, bias field, noise, confounders.

Lesions are put into the object, before anything that an apparatus does to it. So image
and counterfactual share every draw, noise has the same law inside a lesion as outside,
and no border betrays what was pasted. An :class:`Exam` holds what they share.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, UInt8, UInt16

from simbench.acquisition import expose, quantized
from simbench.assignment import Case
from simbench.confounders.confounder import Layer
from simbench.exams import Exam, examine
from simbench.lesions import LESIONS
from simbench.noises import NOISES
from simbench.psf import blur
from simbench.recipe import Recipe
from simbench.scene import Scene
from simbench.truth import Kept, truth_of

Selection = str | Collection[int]
"""``"all"``, ``"none"`` or lesion ids."""


@dataclass(frozen=True)
class Sample:
    """One image with everything that is known about it."""

    case: Case
    image: UInt8[np.ndarray, "h w *rgb"] | UInt16[np.ndarray, "h w *rgb"]
    mask: Bool[np.ndarray, "h w"]
    """Where the effect of a lesion is at least half its maximum, or as ``[truth]``
    says."""
    distinctive: Bool[np.ndarray, "h w"]
    """The same, of lesions that no other class may have."""
    instances: UInt8[np.ndarray, "h w"]
    """The lesion's id on its part of the mask, 0 elsewhere."""
    effect: Float32[np.ndarray, "h w"]
    """Expected change of the blurred object, before bias field and noise."""
    tissue: UInt8[np.ndarray, "h w"]
    """0 outside the body, then the anatomy's labels."""
    confounder: UInt8[np.ndarray, "h w"]
    """The confounder's id where it is seen, 0 elsewhere."""
    factors: dict[str, float]
    lesions: tuple[dict[str, Any], ...]
    confounders: tuple[dict[str, Any], ...]


def draw(
    recipe: Recipe,
    index: int,
    lesions: Selection = "all",
    confounder: bool = True,
    label: int | None = None,
) -> Sample:
    """Draw an image, or a counterfactual of it.

    A pure function: the same arguments give the same bytes, whatever was drawn before.

    Parameters
    ----------
    recipe
        What to draw.
    index
        Which image, 0 to ``recipe.images`` - 1.
    lesions
        ``"all"``; ``"none"``, the image without its lesions; or the ids (1, 2, …) of
        those to keep.
    confounder
        Whether to keep confounders.
    label
        Draw the same anatomy, with the same confounders, as another class.

    Raises
    ------
    ValueError
        If index, label or a lesion's id do not exist.
    """
    return take(examine(recipe, index, label), lesions, confounder)


def take(exam: Exam, lesions: Selection = "all", confounder: bool = True) -> Sample:
    """Take the image of an exam, with the lesions and confounders that are asked for.

    Raises
    ------
    ValueError
        If a lesion's id does not exist.
    """
    return developed(exam, *changed(exam, lesions), confounder)


def developed(
    exam: Exam, scene: Scene, kept: list[Kept], confounder: bool = True
) -> Sample:
    """Take the image of an exam whose lesions :func:`changed` has put in."""
    acquisition = exam.recipe.acquisition
    image = expose(blur(scene.object(), scene.psf), exam.conditions, acquisition)
    layers = exam.layers if confounder else ()
    marks = np.zeros(scene.size, np.uint8)
    for i, (_, layer) in enumerate(layers, start=1):
        image = _covered(image, layer)
        marks[layer.mask] = i
    truth = truth_of(kept, exam.recipe.truth, scene.size, partial(_deviation, exam))
    return Sample(
        case=exam.case,
        image=quantized(image, acquisition.bits),
        mask=truth.mask,
        distinctive=truth.distinctive,
        instances=truth.instances,
        effect=truth.effect,
        tissue=scene.body.tissue,
        confounder=marks,
        factors={
            **scene.body.factors,
            "texture_contrast": scene.contrast,
            **exam.conditions.factors,
        },
        lesions=tuple(_lesion_row(exam, lesion, truth.areas) for lesion in kept),
        confounders=tuple(_confounder_row(exam, i) for i in range(len(layers))),
    )


def _chosen(lesions: Selection, count: int) -> list[int]:
    if isinstance(lesions, str):
        if lesions not in ("all", "none"):
            msg = f"lesions must be 'all', 'none' or lesion ids, got '{lesions}'"
            raise ValueError(msg)
        return list(range(1, count + 1)) if lesions == "all" else []
    wrong = sorted(set(lesions) - set(range(1, count + 1)))
    if wrong:
        msg = f"lesions must be among the image's {count} lesions, 1 first, got {wrong}"
        raise ValueError(msg)
    return sorted(set(lesions))


def changed(exam: Exam, lesions: Selection = "all") -> tuple[Scene, list[Kept]]:
    """Put lesions in, one after the other; return the scene and what each one did."""
    ids = _chosen(lesions, len(exam.lesions))
    scene = exam.scene
    distinctive = exam.recipe.distinctive(exam.case.label)
    kept = []
    for i in ids:
        name, place = exam.lesions[i - 1]
        parameters: Any = exam.recipe.lesions[name]
        lesion = LESIONS[parameters.kind]
        source = exam.opened("lesion_texture", i)
        change = lesion.change(parameters, place, scene, source)
        scene = change.scene
        kept.append(Kept(i, change, parameters.sham, name in distinctive))
    return scene, kept


def _deviation(exam: Exam) -> Float32[np.ndarray, "h w"]:
    """Return the standard deviation of texture and noise in the healthy image."""
    scene, noise = exam.scene, exam.recipe.acquisition.noise
    signal = scene.intensity.astype(np.float64)
    _, own = NOISES[noise.kind].moments(noise, exam.conditions.level, signal)
    variance = (scene.strength.astype(np.float64) ** 2 + own**2).mean(axis=0)
    return np.sqrt(variance).astype(np.float32)


def _covered(
    image: Float32[np.ndarray, "c h w"], layer: Layer
) -> Float32[np.ndarray, "c h w"]:
    return image + layer.opacity * (layer.color[:, None, None] - image)


def _lesion_row(exam: Exam, kept: Kept, areas: dict[int, int]) -> dict[str, Any]:
    name, place = exam.lesions[kept.lesion_id - 1]
    return {
        "image_id": exam.case.image_id,
        "lesion_id": kept.lesion_id,
        "name": name,
        "kind": exam.recipe.lesions[name].kind,
        "sham": kept.sham,
        "distinctive": kept.distinctive,
        "area": areas[kept.lesion_id],
        **place,
    }


def _confounder_row(exam: Exam, number: int) -> dict[str, Any]:
    name, layer = exam.layers[number]
    return {
        "image_id": exam.case.image_id,
        "confounder_id": number + 1,
        "name": name,
        "kind": exam.recipe.confounders[name].kind,
        "area": int(np.count_nonzero(layer.mask)),
        **layer.factors,
    }
