"""Keep maps in a folder: one array per entry and layer, written shard by shard."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hrcam.capture import Geometry
from hrcam.enlargement import ALIGNMENTS
from hrcam.fusion import FUSIONS, POSTPROCESSING
from hrcam.maps import Facts, LayerMaps, statuses
from metrics.sources.formats.tables import read_table
from simbench.wholeness import whole

#: Maps of one file of the store.
SHARD = 256

#: Of ``maps.json``. 1 knew neither provenance nor status, and had no layer whose name
#: holds a slash beside one that is the part before it.
SCHEMA = 2

#: What the names of an entry always tell.
_NAMED = ("method", "layer", "alignment", "label", "kind")

#: Pixels of one layer's map; more is taken for a mistake.
MAX_PIXELS = 2**26


def write_maps(
    folder: Path, table: Mapping[str, Facts], batches: Iterable[Mapping[str, Any]]
) -> None:
    """Write the parts of all entries, shard by shard, as they come.

    Parameters
    ----------
    folder
        An empty folder; gets ``maps.zarr``, ``maps.json`` and ``status.parquet``, the
        status of every map (rows: images, columns: entries).
    table
        The entries' facts by name.
    batches
        Per batch: by entry, then by layer, raw maps (n, h, w).
    """
    import pandas as pd
    import zarr

    group = zarr.open_group(folder / "maps.zarr", mode="w")
    written, order = 0, {}
    told: dict[str, list[str]] = {name: [] for name in table}
    for shard in _shards(batches):
        for name, parts in shard.items():
            order[name] = list(parts)
            told[name] += statuses(table[name], parts)
            for layer, maps in parts.items():
                array = _array(group, _path(name, layer, SCHEMA), maps.shape)
                array.resize((written + len(maps), *maps.shape[1:]))
                array[written:] = maps
        written += len(next(iter(next(iter(shard.values())).values())))
    rows = [{"name": n, **_plain(f), "layers": order[n]} for n, f in table.items()]
    frame = pd.DataFrame(told, dtype="category")
    frame.to_parquet(folder / "status.parquet", index=False)
    text = json.dumps({"schema": SCHEMA, "entries": rows}, indent=1, sort_keys=True)
    (folder / "maps.json").write_text(text + "\n")


def read_maps(folder: Path, ids: Sequence[str]) -> dict[str, LayerMaps]:
    """Open the maps that :func:`write_maps` wrote; nothing is loaded yet.

    Raises
    ------
    ValueError
        If the folder is damaged, or was written by a newer version.
    """
    import zarr

    with whole(str(folder), "explain the model again"):
        content = json.loads((folder / "maps.json").read_text(encoding="utf-8"))
        schema = content["schema"]
        if schema > SCHEMA:
            msg = (
                f"{folder / 'maps.json'} must have schema 1..{SCHEMA}, got {schema}; "
                "update hrcam-bench"
            )
            raise ValueError(msg)
        group = zarr.open_group(folder / "maps.zarr", mode="r")
        told, found = _told(folder), {}
        for row in content["entries"]:
            name, layers = row["name"], row["layers"]
            parts = {k: group[_path(name, k, schema)] for k in layers}
            for layer, part in parts.items():
                _check_part(f"{name} of {layer}", part, len(ids))
            found[name] = LayerMaps(_facts(row), tuple(ids), parts, told.get(name, ()))
        return found


def _check_part(name: str, part: Any, images: int) -> None:
    """Refuse what is no map per image, and shards that only a mistake makes.

    Raises
    ------
    ValueError
        Naming the part.
    """
    shape, dtype = tuple(part.shape), np.dtype(part.dtype)
    if len(shape) != 3 or shape[0] != images or dtype.kind != "f" or min(shape) < 1:
        msg = f"{name} of shape {shape} and {dtype} for {images} images"
        raise ValueError(msg)
    if max(part.chunks[0], (part.shards or (0,))[0]) > SHARD:
        msg = f"{name} with {part.chunks[0]} maps in a chunk"
        raise ValueError(msg)
    if shape[1] * shape[2] > MAX_PIXELS:
        msg = f"{name} of {shape[1:]} pixels, more than {MAX_PIXELS}"
        raise ValueError(msg)


def _told(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the statuses by entry; nothing of a folder that has none."""
    path = folder / "status.parquet"
    if not path.is_file():
        return {}
    return {str(n): tuple(rows) for n, rows in read_table(path).items()}


def _path(name: str, layer: str, schema: int) -> str:
    """Return where a part lies in the store; a slash in a name makes no folder."""
    if schema == 1:
        return f"{name}/{layer}"
    return "/".join(x.replace("%", "%25").replace("/", "%2F") for x in (name, layer))


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
        "provenance": dict(fact.provenance),
    }


def _pair(numbers: Sequence[float]) -> tuple[float, float]:
    """Return two finite numbers."""
    first, second = map(float, numbers)
    if not np.isfinite((first, second)).all():
        msg = f"a place of {first}, {second}"
        raise ValueError(msg)
    return first, second


def _check_words(row: Mapping[str, Any], alignment: str) -> None:
    """Refuse an entry without layers, or with a way to join them that there is not."""
    if not row["layers"]:
        msg = "an entry without layers"
        raise ValueError(msg)
    for what, word, known in (
        ("alignment", alignment, ("", *ALIGNMENTS)),
        ("postprocessing", row["postprocessing"], POSTPROCESSING),
        ("fusion", row["fusion"], FUSIONS),
    ):
        if word not in known:
            msg = f"an entry with {what} {word!r}"
            raise ValueError(msg)


def _facts(row: Mapping[str, Any]) -> Facts:
    """Return facts from JSON."""
    places = {
        layer: None if g is None else Geometry(_pair(g["stride"]), _pair(g["offset"]))
        for layer, g in row["geometry"].items()
    }
    names = {str(key): str(word) for key, word in row["names"].items()}
    lost = [key for key in _NAMED if key not in names]
    if lost:
        msg = f"names of an entry without {', '.join(lost)}"
        raise ValueError(msg)
    _check_words(row, names["alignment"])
    height, width = row["size"]
    if not 0 < int(height) * int(width) <= MAX_PIXELS:
        msg = f"maps of {height} x {width} pixels, not 1 to {MAX_PIXELS}"
        raise ValueError(msg)
    return Facts(
        names,
        (int(height), int(width)),
        places,
        row["postprocessing"],
        row["fusion"],
        row.get("provenance", {}),
    )
