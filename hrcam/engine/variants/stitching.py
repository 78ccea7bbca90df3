"""Take the stride out of a network's last down-sampling; all units keep their values.

The last stage is run once for each shift of its input by less than the stride, and the
maps are put between one another: "shift and stitch", which gives what removing the
stride and dilating the kernels behind it gives (Long, Shelhamer & Darrell, CVPR 2015,
section 3.2), but for any operation, also for poolings that cannot be dilated, for
means over the map and for branches that look at different places.

Unit (s i, t j) of the finer map is unit (i, j) of the network's own, exactly and
everywhere, borders included, because shift (0, 0) is the network's own computation. The
units between see the input moved on by one pixel of that stage, whose last rows and
columns are repeated: they equal those of the dilated network where their receptive
field stays inside the map, and see that repetition instead of padding where not.
"""

import itertools
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from hrcam.engine.keras_models.graph import SHRINKAGE
from hrcam.engine.keras_models.tracing import Graph, Step, Values, needed, run
from hrcam.engine.variants.shifting import Factors, Repeat, Shift, Stitch


@dataclass(frozen=True)
class Stage:
    """The steps from a graph's last down-sampling to a feature map.

    Parameters
    ----------
    factors
        Strides that are taken out.
    heads
        Names of the steps that shrink; a residual block has two.
    steps
        All steps, these among them.
    """

    factors: Factors
    heads: frozenset[str]
    steps: tuple[Step, ...]

    @property
    def made(self) -> set[int]:
        """Numbers of the tensors that the stage makes."""
        return {tensor for step in self.steps for tensor in step.outputs}


def last_stage(graph: Graph, tensor: int) -> Stage:
    """Find the steps from the last down-sampling to a feature map.

    Raises
    ------
    ValueError
        If nothing is down-sampled on the way to it.
    """
    steps = needed(graph, (graph.image,), (tensor,))
    shrinking = [s for s in steps if max(_factors(graph, s)) > 1]
    if not shrinking:
        msg = "network must shrink its feature maps to have a stride removed, got none"
        raise ValueError(msg)
    factors, size = _factors(graph, shrinking[-1]), _size(graph, shrinking[-1])
    heads = [
        s
        for s in shrinking
        if _factors(graph, s) == factors and _size(graph, s) == size
    ]
    names, made, inside = {s.name for s in heads}, set[int](), []
    for step in steps:
        if step.name in names or made & set(step.inputs):
            made |= set(step.outputs)
            inside.append(step)
    return Stage(factors, frozenset(names), tuple(inside))


def stitched(graph: Graph, tensor: int) -> tuple[Graph, int]:
    """Return the graph with its last down-sampling's stride removed.

    Parameters
    ----------
    graph
        A traced network; it stays as it was.
    tensor
        Number of the feature map that is to be finer.

    Returns
    -------
    graph, tensor
        The finer map is a tensor of its own, made by a step of the old name.

    Raises
    ------
    ValueError
        If there is no down-sampling, or what follows needs maps of the old size.
    """
    stage = last_stage(graph, tensor)
    names, inside = {s.name for s in stage.steps}, stage.made
    rest = [s for s in graph.steps if s.name not in names]
    numbers = itertools.count(min(-1, *graph.shapes) - 1, -1)
    wanted = dict.fromkeys(i for s in rest for i in s.inputs if i in inside)
    ways_in = _ways_in(graph, stage)
    new_in = {i: next(numbers) for i in ways_in}
    new_out = {i: next(numbers) for i in {**wanted, tensor: None}}
    steps: list[Step] = []
    for step in graph.steps:
        if step.name not in names:
            steps.append(_renumbered(step, new_out))
            continue
        late = [i for i in step.inputs if i in new_in and not _has(steps, new_in[i])]
        steps += [_step(ways_in[i], i, new_in[i]) for i in dict.fromkeys(late)]
        out = [i for i in step.outputs if i in new_out]
        renamed = replace(step, name=f"{step.name}/shifted") if out else step
        steps.append(_renumbered(renamed, new_in))
        stitch = Stitch(stage.factors, step.name)
        steps += [_step(stitch, i, new_out[i]) for i in out]
    finer = Graph(graph.image, graph.output, tuple(steps), graph.shapes)
    shapes = _measured(finer, [i for s in finer.steps for i in s.outputs])
    # The old shapes keep alive the tensors whose identities the numbers are.
    both = ChainMap(shapes, graph.shapes)  # type: ignore[arg-type]  # only read
    return replace(finer, shapes=both), new_out[tensor]


