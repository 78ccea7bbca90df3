"""Choices of an analysis, made before its results are seen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from metrics.normalization.table import choose_normalizations
from metrics.scores.score import Score
from metrics.scores.table import choose_scores
from metrics.sources.matching import Extra, Missing

TESTS = ("wilcoxon", "permutation", "friedman")
"""Further tests that may be asked for."""


@dataclass(frozen=True)
class ScoreOptions:
    """How maps are scored and compared.

    Attributes
    ----------
    thresholds
        Where sensitivity and specificity are tabulated; multiples of 0.01.
    margin
        Differences smaller than this do not matter.
    level
        Coverage of intervals; equivalence uses ``1 - 2 * (1 - level)``.
    primary
        Name of the threshold-free score that leads.
    reference
        Entry that every other is compared with; empty for ``hr_cam`` where it is
        scored, else the first entry.
    resamples, seed
        Of the joint bootstrap, for adjusted p values and bands.
    scores
        Names of the scores, ``standard``, ``all``; see
        :func:`metrics.scores.table.choose_scores`. The primary score, sensitivity and
        specificity are always among them.
    tuned
        By entry, a threshold k/100 that was tuned on other images.
    froc
        Whether lesions found are traced against false parts per image.
    tests
        Further tests of the primary score: ``wilcoxon``, ``permutation``,
        ``friedman``.
    missing
        What becomes of masks without a map: ``refuse`` them; ``drop`` them, for that
        entry; or count them as ``worst`` in comparisons. Their rows have no value and
        the status ``missing`` either way.
    extra
        What becomes of maps without a mask: ``refuse`` or ``ignore`` them.
    checks
        Whether maps are looked at beside masks before they are scored
        (:mod:`metrics.checks`); changes no number.
    normalizations
        Under which maps are scored once more, or ``all``; see
        :data:`metrics.normalization.table.NORMALIZATIONS`.
    """

    thresholds: tuple[float, ...] = (0.3, 0.5, 0.8)
    margin: float = 0.02
    level: float = 0.95
    primary: str = "average_precision"
    reference: str = ""
    resamples: int = 2000
    seed: int = 0
    scores: tuple[str, ...] = ("standard",)
    tuned: Mapping[str, float] = field(default_factory=dict)
    froc: bool = False
    tests: tuple[str, ...] = ()
    missing: Missing = "refuse"
    extra: Extra = "refuse"
    checks: bool = True
    normalizations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for threshold in (*self.thresholds, *self.tuned.values()):
            if not 0 <= threshold <= 1 or round(threshold * 100) / 100 != threshold:
                msg = f"thresholds must be multiples of 0.01 in 0..1, got {threshold}"
                raise ValueError(msg)
        if not 0 < self.margin < 1:
            msg = f"margin must lie between 0 and 1, got {self.margin}"
            raise ValueError(msg)
        if not 0.5 < self.level < 1:
            msg = f"level must lie between 0.5 and 1, got {self.level}"
            raise ValueError(msg)
        free = [
            score.name
            for score in choose_scores(("all",), tuned=bool(self.tuned))
            if score.of_lesions and not (score.at_thresholds or score.own_unit)
        ]
        if self.primary not in free:
            msg = f"primary must be one of {', '.join(free)}, got {self.primary!r}"
            raise ValueError(msg)
        choose_scores(self.scores, bool(self.tuned))  # refuses what is not there
        for test in self.tests:
            _check_word("tests", test, TESTS)
        _check_word("missing", self.missing, get_args(Missing))
        _check_word("extra", self.extra, get_args(Extra))
        choose_normalizations(self.normalizations)
        if self.resamples < 100:
            msg = f"resamples must be at least 100, got {self.resamples}"
            raise ValueError(msg)

    def choose(self) -> tuple[Score, ...]:
        """Return the scores to compute, in the order of their table."""
        names = (*self.scores, "sensitivity", "specificity", self.primary)
        return choose_scores(names, bool(self.tuned))

    def describe(self, reference: str) -> dict[str, Any]:
        """List the choices, with the reference that was resolved."""
        return {
            **asdict(self),
            "thresholds": list(self.thresholds),
            "reference": reference,
        }


def _check_word(name: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        msg = f"{name} must be one of {', '.join(words)}, got {word!r}"
        raise ValueError(msg)


def resolve_reference(options: ScoreOptions, entries: tuple[str, ...]) -> str:
    """Name the entry that the others are compared with.

    Raises
    ------
    ValueError
        If an explicit reference was not scored.
    """
    if not options.reference:
        return "hr_cam" if "hr_cam" in entries else entries[0]
    if options.reference not in entries:
        msg = (
            f"reference must be a scored entry, got {options.reference!r}; "
            f"there are {', '.join(entries)}"
        )
        raise ValueError(msg)
    return options.reference
