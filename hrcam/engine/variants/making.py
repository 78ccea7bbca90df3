"""Networks that HR-CAM competes with, made of the one that is explained.

Each answers an objection to HR-CAM when the same head is fitted on its features:

``untrained``
    the same architecture with fresh random weights: what comes from the architecture
    and the head alone?
``doubled``
    the same network on the image at twice the size: does a finer image do what the
    shallow layers do?
``destrided``
    the same network without the stride of its last down-sampling
    (:mod:`hrcam.engine.variants.stitching`): does a finer last map?

A variant has the taps of the network that it is made of, by the same names, and takes
the same images.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import keras

from hrcam.capture import Geometry
from hrcam.engine.keras_models.places import geometry
from hrcam.engine.keras_models.recorder import Recorder, record
from hrcam.engine.keras_models.tracing import Graph, Step, trace
from hrcam.engine.variants.randomization import randomized, stages
from hrcam.engine.variants.stitching import last_stage, stitched


def untrained(recorder: Recorder, seed: int = 0) -> Recorder:
    """Prepare a copy of a network whose weights are drawn anew.

    Raises
    ------
    ValueError
        If the network cannot be copied or a layer cannot be made anew.
    """
    leaves = [leaf for stage in stages(recorder.network) for leaf in stage.leaves]
    copy = randomized(recorder.network, leaves, seed)
    graph = _like(trace(copy, recorder.shape), recorder.graph)
    return record(copy, graph, tuple(recorder.places))


def doubled(recorder: Recorder) -> Recorder:
    """Prepare a network to see images enlarged to twice their rows and columns.

    The enlargement is bilinear with half-pixel centers. Taps are twice as fine; where
    they look is told in pixels of the image as it was.

    Raises
    ------
    ValueError
        If the network takes images of one size only.
    """
    rows, columns, channels = recorder.shape
    graph = trace(recorder.network, (2 * rows, 2 * columns, channels))
    graph = _like(graph, recorder.graph)
    bigger = keras.layers.UpSampling2D(
        2, interpolation="bilinear", dtype="float32", name="doubled"
    )
    number = min(-1, *graph.shapes) - 1
    step = Step(
        "image/doubled",
        bigger,
        (number,),
        (graph.image,),
        lambda values: [bigger(values[number])],
    )
    shapes = ChainMap({number: (None, *recorder.shape)}, graph.shapes)  # type: ignore[arg-type]  # only read
    whole = Graph(number, graph.output, (step, *graph.steps), shapes)
    return record(recorder.network, whole, tuple(recorder.places))


def destrided(recorder: Recorder) -> Recorder:
    """Prepare a network without the stride of its last down-sampling.

    The last tapped map gets the stride's multiple of rows and columns; its old units
    keep their values and are every second one. The other taps stay as they are.

    Raises
    ------
    ValueError
        If there is no down-sampling, or what follows needs maps of the old size.
    """
    last = recorder.taps[-1]
    place = recorder.places[last.name]
    graph, _ = stitched(recorder.graph, place)
    found = record(recorder.network, graph, tuple(recorder.places))
    factors = last_stage(recorder.graph, place).factors
    finer = replace(
        found.taps[-1],
        geometry=_divided(geometry(recorder.graph, place), factors),
    )
    return replace(found, taps=(*found.taps[:-1], finer))


#: Makes a variant of a prepared network, by name.
VARIANTS: dict[str, Callable[[Recorder], Recorder]] = {
    "untrained": untrained,
    "doubled": doubled,
    "destrided": destrided,
}


def vary(probe: Any, name: str) -> Recorder:
    """Return a variant of a prepared network.

    Raises
    ------
    ValueError
        If there is no such variant, or this network has none.
    """
    if name not in VARIANTS:
        msg = f"variant must be one of {', '.join(VARIANTS)}, got {name!r}"
        raise ValueError(msg)
    if not isinstance(probe, Recorder):
        msg = f"network must be a Keras model to have the variant {name!r}, got another"
        raise ValueError(msg)
    return VARIANTS[name](probe)


def available(
    probe: Any, names: Iterable[str] = tuple(VARIANTS)
) -> dict[str, Recorder]:
    """Return those of the named variants that a prepared network has."""
    found = {}
    for name in names:
        try:
            found[name] = vary(probe, name)
        except ValueError:
            continue
    return found


def _like(graph: Graph, other: Graph) -> Graph:
    """Name the steps of a graph as those of another trace of the same network.

    Operations without a layer get a new name whenever a network is traced.

    Raises
    ------
    ValueError
        If the network does other things than before.
    """
    kinds = [[type(s.operation) for s in g.steps] for g in (graph, other)]
    if kinds[0] != kinds[1]:
        msg = (
            "network must take the same steps for images of every size, got "
            f"{len(kinds[0])} and {len(kinds[1])} steps that differ"
        )
        raise ValueError(msg)
    pairs = zip(graph.steps, other.steps, strict=True)
    steps = tuple(replace(step, name=old.name) for step, old in pairs)
    return replace(graph, steps=steps)


def _divided(place: Geometry | None, factors: tuple[int, int]) -> Geometry | None:
    """Return where units look of which there are that many times more."""
    if place is None:
        return None
    rows, columns = (s / f for s, f in zip(place.stride, factors, strict=True))
    return Geometry((rows, columns), place.offset)
