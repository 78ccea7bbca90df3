"""Whether maps find the lesion when they are negated."""

from metrics.checks.certainty import FEWEST, holds
from metrics.checks.doubt import Doubt
from metrics.checks.look import Look

LOW = 0.35
"""Mean AUROC below which negated maps localize clearly."""


def check_polarity(look: Look) -> Doubt | None:
    """Doubt the sign of maps whose lowest values lie on their own image's lesion.

    The mean AUROC is below :data:`LOW`, and the maps do worse on their own image than
    other images' maps do, by as much: a prior that misses the place is not inverted.
    """
    auroc, own = look.auroc, look.own_auroc
    count = len(auroc)
    if count < FEWEST or auroc.mean() >= LOW or own.mean() >= LOW - 0.5:
        return None
    if not (holds(0.5 - auroc) and holds(-own)):
        return None
    mean = float(auroc.mean())
    sentence = (
        f"maps of {look.entry!r} look inverted: mean AUROC {mean:.2f} in {count} "
        f"images, {1 - mean:.2f} when negated; if low values mean relevance, negate "
        "them before scoring"
    )
    return Doubt("polarity", look.entry, sentence, {"images": count, "auroc": mean})
