"""Which amplitude a lesion needs to be as detectable as one wants."""

from simbench.difficulty.calibration import View, solved
from simbench.exams import examine
from simbench.lesions import LESIONS
from simbench.recipe import Recipe


def amplitude_for(
    recipe: Recipe, lesion: str, d_prime: float, index: int = 0, sign: int = 1
) -> float:
    """Return the amplitude at which the ideal observer finds a lesion with d'.

    Parameters
    ----------
    recipe
        What is drawn.
    lesion
        Name in the recipe of a lesion whose kind has an amplitude.
    d_prime
        Detectability, > 0, where the place is known.
    index
        The image whose anatomy, texture and noise surround the lesion. It is put where
        the image has its first lesion of that name, or would have it.
    sign
        +1 for a lesion that adds its pattern, -1 for one that takes it away.

    Returns
    -------
    The amplitude without its sign. To give each lesion of a dataset its own, write
    ``d_prime = [low, high]`` for ``amplitude`` in the recipe.

    Raises
    ------
    ValueError
        If there is no such lesion, or its kind has no amplitude, or none will do.
    """
    if lesion not in recipe.lesions:
        known = ", ".join(recipe.lesions) or "none"
        msg = f"lesion must be one of the recipe's ({known}), got '{lesion}'"
        raise ValueError(msg)
    exam = examine(recipe, index)
    parameters = exam.recipe.lesions[lesion]
    able = [k for k, v in LESIONS.items() if "amplitude" in v.parameters.model_fields]
    if parameters.kind not in able:
        msg = (
            f"lesion must be of a kind with an amplitude ({', '.join(able)}), got "
            f"'{lesion}' of kind '{parameters.kind}'"
        )
        raise ValueError(msg)
    names = [name for name, _ in exam.lesions]
    if lesion in names:
        number = names.index(lesion) + 1
        place = exam.lesions[number - 1][1]
    else:
        source, number = exam.opened("lesion"), 1
        body = exam.scene.body
        place = LESIONS[parameters.kind].place(parameters, body, source, sign)[0]
    view = View(exam.recipe, exam.scene, exam.conditions, exam.opened)
    return solved(view, lesion, {**place, "amplitude": float(sign)}, number, d_prime)
