"""Draw all that one image and its counterfactuals share: an exam.

Anatomy, texture, the lesions' places, bias field, artifacts, noise and confounders are
drawn once; :mod:`simbench.phantoms` takes images of them, with the lesions asked for.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from simbench.acquisition import Conditions, conditions
from simbench.anatomies import ANATOMIES
from simbench.assignment import Case, assign
from simbench.confounders import CONFOUNDERS
from simbench.confounders.confounder import Layer
from simbench.difficulty.calibration import View, calibrated
from simbench.lesions import LESIONS
from simbench.recipe import Recipe
from simbench.sampling import settled
from simbench.scene import Place, Scene
from simbench.streams import Stream, stream
from simbench.texture import field


@dataclass(frozen=True)
class Exam:
    """All that is drawn for one image, before one chooses what to keep of it."""

    recipe: Recipe
    case: Case
    scene: Scene
    """The healthy object."""
    lesions: tuple[tuple[str, Place], ...]
    """Name in the recipe and place; the first has id 1."""
    conditions: Conditions
    layers: tuple[tuple[str, Layer], ...]
    """Confounders: name in the recipe and what is drawn; the first has id 1."""

    def opened(self, stage: str, part: int = 0) -> Stream:
        """Open one of the image's streams."""
        return stream(self.recipe.seed, stage, self.case.index, part)


def examine(
    recipe: Recipe,
    index: int,
    label: int | None = None,
    confounders: Collection[str] | None = None,
) -> Exam:
    """Draw everything that an image and its counterfactuals share.

    Parameters
    ----------
    recipe, index, label
        As for :func:`draw`.
    confounders
        Names of the confounders that it is to have instead of its own. Each is drawn
        as it would be if it were the image's own.

    Raises
    ------
    ValueError
        If index, label or a confounder do not exist.
    """
    case = assign(recipe, index, label)
    if confounders is not None:
        case = replace(case, confounders=_named(recipe, confounders))
    recipe = settled(recipe, recipe.sampling, case.rank, recipe.seed)

    def opened(stage: str, part: int = 0) -> Stream:
        return stream(recipe.seed, stage, index, part)

    scene = _scene(recipe, case)
    tissue = scene.body.tissue
    exposure = conditions(recipe.acquisition, tissue > 0, recipe.channels, opened)
    return Exam(
        recipe=recipe,
        case=case,
        scene=scene,
        lesions=calibrated(
            View(recipe, scene, exposure, opened), _placed(recipe, case, scene)
        ),
        conditions=exposure,
        layers=tuple(
            (name, _layer(recipe, case, name, tissue)) for name in case.confounders
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
    strength = body.texture * np.float32(contrast)
    return Scene(body, body.intensity, texture, strength, contrast, psf)


def _placed(recipe: Recipe, case: Case, scene: Scene) -> list[tuple[str, Place]]:
    """Draw all lesions' places, each kind from its own stream."""
    own = case.subject_number if recipe.subject_lesions else case.index
    return [
        (name, place)
        for part, name in enumerate(case.lesion_names)
        for place in LESIONS[recipe.lesions[name].kind].place(
            recipe.lesions[name],
            scene.body,
            stream(recipe.seed, "lesion", own, part),
            case.sign,
        )
    ]


def _layer(
    recipe: Recipe, case: Case, name: str, tissue: UInt8[np.ndarray, "h w"]
) -> Layer:
    """Draw one confounder from its own stream."""
    parameters: Any = recipe.confounders[name]
    part = list(recipe.confounders).index(name)
    source = stream(recipe.seed, "confounder", case.index, part)
    return CONFOUNDERS[parameters.kind].draw(parameters, tissue, source)


def _named(recipe: Recipe, confounders: Collection[str]) -> tuple[str, ...]:
    wrong = sorted(set(confounders) - set(recipe.confounders))
    if wrong:
        known = ", ".join(recipe.confounders) or "none"
        msg = f"confounders must be among the recipe's ({known}), got {wrong}"
        raise ValueError(msg)
    return tuple(name for name in recipe.confounders if name in confounders)
