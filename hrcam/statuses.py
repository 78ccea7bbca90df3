"""Tell of each map whether there is anything in it, from its raw parts."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from jaxtyping import Bool, Float, Shaped

from hrcam.fusion import POSTPROCESSING

#: What can be told of a map, the worst first: NaN or infinity in a part; every part
#: exactly 0 in a method that differentiates; the published post-processing leaves
#: nothing; one value everywhere; none of these.
STATUSES = ("nonfinite", "zero_gradient", "all_negative", "constant_map", "ok")


def judge(
    parts: Mapping[str, Float[np.ndarray, "n _ _"]],
    postprocessing: str,
    fusion: str,
    needs: Collection[str],
) -> Shaped[np.ndarray, " n"]:
    """Return the status of each image's map.

    Parameters
    ----------
    parts
        By layer: raw maps at the layer's own size.
    postprocessing, fusion
        Names of :mod:`hrcam.fusion`.
    needs
        What the method reads, see ``Method.needs``.

    Returns
    -------
    statuses
        Names of :data:`STATUSES`, (n,), strings.
    """
    flat = [part.reshape(len(part), -1) for part in parts.values()]
    process = POSTPROCESSING[postprocessing]
    left = [process(part).reshape(len(part), -1) for part in parts.values()]
    nonfinite = ~_every(np.isfinite(x) for x in flat)
    nothing = _every(x == 0 for x in flat)
    gone = _every(x == 0 for x in left)
    even = np.stack([(x == x[:, :1]).all(axis=1) for x in left])
    # A constant layer is 0 when layers are multiplied, and so is the product.
    constant = even.any(axis=0) if fusion == "product" else even.all(axis=0)
    slopes = any(n in ("gradients", "biases") or "slope:" in n for n in needs)
    told = [nonfinite, nothing & slopes, gone & ~nothing, constant]
    return np.select(told, STATUSES[:-1], STATUSES[-1])


def _every(rows: Iterable[Bool[np.ndarray, "n _"]]) -> Bool[np.ndarray, " n"]:
    return np.logical_and.reduce([row.all(axis=1) for row in rows])
