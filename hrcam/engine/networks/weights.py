"""Load a stock network's weights from a local file, with or without its head.

Files keep layers by kind and order (``.weights.h5``, ``.keras``) or by order alone
(the older ``.h5`` of ``keras.applications``). The layers of a head come last, so those
of the network without it are the file's first, whatever the number of classes was.
"""

import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

SUFFIXES = (".keras", ".weights.h5", ".h5")


def load(model: keras.Model, path: Path, name: str) -> None:
    """Set the weights of a network without a head from a file.

    Parameters
    ----------
    model
        The network; layers without weights in it do not matter.
    path
        A ``.keras``, ``.weights.h5`` or ``.h5`` file of the same network, with its head
        (of any number of classes) or without. No code of a file is run.
    name
        What the network is called if the file is not its own.

    Raises
    ------
    ValueError
        If the file is of another kind or another network.
    """
    if not path.name.endswith(SUFFIXES):
        msg = f"weights must be a .keras, .weights.h5 or .h5 file, got {str(path)!r}"
        raise ValueError(msg)
    try:
        if path.name.endswith((".keras", ".weights.h5")):
            with warnings.catch_warnings():
                # Keras warns hundredfold of what it then raises an error for.
                warnings.filterwarnings("ignore", message="Skipping nested container")
                model.load_weights(path)
        else:
            _load_ordered(model, path)
    except Exception as error:  # Keras and h5py raise many kinds for a wrong file
        reason = " ".join(str(error).split())[:200] or repr(error)
        msg = f"{path} must hold the weights of {name}, got: {reason}"
        raise ValueError(msg) from error


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load_ordered(model: keras.Model, path: Path) -> None:
    """Set weights from a file that keeps its layers in order."""
    import h5py

    with h5py.File(path, "r") as file:
        groups = _groups(file.get("model_weights", file))
        for layer in model.layers:
            if not layer.weights:
                continue
            name, arrays = next(groups, ("no more layers", []))
            variables = [*layer.trainable_weights, *layer.non_trainable_weights]
            wanted = [tuple(v.shape) for v in variables]
            held = [a.shape for a in arrays]
            if wanted != held:
                msg = f"{name} {held} where {layer.name} has {wanted}"
                raise ValueError(msg)
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)


def _groups(file: Any) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield name and arrays of each layer with weights."""
    if "layer_names" not in file.attrs:
        msg = "no layers in it"
        raise ValueError(msg)
    for name in map(_text, file.attrs["layer_names"]):
        group = file[name]
        names = [_text(n) for n in group.attrs["weight_names"]]
        if names:
            yield name, [np.asarray(group[n]) for n in names]


def _text(word: Any) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)
