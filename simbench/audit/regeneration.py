"""Draw images of a phantom's recipe anew, to compare with what is stored."""

from typing import Any

import numpy as np
from jaxtyping import Bool
from scipy import ndimage

from simbench.audit.sampling import Chosen, Images
from simbench.exams import Exam, examine
from simbench.phantoms import changed, take
from simbench.psf import REACH
from simbench.recipe import Recipe
from simbench.scene import effect

COMPARED = 64  # images


def outside(dataset: Images, chosen: Chosen, recipe: Recipe) -> dict[str, Any]:
    """Compare images with their counterfactuals where no lesion has an effect.

    Outside is where the expected effect is 0, also as far away as the point-spread
    function reaches. Artifacts of k-space carry a lesion everywhere: where the recipe
    has some, both images are drawn without them; else the stored image is compared.

    Returns
    -------
    How many images with lesions were compared, the share of their pixels that lies
    outside, and the largest ``difference`` there in gray levels, which must be 0.
    """
    rows = np.flatnonzero(chosen.lesions != "none")
    count = min(COMPARED, rows.size)
    rows = rows[np.arange(count) * rows.size // max(count, 1)]
    bare = without_artifacts(recipe)
    largest, pixels, beyond = 0, 0, 0
    for name in (chosen.ids[row] for row in rows):
        exam = examine(bare, int(name))
        healthy = take(exam, lesions="none").image.astype(np.int64)
        image = dataset.read("image", [name])[0] if bare == recipe else take(exam).image
        away = _away(touched(exam), recipe.acquisition.psf)
        pixels, beyond = pixels + away.size, beyond + int(away.sum())
        if away.any():
            largest = max(largest, int(np.abs(image - healthy)[away].max()))
    empty = dict.fromkeys(("auroc", "low", "high", "p"))
    found: dict[str, Any] = {"lesion": "all", **empty}
    if not beyond:
        return found | {"note": "nothing lies outside"}
    share = round(beyond / pixels, 6)
    return found | {"images": count, "outside": share, "difference": largest}


def touched(exam: Exam) -> Bool[np.ndarray, "h w"]:
    """Tell where an image's lesions have an effect, shams too."""
    places = np.zeros(exam.scene.size, bool)
    for kept in changed(exam)[1]:
        places |= effect(kept.change.mean, kept.change.variance) > 0
    return places


def other_place(
    recipe: Recipe, index: int, label: int, lesion: str
) -> Bool[np.ndarray, "h w"]:
    """Tell where a lesion would have an effect in an image of another class."""
    if lesion == "none":
        return np.zeros(recipe.size, bool)
    return touched(examine(_with_one(recipe, label, lesion), index, label))


def without_artifacts(recipe: Recipe) -> Recipe:
    """Return the recipe without changes of k-space; all else is drawn the same."""
    acquisition = recipe.acquisition.model_copy(update={"artifacts": ()})
    return recipe.model_copy(update={"acquisition": acquisition})


def _with_one(recipe: Recipe, label: int, lesion: str) -> Recipe:
    """Return the recipe with one lesion, or mix, in all images of a class."""
    classes = list(recipe.classes)
    update = {"lesions": {lesion: 1.0}}
    classes[label] = classes[label].model_copy(update=update)
    return recipe.model_copy(update={"classes": tuple(classes)})


def _away(touched: Bool[np.ndarray, "h w"], psf: float) -> Bool[np.ndarray, "h w"]:
    reach = int(REACH * psf + 0.5)
    if not reach:
        return ~touched
    return ~ndimage.maximum_filter(touched, size=2 * reach + 1, mode="constant")
