"""What a score is, and what it is computed from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.counting.mass import Mass, weigh
from metrics.counting.ranking import Ranking, rank
from metrics.counting.thresholds import Sweep, normalize
from metrics.counting.truth import Truth


@dataclass(frozen=True, eq=False)
class Compared:
    """Maps beside the truth, with what scores are made of.

    Attributes
    ----------
    maps
        Raw saliency, (n, ...); a map with NaN or infinity makes its values NaN.
    truth
        What is lesion and what is not.
    sweep
        Counts at all thresholds k/100.
    thresholds
        Those that are tabulated.
    tuned
        Place of the threshold that was tuned on other images; below 0 if none was.
    """

    maps: Float[np.ndarray, "n ..."]
    truth: Truth
    sweep: Sweep
    thresholds: tuple[float, ...] = (0.3, 0.5, 0.8)
    tuned: int = -1

    @cached_property
    def finite(self) -> Bool[np.ndarray, " n"]:
        """Whether every value of a map is a number."""
        return ~np.isin(self.sweep.status, ("nonfinite", "missing"))

    @cached_property
    def ranking(self) -> Ranking:
        """The order of each map's pixels."""
        return rank(self.maps, self.truth)

    @cached_property
    def normalized(self) -> Float[np.ndarray, "n ..."]:
        """Maps stretched to [0, 1], constant ones 0, those not finite NaN."""
        return normalize(self.maps)

    @cached_property
    def mass(self) -> Mass:
        """Where each map's mass lies."""
        return weigh(self.maps, self.truth)

    @property
    def columns(self) -> Int[np.ndarray, " t"]:
        """Where the tabulated thresholds stand in the sweep."""
        return np.array([round(t * 100) for t in self.thresholds], dtype=np.int64)


Values = Float[np.ndarray, " n"] | Float[np.ndarray, "n t"]


@dataclass(frozen=True)
class Score:
    """A number that says how well a map finds the lesion.

    Attributes
    ----------
    name, label
        For files and for people.
    compute
        From a :class:`Compared` to one value per image, (n,), or per image and
        tabulated threshold, (n, t); NaN where undefined. The first line of its
        docstring is the definition that the documentation shows.
    undefined
        Conditions (:data:`metrics.scores.conditions.CONDITIONS`) under which it has no
        value; the first one that holds is the status.
    at_thresholds
        Whether there is a value per tabulated threshold.
    higher_is_better
        Its direction.
    span
        Smallest and largest value there can be.
    chance
        What a map without information is expected to score on each image, from its
        truth, (n,); None where that depends on the map.
    worst
        What an image counts in the aggregate *counted as worst* when the map has no
        value; a number or, from the truth, one per image, (n,).
    standard
        Whether it is computed unless others are asked for.
    own_unit
        Whether it is in the unit of the map, so that methods are not compared by it.
    needs_tuning
        Whether it is computed only when a threshold was tuned on other images.
    source
        Where its definition comes from.
    """

    name: str
    label: str
    compute: Callable[[Compared], Values]
    undefined: tuple[str, ...] = ("empty_mask",)
    at_thresholds: bool = False
    higher_is_better: bool = True
    span: tuple[float, float] = (0.0, 1.0)
    chance: Callable[[Truth], Float[np.ndarray, " n"]] | None = None
    worst: float | Callable[[Truth], Float[np.ndarray, " n"]] = 0.0
    standard: bool = True
    own_unit: bool = False
    needs_tuning: bool = False
    source: str = ""

    @property
    def of_lesions(self) -> bool:
        """Whether it says something of images with a lesion."""
        return "lesion_present" not in self.undefined

    @property
    def of_lesion_free(self) -> bool:
        """Whether it says something of images without a lesion."""
        return "empty_mask" not in self.undefined


def by_name(*scores: Score) -> Mapping[str, Score]:
    """Return scores by their names, in the given order."""
    return {score.name: score for score in scores}
