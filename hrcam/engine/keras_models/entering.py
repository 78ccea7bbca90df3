"""Call a model on a symbolic image such that all that is inside becomes visible.

Submodels and custom layers are entered rather than called, so that what they do is
recorded operation by operation. What is entered is a twin, which shares the weights and
has attributes of its own: the user's objects are not written to.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras

#: Layers are called through one function of Keras, so one trace is made at a time.
LOCK = threading.RLock()


@dataclass(frozen=True, eq=False)
class Weight:
    """A variable that is used outside of a layer's own operation, read at every run."""

    variable: Any
    dtype: str

    @property
    def name(self) -> str:
        """Name of the variable."""
        return str(self.variable.path)

    def __call__(self) -> Any:
        """Return the value, as the layer that owns it sees it."""
        return keras.ops.cast(self.variable, self.dtype)


@dataclass(frozen=True, eq=False)
class Entered:
    """What was found while a model was entered.

    Parameters
    ----------
    weights
        Symbolic tensors that stand for variables, with these.
    blocks
        Names of what was entered, with the symbolic tensors that came out.
    """

    weights: list[tuple[keras.KerasTensor, Weight]] = field(default_factory=list)
    blocks: list[tuple[str, Any]] = field(default_factory=list)

    def enter(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """Run what a submodel or custom layer does on symbolic tensors."""
        stands = {
            k: self._stands(layer, v) for k, v in vars(layer).items() if _holds(k, v)
        }
        if getattr(layer, "_convert_input_args", False) and layer.autocast:
            args, kwargs = keras.tree.map_structure(
                lambda x: _cast(x, layer.compute_dtype), (args, kwargs)
            )
        output = twin(layer, **stands).call(*args, **inference(layer, kwargs))
        self.blocks.append((layer.name, output))
        return output

    def _stands(self, layer: Any, held: Any) -> Any:
        """Return an attribute of a layer with tensors that stand for its variables."""
        if isinstance(held, dict):
            return {k: self._stands(layer, v) for k, v in held.items()}
        if isinstance(held, list | tuple):
            return type(held)(self._stands(layer, v) for v in held)
        return self._stand(layer, held) if isinstance(held, keras.Variable) else held

    def _stand(self, layer: Any, variable: Any) -> keras.KerasTensor:
        floating = keras.backend.is_float_dtype(variable.dtype)
        cast = layer.autocast and variable._autocast and floating
        dtype = str(layer.compute_dtype if cast else variable.dtype)
        symbol = keras.KerasTensor(variable.shape, dtype)
        self.weights.append((symbol, Weight(variable, dtype)))
        return symbol


@contextmanager
def entering(model: keras.Model) -> Iterator[Entered]:
    """Enter what is called on symbolic tensors in this thread.

    Afterwards Keras is as it was, and so are the records of calls in the model, also if
    an exception is raised.
    """
    found = Entered()
    with LOCK, _restored(model):
        original, thread = keras.layers.Layer.__call__, threading.get_ident()

        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != thread or not _symbolic((args, kwargs)):
                return original(layer, *args, **kwargs)
            if _custom(layer):
                try:
                    return found.enter(layer, *args, **kwargs)
                except Exception:  # noqa: BLE001  whatever a `call` may raise
                    pass  # It stays one operation, which raises what it must.
            return original(layer, *args, **kwargs)

        keras.layers.Layer.__call__ = call
        try:
            yield found
        finally:
            keras.layers.Layer.__call__ = original


def twin(layer: Any, **changes: Any) -> Any:
    """Return a layer that shares the weights of another and differs in attributes."""
    other = object.__new__(type(layer))
    nodes: dict[str, Any] = {"_inbound_nodes": [], "_outbound_nodes": []}
    vars(other).update({**vars(layer), **nodes, **changes})
    return other


def operations(model: Any) -> list[Any]:
    """Return every layer and operation inside a model."""
    layers = list(model._flatten_layers())
    inside = [o for x in layers for o in getattr(x, "operations", ())]
    return list({id(x): x for x in (*layers, *inside)}.values())


def inference(operation: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return named arguments of a call at which nothing is trained.

    A ``training`` that a model's own code gives is left; Keras hands on that of the
    outer call to every layer, whether its `call` takes it or not.
    """
    rest = {k: v for k, v in given.items() if k != "training"}
    if not getattr(operation, "_call_has_training_arg", False):
        return rest
    return {**rest, "training": given.get("training") or False}


@contextmanager
def _restored(model: keras.Model) -> Iterator[None]:
    """Take back the records that symbolic calls leave on a model's operations."""
    held = [
        (nodes, len(nodes))
        for operation in operations(model)
        for nodes in (operation._inbound_nodes, operation._outbound_nodes)
    ]
    try:
        yield
    finally:
        for nodes, count in held:
            del nodes[count:]


def _custom(layer: Any) -> bool:
    """Say whether a layer is a model, or not one of Keras' own."""
    own = type(layer).__module__.partition(".")[0] == "keras"
    return isinstance(layer, keras.Model) or not own


def _holds(name: str, value: Any) -> bool:
    """Say whether an attribute holds variables that a `call` may use."""
    if isinstance(value, keras.Variable):
        return True
    if name.startswith("_") or not isinstance(value, list | tuple | dict):
        return False
    return any(isinstance(x, keras.Variable) for x in keras.tree.flatten(value))


def _symbolic(arguments: Any) -> bool:
    return any(isinstance(x, keras.KerasTensor) for x in keras.tree.flatten(arguments))


def _cast(x: Any, dtype: str) -> Any:
    """Cast what a layer casts before its call."""
    if not isinstance(x, keras.KerasTensor) or str(x.dtype) == str(dtype):
        return x
    return keras.ops.cast(x, dtype) if keras.backend.is_float_dtype(x.dtype) else x
