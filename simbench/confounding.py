"""Which images have which confounders: exact counts, set correlations."""

from typing import Any


def present(
    confounders: Any, split: str, positive: bool, rank: int, size: int, seed: int
) -> tuple[str, ...]:
    """Name the confounders of one image.

    Parameters
    ----------
    confounders
        The recipe's ``[confounders]``.
    split
        The image's split.
    positive
        Whether its label is not 0.
    rank, size
        The image's place among the ``size`` images of its split and label.
    seed
        The recipe's seed.
    """
    return tuple(
        name for name, entry in confounders.items() if rank < entry.prevalence * size
    )
