"""Which images belong together: subjects, kinds of lesion, size, difficulty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Num

from metrics.analysis.words import number
from metrics.sources.entries import KEYS
from metrics.statistics.intervals import FEWEST

WITHOUT = "without_lesion"
"""Stratum of lesion-free images, for specificity only."""

SIZES = ("size=small", "size=middle", "size=large")
DIFFICULTIES = ("difficulty=hard", "difficulty=middle", "difficulty=easy")
"""Thirds of the images with a lesion, from the lowest number to the highest."""

_TAKEN = frozenset((*KEYS, "image_id", "score", "threshold", "value", "status"))


@dataclass(frozen=True)
class Strata:
    """Groups of the scored images.

    Attributes
    ----------
    frame
        One row per image in order: subject, then the given columns.
    subjects
        Number of each image's subject, (n,).
    members
        Images of each stratum, (n,): ``all`` has those with a lesion, so have
        ``correct`` and ``lesion=KIND``; ``without_lesion`` the others. Thirds by size
        (:data:`SIZES`) and difficulty (:data:`DIFFICULTIES`) last.
    bounds
        Of each third, the lowest and the highest number in it: the lesion's share of
        the image, or d'.
    """

    frame: pd.DataFrame
    subjects: Int[np.ndarray, " n"]
    members: Mapping[str, Bool[np.ndarray, " n"]]
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def wholes(self) -> dict[str, Bool[np.ndarray, " n"]]:
        """Strata that are not thirds of another one."""
        return {k: v for k, v in self.members.items() if k not in self.bounds}

    @property
    def clustered(self) -> bool:
        """Whether a subject has several images."""
        return int(self.subjects.max()) + 1 < len(self.subjects)

    def kind_of(self, row: int) -> str:
        """Name the stratum of an image: its kind of lesion, else ``all``."""
        kind = str(self.frame["lesion"].iloc[row]) if "lesion" in self.frame else ""
        name = f"lesion={kind}"
        return name if name in self.members else "all"


def align(frame: pd.DataFrame | None, ids: Sequence[str]) -> pd.DataFrame:
    """Put the rows of a table of strata into the order of ``ids``.

    Without a table, or without a column ``subject``, each image is its own subject.
    A column ``d_prime`` holds how well an ideal observer sees the image's lesions.

    Raises
    ------
    ValueError
        If an image occurs twice or not at all, a subject is not named, ``correct``
        is not a truth value, ``d_prime`` is not a number, or a column has the name of
        one of the scores'.
    """
    if frame is None:
        return pd.DataFrame({"subject": list(ids)})
    if "image_id" in frame:
        frame = frame.set_index("image_id")
    taken = sorted(_TAKEN.intersection(frame.columns))
    if taken:
        msg = (
            f"strata must not name a column of the scores, got {taken[0]!r}; rename it"
        )
        raise ValueError(msg)
    frame = frame.set_axis(frame.index.astype(str), axis=0)
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        msg = f"strata must have one row per image, got {twice!r} more than once"
        raise ValueError(msg)
    lost = [key for key in ids if key not in frame.index]
    if lost:
        msg = (
            f"strata must have a row for every image, got none for {lost[0]!r} "
            f"({len(lost)} of {len(ids)})"
        )
        raise ValueError(msg)
    frame = frame.loc[list(ids)].reset_index(drop=True)
    if "subject" not in frame:
        frame.insert(0, "subject", list(ids))
    if frame["subject"].isna().any():
        row = int(np.flatnonzero(frame["subject"].isna())[0])
        msg = f"subject must be named for every image, got none for {ids[row]!r}"
        raise ValueError(msg)
    if "correct" in frame and not frame["correct"].isin([True, False]).all():
        odd = frame["correct"][~frame["correct"].isin([True, False])].iloc[0]
        msg = f"correct must be True or False for every image, got {odd!r}"
        raise ValueError(msg)
    if "d_prime" in frame and not pd.api.types.is_numeric_dtype(frame["d_prime"]):
        odd = frame["d_prime"].iloc[0]
        msg = f"d_prime must be a number or empty for every image, got {odd!r}"
        raise ValueError(msg)
    return frame[["subject", *[c for c in frame.columns if c != "subject"]]]


def stratify(
    frame: pd.DataFrame,
    lesion: Num[np.ndarray, " n"],
    share: Float[np.ndarray, " n"] | None = None,
) -> Strata:
    """Group the images of an aligned table.

    Parameters
    ----------
    frame
        From :func:`align`; the columns ``lesion`` (a kind, or ``none``) and
        ``correct`` (whether the classifier is right) make strata, ``d_prime`` thirds by
        difficulty.
    lesion
        Lesion pixels of each image: who has none is in ``without_lesion`` whatever
        the table says.
    share
        The lesion's part of each image, for thirds by size.
    """
    subjects = number(frame["subject"].astype(str))
    ill = lesion > 0
    members = {"all": ill}
    if "correct" in frame:
        members["correct"] = ill & frame["correct"].to_numpy(dtype=bool)
    if "lesion" in frame:
        kinds = frame["lesion"].astype(str).to_numpy(dtype=str)
        for kind in sorted(set(kinds[ill]) - {"none", "", "nan"}):
            members[f"lesion={kind}"] = ill & (kinds == kind)
    if not ill.all():
        members[WITHOUT] = ~ill
    if share is None:
        return Strata(frame, subjects, members)
    thirds = cut_thirds(SIZES, share, ill)
    if "d_prime" in frame:
        seen = frame["d_prime"].to_numpy(dtype=np.float64)
        thirds |= cut_thirds(DIFFICULTIES, seen, ill)
    bounds = {name: found[1] for name, found in thirds.items()}
    members |= {name: found[0] for name, found in thirds.items()}
    return Strata(frame, subjects, members, bounds)


def cut_thirds(
    names: Sequence[str],
    values: Float[np.ndarray, " n"],
    among: Bool[np.ndarray, " n"],
) -> dict[str, tuple[Bool[np.ndarray, " n"], tuple[float, float]]]:
    """Part images into thirds by a number; equal numbers stay together.

    Returns
    -------
    dict
        By name, lowest third first: its images, and the lowest and highest number in
        it. Empty if a third would have fewer than :data:`FEWEST` images.

    Examples
    --------
    >>> found = cut_thirds("abc", np.arange(15.0), np.ones(15, bool))
    >>> [bounds for _, bounds in found.values()]
    [(0.0, 4.0), (5.0, 9.0), (10.0, 14.0)]
    """
    known = among & np.isfinite(values)
    if known.sum() < len(names) * FEWEST:
        return {}
    cuts = np.quantile(values[known], (1 / 3, 2 / 3))
    third = np.searchsorted(cuts, values)
    found = {}
    for k, name in enumerate(names):
        rows = known & (third == k)
        if rows.sum() < FEWEST:
            return {}
        inside = values[rows]
        found[name] = rows, (float(inside.min()), float(inside.max()))
    return found
