"""Show what every tapped layer keeps of an image: feature inversion, as a sheet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from hrcam.pipeline.folders import MARKERS, check_free, staged
from hrcam.pipeline.opening import open_data, open_model
from hrcam.pipeline.pictures import Column, draw_sheet, gray, ranges
from hrcam.pipeline.scenes import shape_of
from simbench.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Inversions:
    """Images, and for each layer those that it can hardly tell from them.

    Parameters
    ----------
    ids
        Of the images.
    images
        As the network takes them, (n, h, w, c).
    layers
        By layer, shallow to deep: :class:`hrcam.engine.inversion.Inverted`.
    """

    ids: tuple[str, ...]
    images: Float[np.ndarray, "n h w c"]
    layers: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Inversions({len(self.ids)} images: {', '.join(self.layers)})"

    def _repr_png_(self) -> bytes:
        """Show the sheet in a notebook."""
        return self.sheet()

    def sheet(self) -> bytes:
        """Draw a row per image: the image, then each layer's inversion, as PNG.

        Each row is drawn in its image's own range; below stands the relative feature
        error.
        """
        bounds = ranges(self.images)
        columns = [Column("image", gray(self.images), bounds, self.ids)]
        for name, found in self.layers.items():
            errors = [f"feature error {100 * e:.1f} %" for e in found.errors]
            errors = [e.replace("nan %", "undefined") for e in errors]
            columns.append(Column(name, gray(found.images), bounds, errors))
        return draw_sheet(columns)

    def save(self, folder: Path) -> None:
        """Write ``inversions.png`` and ``inversions.npz`` into a folder.

        The archive holds ``ids``, ``images`` and per layer ``LAYER`` (images),
        ``LAYER/errors`` and ``LAYER/losses``.
        """
        arrays: dict[str, Any] = {"ids": np.array(self.ids), "images": self.images}
        for name, found in self.layers.items():
            arrays[name] = found.images
            arrays[f"{name}/errors"] = found.errors
            arrays[f"{name}/losses"] = found.losses
        (folder / "inversions.png").write_bytes(self.sheet())
        np.savez_compressed(folder / MARKERS["inversions"], **arrays)


def invert(  # noqa: PLR0913  keywords of a public verb
    model: Any,
    dataset: Any,
    images: int | Sequence[str] = 4,
    out: Path | str | None = None,
    *,
    layers: Sequence[str] | None = None,
    split: str = "test",
    steps: int = 400,
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Inversions:
    """Find, for every tapped layer, images that it takes for the given ones.

    Parameters
    ----------
    model
        A model, the folder of one, a ``.keras`` file or a Keras model.
    dataset
        A dataset, the folder of one, or images.
    images
        Names of images, or how many of the split, taken from the classes in turn.
    out
        Folder to write; None keeps the inversions in memory.
    layers
        Names of layers to tap; by default found from the network.
    split
        Whose images are inverted.
    steps, seed
        See :func:`hrcam.engine.inversion.invert`.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with 1 after each layer.

    Raises
    ------
    ValueError
        If the network is no Keras model, an image or a layer is unknown, or the split
        has fewer images.
    """
    from hrcam.engine.inversion import invert as run
    from hrcam.engine.preparation import prepare
    from hrcam.engine.training import as_batch

    if out is not None:
        check_free(Path(out), overwrite, "inversions")
    network, data = open_model(model).network, open_data(dataset)
    probe: Any = prepare(network, shape_of(data), layers)
    if not hasattr(probe, "graph"):
        msg = f"model must be a Keras model to be inverted, got {type(network)!r}"
        raise ValueError(msg)
    ids = _chosen(data, images, split)
    pixels = as_batch(data.read("image", ids))
    found = run(probe, pixels, None, steps, seed, progress)
    inversions = Inversions(tuple(ids), pixels, found)
    if out is not None:
        with staged(Path(out), overwrite, stage="inversions") as folder:
            inversions.save(folder)
    return inversions


def _chosen(dataset: Dataset, images: int | Sequence[str], split: str) -> list[str]:
    """Return the names of the images, taken from the classes in turn."""
    known = dataset.ids(split)
    if not isinstance(images, int):
        strange = [name for name in images if name not in set(known)]
        if strange:
            msg = f"images must be of the split {split!r}, got {strange[0]!r}"
            raise ValueError(msg)
        return list(images)
    if not 1 <= images <= len(known):
        msg = f"images must be between 1 and {len(known)}, got {images}"
        raise ValueError(msg)
    rows = dataset.index.set_index("image_id").loc[known]
    turn = rows.groupby("label").cumcount()
    order = sorted(known, key=lambda name: (turn[name], rows["label"][name]))
    return order[:images]
