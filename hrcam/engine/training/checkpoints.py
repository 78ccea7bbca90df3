"""Keep what a training needs to be continued, in one file that is always whole.

Batches and warps come from stateless streams, so besides the weights, the optimizer and
the seeds of dropout layers there is no state of chance to keep.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

#: One row of the history: ``epoch``, ``loss`` …
Row = dict[str, int | float]


@dataclass
class State:
    """Where a training stands.

    Parameters
    ----------
    rows
        One for each epoch that is done.
    model, optimizer
        Their variables, after the last of those epochs.
    best
        The model's variables after the epoch of least validation loss; empty unless
        they are asked for.
    """

    rows: list[Row] = field(default_factory=list)
    model: list[np.ndarray] = field(default_factory=list)
    optimizer: list[np.ndarray] = field(default_factory=list)
    best: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """A file that a training is continued from.

    Parameters
    ----------
    path
        An ``.npz`` file; it need not exist.
    key
        What the training is of (settings, data); only a file of the same is used.
    """

    path: Path
    key: Mapping[str, Any]

    def write(self, state: State) -> None:
        """Write the file under a temporary name and move it into place."""
        parts = {"model": state.model, "optimizer": state.optimizer, "best": state.best}
        arrays = {
            f"{name}/{i:05d}": array
            for name, part in parts.items()
            for i, array in enumerate(part)
        }
        about = json.dumps({"key": self.key, "rows": state.rows})
        arrays["about"] = np.array(about)
        temporary = self.path.with_name(f"{self.path.name}.partial")
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        temporary.replace(self.path)

    def read(self) -> State | None:
        """Return the state; None if there is no file.

        Raises
        ------
        ValueError
            If the file is damaged or of another training.
        """
        if not self.path.is_file():
            return None
        try:
            # NumPy leaves a damaged file open that it opened itself.
            with self.path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                _check_size(file.zip, self.path.stat().st_size)
                about = json.loads(str(file["about"]))
                parts: dict[str, list[np.ndarray]] = {}
                for name in sorted(set(file.files) - {"about"}):
                    parts.setdefault(name.partition("/")[0], []).append(file[name])
            state = State(_rows(about["rows"]), **parts)
            other = self.differing(about["key"])
        except Exception as error:  # NumPy and zipfile raise many kinds
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            msg = f"{self.path} must be a whole checkpoint, got: {reason}; remove it"
            raise ValueError(msg) from error
        if other:
            msg = (
                f"{self.path} must be of the same training, got another "
                f"{' and '.join(other)}; pass --overwrite to begin anew"
            )
            raise ValueError(msg)
        return state

    def fits(self) -> bool:
        """Say whether there is no file, or a whole one of this training."""
        try:
            self.read()
        except ValueError:
            return False
        return True

    def differing(self, key: Mapping[str, Any]) -> list[str]:
        """Name the entries in which a stored key is not this one."""
        mine = json.loads(json.dumps(self.key))
        return sorted(k for k in {*mine, *key} if mine.get(k) != key.get(k))


def _check_size(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what unpacks to more than the file; arrays are kept as they are."""
    whole = sum(member.file_size for member in archive.infolist())
    if whole > size:
        msg = f"{whole} bytes of arrays in {size}"
        raise ValueError(msg)


def _rows(rows: Any) -> list[Row]:
    """Return rows of a history; they are counted, and looked at by name."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        msg = "rows that are no list of tables"
        raise ValueError(msg)
    return rows


def values(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """Copy variables into arrays."""
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assign(
    variables: Sequence[keras.Variable],
    arrays: Sequence[np.ndarray],
    source: Path | str = "a checkpoint",
) -> None:
    """Set variables to arrays, in order.

    Raises
    ------
    ValueError
        If there are more or fewer, or of other shapes; ``source`` is where they are
        from.
    """
    wanted = [tuple(variable.shape) for variable in variables]
    found = [np.shape(array) for array in arrays]
    if wanted != found:
        msg = (
            f"{source} must hold {len(wanted)} arrays of this network's shapes, got "
            f"{len(found)} that differ; remove it to begin anew"
        )
        raise ValueError(msg)
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
