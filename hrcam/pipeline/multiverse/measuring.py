"""Every map of a batch enlarged, fused, and held against the masks; none is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge
from hrcam.fusion import POSTPROCESSING
from hrcam.pipeline.multiverse.axes import (
    AT_LAYER,
    MARKED,
    NORMALIZED,
    THRESHOLDS,
    measures,
)
from hrcam.pipeline.multiverse.contracting import BASE, Columns, Contracted
from metrics.counting.ranking import rank
from metrics.counting.thresholds import Sweep, count, sweep
from metrics.counting.truth import Truth
from metrics.normalization.table import DEFAULT, NORMALIZATIONS
from metrics.threads import one_thread

#: Limits over a dataset, which the normalizations here do not ask for.
_UNKNOWN = (float("nan"), float("nan"))


@dataclass(frozen=True, eq=False)
class Grid:
    """How raw maps become the maps that are measured.

    Parameters
    ----------
    heads, layers
        Names of heads and of sets of layers.
    alignments, rectifiers
        As the axes have them.
    columns
        By layer, the columns of the raw maps.
    rivals
        By name, the layer looked at; ``cam`` is the network's own head.
    geometry
        By layer.
    size
        Of the images.
    """

    heads: tuple[str, ...]
    layers: tuple[str, ...]
    alignments: tuple[str, ...]
    rectifiers: tuple[str, ...]
    columns: Mapping[str, Columns]
    rivals: Mapping[str, str]
    geometry: Mapping[str, Geometry | None]
    size: tuple[int, int]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """Head and set of layers of every HR-CAM."""
        return [(head, layers) for head in self.heads for layers in self.layers]


@one_thread()
def measure_batch(
    raw: Contracted, masks: Bool[np.ndarray, "n H W"], grid: Grid
) -> tuple[Float[np.ndarray, "n h s a r m"], Float[np.ndarray, "n v a r m"]]:
    """Measure every HR-CAM and every rival of a batch of images.

    Returns
    -------
    found
        By image, head, set of layers, alignment, rectifier and measure.
    rivals
        By image, rival, alignment, rectifier and measure.
    """
    shape = len(masks), len(grid.alignments), len(grid.rectifiers), len(measures())
    own = np.full((len(grid.keys), *shape), np.nan, dtype=np.float32)
    others = np.full((len(grid.rivals), *shape), np.nan, dtype=np.float32)
    for a, alignment in enumerate(grid.alignments):
        for r, fused in _fused(raw, grid, alignment):
            for k, key in enumerate(grid.keys):
                own[k, :, a, r] = measure(fused[key], masks)
            if "cam" in grid.rivals:
                place = list(grid.rivals).index("cam")
                others[place, :, a, r] = measure(fused[BASE], masks)
        for v, (rival, layer) in enumerate(grid.rivals.items()):
            if rival != "cam":
                part = POSTPROCESSING["relu"](raw.grad_cam[layer])
                drawn = enlarge(part, grid.size, grid.geometry[layer], alignment)
                others[v, :, a] = measure(drawn, masks)[:, None]
    own = np.moveaxis(own, 0, 1)
    counts = len(grid.heads), len(grid.layers)
    return own.reshape(len(masks), *counts, *own.shape[2:]), np.moveaxis(others, 0, 1)


def _fused(
    raw: Contracted, grid: Grid, alignment: str
) -> Iterator[tuple[int, dict[tuple[str, str], Float[np.ndarray, "n H W"]]]]:
    """Yield the place of each rectifier and the summed maps under it, by key."""
    for process in dict.fromkeys(AT_LAYER[name] for name in grid.rectifiers):
        total: dict[tuple[str, str], np.ndarray] = {}
        for layer, columns in grid.columns.items():
            parts = np.moveaxis(raw.columns[layer], -1, 0)
            flat = POSTPROCESSING[process](parts.reshape(-1, *parts.shape[2:]))
            large = enlarge(flat, grid.size, grid.geometry[layer], alignment)
            large = large.reshape(*parts.shape[:2], *grid.size)
            for key, part in zip(columns.keys, large, strict=True):
                total[key] = total[key] + part if key in total else part
        for r, name in enumerate(grid.rectifiers):
            if AT_LAYER[name] == process:
                rectified = POSTPROCESSING["relu" if name == "sum" else "none"]
                yield r, {key: rectified(maps) for key, maps in total.items()}


def measure(
    maps: Float[np.ndarray, "n H W"], masks: Bool[np.ndarray, "n H W"]
) -> Float[np.ndarray, "n m"]:
    """Return every measure of :func:`hrcam.pipeline.multiverse.axes.measures`."""
    truth = Truth(masks)
    ranking = rank(maps, truth)
    places = [round(threshold * 100) for threshold in THRESHOLDS]
    rows = [ranking.average_precision[:, None], ranking.auroc[:, None]]
    sweeps = [_sweep(name, maps, truth) for name in NORMALIZED]
    for endpoint in MARKED:
        rows += [getattr(counts, endpoint)[:, places] for counts in sweeps]
    return np.concatenate(rows, axis=1)


def _sweep(name: str, maps: Float[np.ndarray, "n H W"], truth: Truth) -> Sweep:
    """Count marked pixels at every threshold under a normalization."""
    if name == DEFAULT:
        return sweep(maps, truth)
    scaled = NORMALIZATIONS[name].apply(maps.astype(np.float64), _UNKNOWN)
    # Rounding may leave [0, 1] by the last digit.
    return count(np.clip(scaled, 0, 1), truth)
