"""Scores of where a map's mass lies, on its own scale: no min-max normalization."""

import numpy as np
from jaxtyping import Float

from metrics.counting.thresholds import divide
from metrics.counting.truth import Truth
from metrics.scores.marking import prevalence
from metrics.scores.score import Compared, Score, by_name


def relevance_mass(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of the map's positive part in the lesion (energy pointing game)."""
    return divide(compared.mass.positive_inside, compared.mass.positive)


def relevance_mass_absolute(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of the map's absolute value that lies in the lesion."""
    return divide(compared.mass.absolute_inside, compared.mass.absolute)


def relevance_mass_lift(compared: Compared) -> Float[np.ndarray, " n"]:
    """Relevance mass over the lesion's share of the image: 1 is chance."""
    return divide(relevance_mass(compared), compared.truth.prevalence)


def energy(compared: Compared) -> Float[np.ndarray, " n"]:
    """Mean of the map's positive part, in the map's own unit."""
    return divide(compared.mass.positive, compared.truth.counted)


def one(truth: Truth) -> Float[np.ndarray, " n"]:
    """Return 1 for every image."""
    return np.ones(len(truth))


SCORES = by_name(
    Score(
        "relevance_mass",
        "Relevance mass accuracy",
        relevance_mass,
        ("empty_mask", "no_positive"),
        chance=prevalence,
        source="Wang et al. 2020; Arras, Osman and Samek 2022",
    ),
    Score(
        "relevance_mass_lift",
        "Relevance mass lift",
        relevance_mass_lift,
        ("empty_mask", "no_positive"),
        span=(0.0, np.inf),
        chance=one,
        standard=False,
    ),
    Score(
        "relevance_mass_absolute",
        "Relevance mass, absolute",
        relevance_mass_absolute,
        ("empty_mask", "zero_map"),
        chance=prevalence,
        standard=False,
    ),
    Score(
        "energy",
        "Energy",
        energy,
        (),
        span=(0.0, np.inf),
        higher_is_better=False,
        worst=np.nan,
        own_unit=True,
    ),
)
"""Scores of the mass of a map."""
