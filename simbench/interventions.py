"""Interventions: one exam with and without its lesions, with and without a confounder.

The four images share every draw, so what a model makes of the lesion and of the
confounder can be told apart, and whether one changes what it makes of the other.
"""

from dataclasses import dataclass, replace

from simbench.assignment import assign
from simbench.exams import Exam, examine
from simbench.phantoms import Sample, take
from simbench.recipe import Recipe


@dataclass(frozen=True)
class Interventions:
    """The four images of a 2 x 2 set."""

    neither: Sample
    lesion: Sample
    confounder: Sample
    both: Sample


def intervene(
    recipe: Recipe, index: int, confounder: str | None = None
) -> Interventions:
    """Draw an image in all four ways: lesion on or off, confounder on or off.

    An image whose class has lesions keeps its own; any other is drawn as one of the
    first class that has some. Shams, and confounders other than the one asked for, stay
    as they are in all four.

    Parameters
    ----------
    recipe
        What to draw.
    index
        Which image, 0 to ``recipe.images`` - 1.
    confounder
        Its name in the recipe; needed if there are several. Images that do not have it
        are given the one they would have had.

    Raises
    ------
    ValueError
        If the index or the confounder do not exist, or no class has lesions.
    """
    name = _chosen(recipe, confounder)
    own = assign(recipe, index)
    label = own.label if _ill(recipe, own.label) else _first_ill(recipe)
    exam = examine(recipe, index, label, {*own.confounders, name})
    bare = _without(exam, name)
    shams = [
        number
        for number, (lesion, _) in enumerate(exam.lesions, start=1)
        if _is_sham(recipe, lesion)
    ]
    return Interventions(
        neither=take(bare, shams),
        lesion=take(bare),
        confounder=take(exam, shams),
        both=take(exam),
    )


def _chosen(recipe: Recipe, confounder: str | None) -> str:
    known = tuple(recipe.confounders)
    if confounder is None and len(known) == 1:
        return known[0]
    if confounder not in known:
        got = "none" if confounder is None else f"'{confounder}'"
        msg = (
            f"confounder must be one of the recipe's ({', '.join(known) or 'none'}), "
            f"got {got}"
        )
        raise ValueError(msg)
    return str(confounder)


def _without(exam: Exam, name: str) -> Exam:
    layers = tuple(layer for layer in exam.layers if layer[0] != name)
    names = tuple(layer[0] for layer in layers)
    return replace(exam, case=replace(exam.case, confounders=names), layers=layers)


def _ill(recipe: Recipe, label: int) -> bool:
    """Tell whether every image of a class has a lesion that is no sham."""
    mixes = recipe.classes[label].lesions
    return bool(mixes) and all(
        any(name != "none" and not _is_sham(recipe, name) for name in mix.split("+"))
        for mix in mixes
    )


def _first_ill(recipe: Recipe) -> int:
    for label in range(len(recipe.classes)):
        if _ill(recipe, label):
            return label
    msg = "recipe must have a class whose images have lesions, got none"
    raise ValueError(msg)


def _is_sham(recipe: Recipe, name: str) -> bool:
    return bool(getattr(recipe.lesions[name], "sham", False))
