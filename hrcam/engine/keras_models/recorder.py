"""Look into a Keras network: feature maps, gradients, pixel slopes, logits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from hrcam.capture import Ops
from hrcam.engine.backend import compiled, differentiate
from hrcam.engine.keras_models.biases import bias
from hrcam.engine.keras_models.calls import Asked
from hrcam.engine.keras_models.fidelity import check_batch, check_faithful, own_shape
from hrcam.engine.keras_models.graph import affine, rectifiers, tapped
from hrcam.engine.keras_models.own_head import own_head
from hrcam.engine.keras_models.places import geometry
from hrcam.engine.keras_models.readout import Readout, logits_of, readout
from hrcam.engine.keras_models.rectification import RULES
from hrcam.engine.keras_models.tracing import Graph, Rule, run, trace
from hrcam.engine.probe import Look, Tap, Wants
from hrcam.heads import Head


@dataclass(frozen=True, eq=False)
class Recorder:
    """A Keras network prepared for looking into: a :class:`hrcam.engine.probe.Probe`.

    Parameters
    ----------
    network
        The user's model; it stays as it was.
    graph, readout, places
        The model as a list of steps, where its logits are, and its taps' tensors.
    taps, shape, classes
        As in :class:`hrcam.engine.probe.Probe`.
    head
        Reads the network's own linear head from its weights; None if it has none.
    """

    network: keras.Model
    graph: Graph
    readout: Readout
    places: Mapping[str, int]
    taps: tuple[Tap, ...]
    shape: tuple[int, int, int]
    classes: int
    head: Callable[[], Head] | None = None
    ops: Ops = keras.ops
    sizes: dict[tuple[int, int], "Recorder"] = field(default_factory=dict)
    functions: dict[Any, Callable[..., Any]] = field(default_factory=dict)

    @property
    def base(self) -> Head | None:
        """The network's own linear head, with its weights as they are now."""
        return None if self.head is None else self.head()

    def run(
        self,
        known: Mapping[int, Any],
        wanted: Sequence[int] = (),
        rules: Mapping[str, Rule] | None = None,
        shifts: Mapping[int, Any] | None = None,
    ) -> tuple[Any, dict[int, Any]]:
        """Compute the logits (n, k) and the wanted tensors from known ones."""
        ends = (*wanted, self.readout.tensor)
        values = run(self.graph, known, ends, rules, shifts)
        return logits_of(values[self.readout.tensor]), {i: values[i] for i in wanted}

    def look(self, pixels: Any, target: Any, wants: Wants) -> Look:
        """Run a batch forward, and the target logit backward as far as wanted.

        Raises
        ------
        ValueError
            If the pixels or the target do not have this network's shape.
        """
        check_batch(pixels, target, self.shape, self.classes)
        biased = affine(self.graph, self.readout.tensor) if wants.biases else []
        places = {name: self.places[name] for name in wants.features}
        gradients = {name: self.places[name] for name in wants.gradients}
        wanted = {*gradients.values(), *(s.outputs[0] for s in biased)}
        wanted |= {self.graph.image} if "plain" in wants.slopes else set()
        logits, values, found = self._derive(pixels, target, wanted, places.values())
        slopes = {
            rule: _float(found[self.graph.image])
            if rule == "plain"
            else self.slope(pixels, target, rule)
            for rule in wants.slopes
        }
        return Look(
            logits,
            _named(values, places),
            _named(found, gradients),
            slopes,
            tuple(bias(self.graph, s) * _float(found[s.outputs[0]]) for s in biased),
        )

    def slope(self, pixels: Any, target: Any, rule: str) -> Any:
        """Return the target logit's derivative by the pixels under a rule."""
        image = self.graph.image
        rules = {s.name: RULES[rule] for s in rectifiers(self.graph) if rule != "plain"}
        _, _, found = self._derive(pixels, target, {image}, (), rules)
        return _float(found[image])

    def resized(self, size: tuple[int, int]) -> "Recorder":
        """Return the network prepared for images of another size."""
        if size == self.shape[:2]:
            return self
        if size not in self.sizes:
            graph = trace(self.network, (*size, self.shape[2]))
            self.sizes[size] = record(self.network, graph, tuple(self.places))
        return self.sizes[size]

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a function of tensors that looks into the network."""
        return compiled(function, self.network)

    def calls(self, pixels: Any, target: Any, limit: int | None = None) -> Asked:
        """Return the network to be asked again about a batch."""
        check_batch(pixels, target, self.shape, self.classes)
        return Asked(self, np.asarray(pixels), np.asarray(target), limit)

    def _derive(
        self,
        pixels: Any,
        target: Any,
        wanted: Iterable[int],
        kept: Iterable[int],
        rules: Mapping[str, Rule] | None = None,
    ) -> tuple[Any, dict[int, Any], dict[int, Any]]:
        """Return logits, kept tensors, and the target's gradients by the wanted."""
        wanted, kept = tuple(wanted), tuple(kept)
        ends = tuple(dict.fromkeys((*wanted, *kept)))
        sources = {self.graph.image: keras.ops.convert_to_tensor(pixels, "float32")}

        def forward(known: Mapping[int, Any], shifts: Mapping[int, Any]) -> Any:
            scores, values = self.run(known, ends, rules, shifts)
            return keras.ops.sum(scores * target), {**values, -1: scores}

        if wanted:
            values, found = differentiate(forward, sources, wanted)
        else:
            values, found = forward(sources, {})[1], {}
        return values[-1], {i: values[i] for i in kept}, found


def prepare(
    network: keras.Model,
    shape: tuple[int, int, int] | None = None,
    layers: Sequence[str] | None = None,
) -> Recorder:
    """Find what can be recorded in a Keras model.

    Parameters
    ----------
    network
        Functional, Sequential, nested or subclassed classifier of images.
    shape
        Rows, columns and channels of the images; by default the model's own.
    layers
        Names of the layers to tap; by default found from the graph
        (:func:`hrcam.engine.keras_models.graph.tapped`).

    Raises
    ------
    ValueError
        If the model is no classifier of such images or has no such feature maps.
    """
    graph = trace(network, shape or own_shape(network))
    found = record(network, graph, layers)
    check_faithful(network, graph)
    return found


def record(
    network: keras.Model,
    graph: Graph,
    layers: Sequence[str] | None = None,
) -> Recorder:
    """Prepare a traced model, or one of its variants."""
    end = readout(graph)
    places = tapped(graph, end.tensor, layers)
    taps = tuple(
        Tap(name, graph.shapes[i][1:3], graph.shapes[i][3], geometry(graph, i))
        for name, i in places.items()
    )
    shape, classes = graph.shapes[graph.image][1:], max(end.outputs, 2)
    head = own_head(network, graph, end, list(places.items())[-1])
    return Recorder(network, graph, end, places, taps, shape, classes, head)


def _float(tensor: Any) -> Any:
    """Return a tensor in single precision."""
    return keras.ops.cast(tensor, "float32")


def _named(values: Mapping[int, Any], places: Mapping[str, int]) -> dict[str, Any]:
    return {name: _float(values[i]) for name, i in places.items()}
