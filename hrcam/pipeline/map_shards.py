"""Explain a split shard by shard, so that what is done is not done again.

A shard that was kept is taken again only if model, dataset, methods and choices are the
same; it need not have been made by the same process, nor on the same machine.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from hrcam.pipeline.model import versions
from hrcam.pipeline.views import View
from metrics.sources.formats.image import complete
from metrics.storage.plain import to_json

#: Images of a shard, unless a batch is larger.
SHARD = 64

#: By entry, then by layer: raw maps, (n, h, w).
Batch = Mapping[str, Any]
Progress = Callable[[int], None] | None

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Store:
    """A folder of shards that follow from one thing.

    ``identity`` is the hash of all that the maps follow from, ``ids`` the images.
    """

    folder: Path
    identity: str

    def path(self, number: int) -> Path:
        """Return where a shard lies."""
        return self.folder / f"{number:06d}.npz"

    def write(self, number: int, batch: Batch) -> None:
        """Write a shard under another name, then give it its own."""
        names = [[entry, layer] for entry, parts in batch.items() for layer in parts]
        arrays = {f"{i:05d}": batch[e][layer] for i, (e, layer) in enumerate(names)}
        about = json.dumps({"identity": self.identity, "names": names})
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.path(number).with_name(f".{self.path(number).name}.tmp")
        with draft.open("wb") as file:
            np.savez(file, allow_pickle=False, about=np.array(about), **arrays)
        draft.replace(self.path(number))

    def read(self, number: int) -> dict[str, dict[str, np.ndarray]] | None:
        """Read a shard; None if there is none, it is not whole, or of other maps."""
        path = self.path(number)
        if not path.is_file():
            return None
        try:
            with (
                complete(str(path)),
                path.open("rb") as raw,
                np.load(raw, allow_pickle=False) as file,
            ):
                about = json.loads(str(file["about"]))
                if about["identity"] != self.identity:
                    return None
                batch: dict[str, dict[str, np.ndarray]] = {}
                for i, (entry, layer) in enumerate(about["names"]):
                    maps = file[f"{i:05d}"]
                    _check(maps, entry, layer)
                    batch.setdefault(entry, {})[layer] = maps
        except ValueError as error:
            _LOG.warning("%s is not whole and is made again: %s", path, error)
            return None
        return batch


def _check(maps: Any, *names: Any) -> None:
    """Refuse names that are no words, and maps that are no array.

    NumPy returns the bytes of a member that does not begin as an array does.
    """
    if not all(isinstance(name, str) for name in names):
        msg = f"names {names!r:.80}"
        raise TypeError(msg)
    if not isinstance(maps, np.ndarray):
        msg = f"bytes for the maps of {names[0]!r:.80}"
        raise TypeError(msg)


def shards(view: View, folder: Path, crew: Any, progress: Progress) -> Iterator[Batch]:
    """Yield the maps of a split, shard by shard.

    Parameters
    ----------
    view
        What is explained.
    folder
        Where shards are kept.
    crew
        A pair: what gives shards to workers elsewhere and what they explain, or None
        to explain here.
    progress
        Called with the number of images just finished, or found finished.
    """
    store = Store(folder, identify(view))
    size = shard_size(view.batch)
    starts = range(0, len(view.ids), size)
    numbers = range(len(starts))
    if crew is None:
        work: Any = map(partial(_explain_here, view, store, progress), numbers)
    else:
        executor, asked = crew
        work = executor.map(partial(explain_afar, asked, store), numbers)
    for number, images in zip(numbers, work, strict=True):
        batch = store.read(number)
        if batch is None:
            msg = (
                f"{store.path(number)} must hold the maps that a worker made, got "
                "nothing; all workers must see one folder, model and dataset: run the "
                "same command again to continue"
            )
            raise FileNotFoundError(msg)
        if progress is not None:
            progress(images)
        yield batch


def shard_size(batch: int) -> int:
    """Return the images of a shard: whole batches."""
    return batch * max(1, SHARD // batch)


def identify(view: View) -> str:
    """Hash what the maps follow from; functions of others never are the same."""
    if view.foreign:
        return uuid4().hex
    entries = {name: asdict(facts) for name, facts in view.table().items()}
    for facts in entries.values():
        facts["provenance"].pop("penalties", None)  # follow from all the rest
    told = {
        "entries": entries,
        "model": view.model.facts["weights"],
        "dataset": view.dataset.identity,
        "ids": view.ids,
        "targets": view.targets.tolist(),
        "choices": [view.choices.calls, view.choices.seed],
        "versions": versions(),
    }
    return hashlib.sha256(to_json(told).encode()).hexdigest()


def explain_shard(view: View, store: Store, number: int, progress: Progress) -> int:
    """Explain the images of one shard and keep it; return how many were left to do."""
    size = shard_size(view.batch)
    start, stop = number * size, min((number + 1) * size, len(view.ids))
    if store.read(number) is not None:
        return stop - start
    held = []
    for batch in view.batches(start, stop):
        held.append(batch)
        if progress is not None:
            progress(len(next(iter(next(iter(batch.values())).values()))))
    store.write(number, _joined(held))
    return 0 if progress is not None else stop - start


def _explain_here(view: View, store: Store, progress: Progress, number: int) -> int:
    return explain_shard(view, store, number, progress)


def explain_afar(asked: Callable[[], View], store: Store, number: int) -> int:
    """Explain a shard in a process that opens model and dataset itself, once."""
    view = _seen(asked)
    if identify(view) != store.identity:
        msg = (
            "workers must explain with the same model, dataset and versions, got "
            "others in one of them; install the same packages everywhere"
        )
        raise ValueError(msg)
    return explain_shard(view, store, number, None)


_VIEWS: dict[Any, View] = {}


def _seen(asked: Callable[[], View]) -> View:
    """Return the view of this process; only the last one is held."""
    if asked not in _VIEWS:
        _VIEWS.clear()
        _VIEWS[asked] = asked()
    return _VIEWS[asked]


def _joined(batches: list[Batch]) -> dict[str, dict[str, np.ndarray]]:
    return {
        name: {k: np.concatenate([b[name][k] for b in batches]) for k in parts}
        for name, parts in batches[0].items()
    }