def _ways_in(graph: Graph, stage: Stage) -> dict[int, Any]:
    """Say for each tensor that enters the stage how it is shifted."""
    inside, found = stage.made, dict[int, Any]()
    for step in stage.steps:
        for tensor in step.inputs:
            if tensor in inside:
                continue
            shape = graph.shapes[tensor]
            spatial = len(shape) == 4 and shape[1:3] != (1, 1)
            if spatial and step.name not in stage.heads:
                msg = (
                    "network must enter its last stage by down-sampling only to have "
                    f"a stride removed, got a map of {shape[1]} x {shape[2]} at "
                    f"{step.name!r}"
                )
                raise ValueError(msg)
            way = Shift if spatial else Repeat
            found[tensor] = way(stage.factors, f"{step.name}/{way.__name__.lower()}")
    return found


def _measured(graph: Graph, tensors: list[int]) -> dict[int, tuple[int | None, ...]]:
    """Run a graph once on nothing, to see that it runs and what shapes come out."""
    image = keras.ops.zeros((1, *graph.shapes[graph.image][1:]))
    try:
        values = run(graph, {graph.image: image}, tensors)
    except Exception as error:  # the back ends raise many kinds
        reason = str(error).strip().partition("\n")[0]
        msg = (
            "network must take feature maps of another size behind its last stage to "
            f"have a stride removed, got: {reason}"
        )
        raise ValueError(msg) from error
    return {i: (None, *values[i].shape[1:]) for i in tensors}


def _step(operation: Any, source: int, target: int) -> Step:
    return Step(
        operation.name,
        operation,
        (source,),
        (target,),
        lambda values: [operation(values[source])],
    )


def _renumbered(step: Step, numbers: Mapping[int, int]) -> Step:
    """Return a step that reads its inputs under other numbers."""
    if not set(step.inputs) & set(numbers):
        return step

    def compute(values: Values) -> list[Any]:
        return step.compute({i: values[numbers.get(i, i)] for i in step.inputs})

    inputs = tuple(numbers.get(i, i) for i in step.inputs)
    return replace(step, inputs=inputs, compute=compute)


def _has(steps: list[Step], tensor: int) -> bool:
    return any(tensor in s.outputs for s in steps)


def _factors(graph: Graph, step: Step) -> Factors:
    """Return how many times fewer rows and columns a step makes, from its strides."""
    shapes = [graph.shapes[i] for i in (*step.inputs[:1], *step.outputs[:1])]
    if any(len(s) != 4 or None in s[1:3] for s in shapes) or shapes[1][1:3] == (1, 1):
        return 1, 1
    ratios = [b / a for b, a in zip(shapes[0][1:3], shapes[1][1:3], strict=True)]
    strides = getattr(step.operation, "strides", None)
    if strides is not None:
        down, right = np.broadcast_to(strides, 2).tolist()
        return (down, right) if max(ratios) > 1 else (1, 1)
    kinds = keras.layers.Cropping2D | keras.layers.ZeroPadding2D
    if isinstance(step.operation, kinds) or max(ratios) < SHRINKAGE:
        return 1, 1
    return round(ratios[0]), round(ratios[1])


def _size(graph: Graph, step: Step) -> tuple[int | None, ...]:
    return graph.shapes[step.outputs[0]][1:3]
