"""Which classes have no lesion, where the files do not tell."""

from collections.abc import Sequence

#: The kind of lesion of images without any.
HEALTHY = "none"


def lesion(name: str, healthy: Sequence[str]) -> str:
    """Return the kind of lesion of a class: its own name, or ``none``."""
    return HEALTHY if name in healthy else name


def check_healthy(healthy: Sequence[str], classes: Sequence[str]) -> None:
    """Check that the classes without lesions are classes.

    Raises
    ------
    ValueError
        Naming those that are not.
    """
    lost = [name for name in healthy if name not in classes]
    if lost:
        have = ", ".join(classes[:12])
        msg = f"healthy must name classes ({have}), got {', '.join(lost)}"
        raise ValueError(msg)
