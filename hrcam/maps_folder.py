"""Keep maps in a folder: one array per entry and layer, written shard by shard."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hrcam.capture import Geometry
from hrcam.maps import Facts, LayerMaps

#: Maps of one file of the store.
SHARD = 256


def write_maps(
    folder: Path, table: Mapping[str, Facts], batches: Iterable[Mapping[str, Any]]
) -> None:
    """Write the parts of all entries, shard by shard, as they come.

    Parameters
    ----------
    folder
        An empty folder; gets ``maps.zarr`` and ``maps.json``.
    table
        The entries' facts by name.
    batches
        Per batch: by entry, then by layer, raw maps (n, h, w).
    """
    import zarr

    group = zarr.open_group(folder / "maps.zarr", mode="w")
    written, order = 0, {}
    for shard in _shards(batches):
        for name, parts in shard.items():
            order[name] = list(parts)
            for layer, maps in parts.items():
                array = _array(group, f"{name}/{layer}", maps.shape)
                array.resize((written + len(maps), *maps.shape[1:]))
                array[written:] = maps
        written += len(next(iter(next(iter(shard.values())).values())))
    rows = [{"name": n, **_plain(f), "layers": order[n]} for n, f in table.items()]
    text = json.dumps({"schema": 1, "entries": rows}, indent=1, sort_keys=True)
    (folder / "maps.json").write_text(text + "\n")


def read_maps(folder: Path, ids: Sequence[str]) -> dict[str, LayerMaps]:
    """Open the maps that :func:`write_maps` wrote; nothing is loaded yet."""
    import zarr

    group = zarr.open_group(folder / "maps.zarr", mode="r")
    rows = json.loads((folder / "maps.json").read_text())["entries"]
    return {
        row["name"]: LayerMaps(
            _facts(row),
            tuple(ids),
            {layer: group[f"{row['name']}/{layer}"] for layer in row["layers"]},
        )
        for row in rows
    }


def _shards(batches: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Join batches to whole shards; the last one may be shorter."""
    held: list[Mapping[str, Any]] = []
    for batch in batches:
        held.append(batch)
        while _count(held) >= SHARD:
            joined = _join(held)
            yield _cut(joined, 0, SHARD)
            held = [_cut(joined, SHARD, None)]
    if _count(held):
        yield _join(held)


def _count(batches: list[Mapping[str, Any]]) -> int:
    return sum(len(next(iter(next(iter(b.values())).values()))) for b in batches)


def _join(batches: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name: {
            k: np.concatenate([b[name][k] for b in batches]) for k in batches[0][name]
        }
        for name in batches[0]
    }


def _cut(batch: Mapping[str, Any], start: int, stop: int | None) -> dict[str, Any]:
    return {n: {k: v[start:stop] for k, v in p.items()} for n, p in batch.items()}


def _array(group: Any, path: str, shape: tuple[int, ...]) -> Any:
    """Open or make the array of one part; what is missing reads as NaN."""
    if path in group:
        return group[path]
    return group.create_array(
        path,
        shape=shape,
        dtype="float32",
        chunks=(32, *shape[1:]),
        shards=(SHARD, *shape[1:]),
        fill_value=float("nan"),
    )


def _plain(fact: Facts) -> dict[str, Any]:
    """Return facts as JSON has them."""
    places = {
        layer: None if g is None else {"stride": g.stride, "offset": g.offset}
        for layer, g in fact.geometry.items()
    }
    return {
        "names": dict(fact.names),
        "size": fact.size,
        "geometry": places,
        "postprocessing": fact.postprocessing,
        "fusion": fact.fusion,
    }


def _facts(row: Mapping[str, Any]) -> Facts:
    """Return facts from JSON."""
    places = {
        layer: None if g is None else Geometry(tuple(g["stride"]), tuple(g["offset"]))
        for layer, g in row["geometry"].items()
    }
    return Facts(
        row["names"],
        tuple(row["size"]),
        places,
        row["postprocessing"],
        row["fusion"],
    )
