"""Keep the confirmatory recipes out of whatever chooses something."""

from functools import cache

from hrcam.pipeline.studies.grid import CONFIRMATORY, load_grid
from hrcam.pipeline.studies.hashing import digest
from metrics import Scores
from simbench.recipe import Recipe, parse


def refuse_confirmatory(recipe: Recipe) -> None:
    """Refuse a recipe that a confirmatory study reports on.

    Neither another name nor other numbers of images make it another recipe: the first
    images of either would be the same.

    Raises
    ------
    ValueError
        Naming it.
    """
    found = _confirmatory().get(_drawn(recipe))
    if found is not None:
        study, key = found
        msg = (
            f"recipe must be free to choose on, got {recipe.name!r} of seed "
            f"{recipe.seed}, which is {key!r} of a confirmatory study; take another "
            f"seed, or `hrcam claims --confirm {study}`"
        )
        raise ValueError(msg)


def refuse_scores(scores: Scores) -> None:
    """Refuse scores on a confirmatory recipe, where they say what was drawn.

    Raises
    ------
    ValueError
        As of :func:`refuse_confirmatory`.
    """
    text = scores.evidence.get("provenance", {}).get("recipe")
    if text:
        refuse_confirmatory(parse(text, "the scores' recipe"))


@cache
def _confirmatory() -> dict[str, tuple[str, str]]:
    """Name the study and the key of every confirmatory recipe."""
    return {
        _drawn(recipe): (name.removeprefix("confirmatory-"), key)
        for name in CONFIRMATORY
        for (key, _), recipe in load_grid(name).recipes.items()
    }


def _drawn(recipe: Recipe) -> str:
    """Hash what decides each image, but for the name and how many there are."""
    return digest(recipe.model_dump(mode="json", exclude={"name", "splits", "audit"}))
