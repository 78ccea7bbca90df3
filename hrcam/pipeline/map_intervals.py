"""How certain an HR-CAM is, pixel by pixel: its head refitted on resampled images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from hrcam.bootstrap import REFITTED, bootstrap
from hrcam.enlargement import enlarge
from hrcam.intervals import aimed, interval
from hrcam.pipeline.bounded_maps import MapInterval
from hrcam.pipeline.choices import Choices
from hrcam.pipeline.lookout import Lookout, knowledge, lookouts, planned
from hrcam.pipeline.opening import named, open_data, open_model
from hrcam.pipeline.scenes import labels_of, shape_of
from hrcam.pipeline.targets import Asked, Target
from simbench.dataset import Dataset

#: Values of the largest feature map's contractions that are held at a time.
PIECE = 2**25


def map_interval(  # noqa: PLR0913  keywords of a public verb
    model: Any,
    dataset: Any,
    ids: Sequence[str] | None = None,
    method: str = "hr_cam",
    *,
    refits: int = 100,
    level: float = 0.95,
    seed: int = 0,
    split: str = "test",
    target: Asked = None,
    form: str = "contrast",
) -> MapInterval:
    """Refit HR-CAM's head on resampled training images; bound the map at every pixel.

    The network stays as it is, so the interval tells what the choice of training images
    does to the head, and nothing of what another training would do to the network.

    Parameters
    ----------
    model, dataset, split, target, form
        As in :func:`hrcam.pipeline.explaining.explain`.
    ids
        Names of images of the split; all by default.
    method
        An HR-CAM whose head can be refitted, with or without a place: ``hr_cam``,
        ``hr_cam_convex``, ``hr_cam_centroid@LAYER``, …
    refits
        How many times the head is refitted, on subjects drawn with replacement.
    level
        Share of the refits between the bounds.
    seed
        Of the draws.

    Raises
    ------
    ValueError
        If the method has no head that can be refitted or more than one default entry,
        there are fewer than two refits, or an image is unknown.
    """
    from hrcam.engine.explanation import coefficients
    from hrcam.engine.pooling import logits
    from hrcam.engine.preparation import prepare
    from hrcam.engine.training import as_batch

    if refits < 2 or not 0 < level < 1:
        msg = f"refits must be 2 or more and level in (0, 1), got {refits} and {level}"
        raise ValueError(msg)
    given, data = open_model(model), open_data(dataset)
    probe: Any = prepare(given.network, shape_of(data))
    given = named(given, data, probe.classes)
    names = list(data.ids(split) if ids is None else ids)
    _check_ids(data, names)
    seen = _lookout(probe, data, method, split)
    pixels, labels = as_batch(data.read("image", names)), labels_of(data, names)
    aims = Target(target, form).classes(labels, logits(probe, pixels), given.classes)
    weights = _weights(seen, data, refits, seed)
    table = coefficients(aims, probe.classes, form)
    pieces = [
        _bounds(seen, parts, pixels.shape[1:3], level)
        for parts in _contracted(seen, pixels, aimed(weights, table))
    ]
    maps, low, high = (np.concatenate(x) for x in zip(*pieces, strict=True))
    entry = seen.entries[0]
    return MapInterval(tuple(names), pixels, maps, low, high, entry.name, level, refits)


def _lookout(probe: Any, dataset: Dataset, method: str, split: str) -> Lookout:
    """Prepare the one network that is looked into, and fit the method's head."""
    known = knowledge(probe, dataset, truth=False)
    entries, probes = planned(probe, [method], Choices(), known)
    head = entries[0].method.head
    if head not in REFITTED or f"head:{head}" not in entries[0].method.needs:
        msg = (
            f"method must have a head that can be refitted ({', '.join(REFITTED)}), "
            f"got {method!r}; use hr_cam"
        )
        raise ValueError(msg)
    if len(entries) > 1 or entries[0].fusion:
        names = ", ".join(e.name for e in entries)
        msg = f"method must be one that sees its layers together, got {names}; name one"
        raise ValueError(msg)
    return lookouts(probes, entries, dataset, split, seed=0)[0]


def _weights(
    seen: Lookout, dataset: Dataset, refits: int, seed: int
) -> dict[str, Float[np.ndarray, "m _ k"]]:
    """Return the fitted head's weights, then those of all refits."""
    entry, pools = seen.entries[0], seen.pools
    head = seen.heads[entry.heads[entry.method.head]]
    if pools is None:  # entries with heads always have pools
        msg = f"{entry.name} must have pooled features, got none"
        raise ValueError(msg)
    rows = dataset.index.set_index("image_id").loc[dataset.ids("train")]
    found = bootstrap(
        pools.training.only(entry.layers),
        head,
        refits=refits,
        seed=seed,
        groups=rows["subject"].to_numpy(),
    )
    return {
        name: np.concatenate([head.weights[name][None], found[name]])
        for name in entry.layers
    }


def _contracted(
    seen: Lookout,
    pixels: Float[np.ndarray, "n h w c"],
    weights: Mapping[str, Float[np.ndarray, "n _ m"]],
) -> Iterator[dict[str, Float[np.ndarray, "n _ _ m"]]]:
    """Look at images once; weight their features by all heads at a time.

    Yields, batch by batch and by layer, the maps of every head, the fitted one first.
    """
    from hrcam.engine.pooling import to_numpy, to_tensor
    from hrcam.engine.probe import Wants

    probe, names = seen.probe, tuple(weights)

    def look(pixels: Any, target: Any, *tables: Any) -> list[Any]:
        features = probe.look(pixels, target, Wants(features=names)).features
        return [
            probe.ops.einsum("nhwc,ncm->nhwm", features[name], table)
            for name, table in zip(names, tables, strict=True)
        ]

    call = probe.compile(look)
    heads = next(iter(weights.values())).shape[2]
    largest = max(t.size[0] * t.size[1] for t in probe.taps if t.name in weights)
    step = int(np.clip(PIECE // (heads * largest), 1, 32))
    for start in range(0, len(pixels), step):
        some = pixels[start : start + step]
        target = np.zeros((len(some), probe.classes))
        tables = [weights[name][start : start + step] for name in names]
        found = call(*(to_tensor(probe, x) for x in (some, target, *tables)))
        yield {n: to_numpy(probe, x) for n, x in zip(names, found, strict=True)}


def _bounds(
    seen: Lookout,
    parts: Mapping[str, Float[np.ndarray, "n _ _ m"]],
    size: tuple[int, int],
    level: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the map of the fitted head and the bounds over the refits, (n, h, w)."""
    geometry = {tap.name: tap.geometry for tap in seen.probe.taps}
    maps = sum(
        enlarge(part[..., 0], size, geometry[name]) for name, part in parts.items()
    )
    refits = {name: part[..., 1:] for name, part in parts.items()}
    return np.asarray(maps), *interval(refits, geometry, size, level)


def _check_ids(dataset: Dataset, ids: Sequence[str]) -> None:
    known = set(dataset.index["image_id"])
    strange = [name for name in ids if name not in known]
    if strange or not ids:
        got = repr(strange[0]) if strange else "none"
        msg = f"ids must name images of the dataset, got {got}"
        raise ValueError(msg)
