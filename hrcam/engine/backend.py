"""Gradients and compilation: the one file that knows Keras' back ends apart."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras

#: From source tensors, and what is added to tensors when they are made (all by
#: number), to a scalar and the tensors that are kept.
Forward = Callable[
    [Mapping[int, Any], Mapping[int, Any]], tuple[Any, Mapping[int, Any]]
]

_STATE = threading.local()


@contextmanager
def untouched(values: Sequence[tuple[Any, Any]] = ()) -> Iterator[None]:
    """Run layers without writing to them: no losses, no states.

    Parameters
    ----------
    values
        Variables with the values that they have meanwhile; the others keep theirs.
    """
    if getattr(_STATE, "inside", False):
        yield
        return
    _STATE.inside = True
    try:
        with keras.StatelessScope(state_mapping=list(values)):
            yield
    finally:
        _STATE.inside = False


def differentiate(
    forward: Forward, sources: Mapping[int, Any], wanted: Sequence[int]
) -> tuple[Mapping[int, Any], dict[int, Any]]:
    """Run forward once and backward once.

    Parameters
    ----------
    forward
        The computation; it must keep the wanted tensors.
    sources
        Where the computation starts: tensors by number.
    wanted
        Numbers of the tensors by which the scalar is derived.

    Returns
    -------
    values, gradients
        By number; a tensor that the scalar does not depend on has gradient 0.
    """
    back_end = keras.backend.backend()
    if back_end not in _DIFFERENTIATE:
        msg = (
            f"KERAS_BACKEND must be one of {', '.join(_DIFFERENTIATE)} for the engine, "
            f"got {back_end!r}; set it before Keras is imported"
        )
        raise RuntimeError(msg)
    return _DIFFERENTIATE[back_end](forward, sources, tuple(wanted))


def compiled(function: Callable[..., Any], network: Any) -> Callable[..., Any]:
    """Compile a function of tensors that runs a network's layers.

    The weights are read at every call, so a network whose weights change needs no
    second compilation and is never seen with old ones. Inputs of another shape are
    compiled anew.
    """
    back_end = keras.backend.backend()
    if back_end == "tensorflow":
        import tensorflow as tf

        call = tf.function(function, autograph=False)
        # Every network has functions of its own; TensorFlow takes them for one.
        call._omit_frequent_tracing_warning = True
        return call
    if back_end == "jax":
        return _compiled_jax(function, network)
    return _without_gradients(function)


def once(function: Callable[..., Any], network: Any) -> Callable[..., Any]:
    """Prepare a function of tensors for a single call, in the quickest way."""
    if keras.backend.backend() == "jax":
        return _compiled_jax(function, network)
    return function


def _tensorflow(
    forward: Forward, sources: Mapping[int, Any], wanted: tuple[int, ...]
) -> tuple[Mapping[int, Any], dict[int, Any]]:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for source in sources.values():
            tape.watch(source)
        aim, values = forward(sources, {})
    zero = tf.UnconnectedGradients.ZERO
    slopes = tape.gradient(aim, [values[i] for i in wanted], unconnected_gradients=zero)
    return values, dict(zip(wanted, slopes, strict=True))


def _jax(
    forward: Forward, sources: Mapping[int, Any], wanted: tuple[int, ...]
) -> tuple[Mapping[int, Any], dict[int, Any]]:
    """Derive by zeros that are added to the wanted tensors."""
    import jax

    def kept(tensors: Mapping[int, Any]) -> Mapping[int, Any]:
        return forward(tensors, {})[1]

    def shifted(shifts: Mapping[int, Any]) -> tuple[Any, Mapping[int, Any]]:
        moved = {i: x + shifts[i] if i in shifts else x for i, x in sources.items()}
        return forward(moved, shifts)

    shapes = jax.eval_shape(kept, dict(sources))
    zeros = {i: jax.numpy.zeros(shapes[i].shape, shapes[i].dtype) for i in wanted}
    slopes, values = jax.grad(shifted, has_aux=True)(zeros)
    return values, slopes


def _torch(
    forward: Forward, sources: Mapping[int, Any], wanted: tuple[int, ...]
) -> tuple[Mapping[int, Any], dict[int, Any]]:
    import torch

    with torch.enable_grad():
        leaves = {i: x.detach().requires_grad_(True) for i, x in sources.items()}
        aim, values = forward(leaves, {})
        tensors = [values[i] for i in wanted]
        slopes = torch.autograd.grad(aim, tensors, allow_unused=True)
    found = [
        torch.zeros_like(x) if slope is None else slope
        for x, slope in zip(tensors, slopes, strict=True)
    ]
    plain = {i: x.detach() for i, x in values.items()}
    return plain, dict(zip(wanted, found, strict=True))


_DIFFERENTIATE: dict[str, Callable[..., Any]] = {
    "tensorflow": _tensorflow,
    "jax": _jax,
    "torch": _torch,
}


def _compiled_jax(function: Callable[..., Any], network: Any) -> Callable[..., Any]:
    """Compile for JAX, the network's variables being arguments."""
    import jax

    def stateless(values: list[Any], *inputs: Any) -> Any:
        with untouched(list(zip(network.variables, values, strict=True))):
            return function(*inputs)

    call = jax.jit(stateless)
    return lambda *inputs: call([v.value for v in network.variables], *inputs)


def _without_gradients(function: Callable[..., Any]) -> Callable[..., Any]:
    """Run on torch as it is; gradients are recorded where they are asked for only."""

    def call(*inputs: Any) -> Any:
        import torch

        with torch.no_grad():
            return function(*inputs)

    return call
