"""Copy a network so that nothing done to the copy reaches the original."""

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from hrcam.engine.variants.stages import PREPROCESSING, leaves, parts


def duplicate(model: keras.Model) -> keras.Model:
    """Return a true copy of a network: other layers and variables, the same values.

    Raises
    ------
    ValueError
        If neither its configuration nor its saved form gives the same network.
    """
    try:
        copy = keras.models.clone_model(model)
    except Exception:  # noqa: BLE001  Keras raises many kinds; the saved form is tried
        copy = _reloaded(model)
    weights = model.get_weights()
    if [w.shape for w in copy.get_weights()] != [w.shape for w in weights]:
        _refuse(model, "a copy with other weights")
    copy.set_weights(weights)
    for layer in leaves(copy):
        if isinstance(layer, PREPROCESSING):
            layer.finalize_state()  # what it computes with are copies of its weights
    _compare(model, copy)
    return copy


def _reloaded(model: keras.Model) -> keras.Model:
    """Copy a network through its saved form, with the classes it is made of."""
    known = {type(x).__name__: type(x) for x in (model, *parts(model))}
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            model.save(path)
            # The code of the file is that of this process, so it may run.
            return keras.saving.load_model(
                path, custom_objects=known, compile=False, safe_mode=False
            )
    except Exception as error:  # noqa: BLE001  Keras raises many kinds
        return _refuse(model, str(error).strip().partition("\n")[0], error)


def _compare(model: keras.Model, copy: keras.Model) -> None:
    """See that a copy answers as the network does, where its input's size is known."""
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) != 1 or None in inputs[0].shape[1:]:
        return
    pixels = np.random.default_rng(0).uniform(0, 255, (1, *inputs[0].shape[1:]))
    one, other = (
        keras.ops.convert_to_numpy(m(pixels.astype(np.float32), training=False))
        for m in (model, copy)
    )
    if not np.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True):
        _refuse(model, "a copy that answers otherwise")


def _refuse(model: Any, found: str, cause: Exception | None = None) -> Any:
    msg = (
        f"model must be copied to be randomized, got {found!r} for {model.name!r}; "
        "give its classes a get_config that returns all arguments"
    )
    raise ValueError(msg) from cause
