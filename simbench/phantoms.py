"""Draw one phantom: anatomy, texture, lesions, then blur, bias field and noise.

Lesions are put into the object, before anything that an apparatus does to it. So image
and counterfactual share every draw, noise has the same law inside a lesion as outside,
and no border betrays what was pasted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from simbench.acquisition import blur, conditions, expose
from simbench.anatomies import ANATOMIES
from simbench.assignment import Case, assign
from simbench.lesions import LESIONS
from simbench.recipe import Recipe
from simbench.scene import Place, Scene
from simbench.streams import stream
from simbench.texture import field

Selection = str | Collection[int]
"""``"all"``, ``"none"`` or lesion ids."""


@dataclass(frozen=True)
class Sample:
    """One image with everything that is known about it."""

    case: Case
    image: UInt8[np.ndarray, "h w"]
    mask: Bool[np.ndarray, "h w"]
    """Where the effect of a lesion is at least half its maximum."""
    instances: UInt8[np.ndarray, "h w"]
    """The lesion's id on its part of the mask, 0 elsewhere."""
    effect: Float32[np.ndarray, "h w"]
    """Expected change of the blurred object, before bias field and noise."""
    tissue: UInt8[np.ndarray, "h w"]
    """0 outside the body, then the anatomy's labels."""
    confounder: UInt8[np.ndarray, "h w"]
    factors: dict[str, float]
    lesions: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class _Truth:
    mask: Bool[np.ndarray, "h w"]
    instances: UInt8[np.ndarray, "h w"]
    effect: Float32[np.ndarray, "h w"]
    areas: dict[int, int]


def draw(
    recipe: Recipe,
    index: int,
    lesions: Selection = "all",
    confounder: bool = True,  # noqa: ARG001  no recipe has confounders yet
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
        Draw the same anatomy as another class.

    Raises
    ------
    ValueError
        If index, label or a lesion's id do not exist.
    """
    case = assign(recipe, index, label)
    scene = _scene(recipe, case)
    drawn = _placed(recipe, case, scene)
    kept = _kept(lesions, len(drawn))
    scene, truth = _changed(recipe, case, scene, [drawn[i - 1] for i in kept], kept)
    exposure = conditions(
        recipe.acquisition, scene.body.tissue > 0, recipe.seed, case.index
    )
    signal = blur(scene.object(), scene.psf)
    return Sample(
        case=case,
        image=expose(signal, exposure, recipe.acquisition),
        mask=truth.mask,
        instances=truth.instances,
        effect=truth.effect,
        tissue=scene.body.tissue,
        confounder=np.zeros(scene.size, np.uint8),
        factors={**scene.body.factors, **exposure.factors},
        lesions=tuple(
            {
                "image_id": case.image_id,
                "lesion_id": i,
                "name": drawn[i - 1][0],
                "kind": recipe.lesions[drawn[i - 1][0]].kind,
                "area": truth.areas[i],
                **drawn[i - 1][1],
            }
            for i in kept
        ),
    )


def _scene(recipe: Recipe, case: Case) -> Scene:
    """Draw the healthy object."""
    anatomy = ANATOMIES[recipe.anatomy.kind]
    source = stream(recipe.seed, "anatomy", case.subject_number)
    body = anatomy.draw(recipe.anatomy, recipe.size, source)
    psf = recipe.acquisition.psf
    source = stream(recipe.seed, "texture", case.index)
    texture = field(source, recipe.size, recipe.texture.spectrum, psf)
    contrast = float(source.between(recipe.texture.contrast))
    body = replace(body, factors={**body.factors, "texture_contrast": contrast})
    strength = body.texture * np.float32(contrast)
    return Scene(body, body.intensity, texture, strength, psf)


def _placed(recipe: Recipe, case: Case, scene: Scene) -> list[tuple[str, Place]]:
    """Draw all lesions' places, each kind from its own stream."""
    return [
        (name, place)
        for part, name in enumerate(case.lesion_names)
        for place in LESIONS[recipe.lesions[name].kind].place(
            recipe.lesions[name],
            scene.body,
            stream(recipe.seed, "lesion", case.index, part),
            case.sign,
        )
    ]


def _kept(lesions: Selection, count: int) -> list[int]:
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


def _changed(
    recipe: Recipe,
    case: Case,
    scene: Scene,
    kept: Sequence[tuple[str, Place]],
    ids: Sequence[int],
) -> tuple[Scene, _Truth]:
    """Put lesions in, one after the other, and mark where each acts."""
    mean = np.zeros(scene.size, np.float32)
    variance = np.zeros(scene.size, np.float32)
    instances = np.zeros(scene.size, np.uint8)
    areas = {}
    for i, (name, place) in zip(ids, kept, strict=True):
        parameters = recipe.lesions[name]
        source = stream(recipe.seed, "lesion_texture", case.index, i)
        change = LESIONS[parameters.kind].change(parameters, place, scene, source)
        scene = change.scene
        effect = np.sqrt(change.mean**2 + change.variance)
        own = (effect >= effect.max() / 2) & (effect > 0)
        instances[own] = i
        areas[i] = int(own.sum())
        mean += change.mean
        variance += change.variance
    effect = np.sqrt(mean**2 + variance)
    return scene, _Truth(instances > 0, instances, effect, areas)
