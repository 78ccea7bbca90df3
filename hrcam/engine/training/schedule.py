"""How the learning rate runs, and which layers learn when."""

from dataclasses import dataclass

import keras

#: Share of the steps in which the rate rises.
WARMUP = 10
#: The first step's rate is the peak's part of this.
START = 20


@dataclass(frozen=True)
class Phase:
    """Epochs ``first`` … ``last - 1``, in which all layers learn or the head alone."""

    first: int
    last: int
    frozen: bool


def phases(epochs: int, freeze: int) -> tuple[Phase, ...]:
    """Divide the epochs: ``freeze`` of the head alone, the rest of all layers."""
    cut = min(freeze, epochs)
    both = (Phase(0, cut, frozen=True), Phase(cut, epochs, frozen=False))
    return tuple(phase for phase in both if phase.last > phase.first)


def schedule(
    peak: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rise over a tenth of the steps to the peak, fall to zero along a cosine."""
    warmup = max(1, steps // WARMUP)
    return keras.optimizers.schedules.CosineDecay(
        peak / START,
        max(1, steps - warmup),
        warmup_target=peak,
        warmup_steps=warmup,
    )


def rate(plan: keras.optimizers.schedules.LearningRateSchedule, step: int) -> float:
    """Return the rate of a step, 0 first."""
    return float(keras.ops.convert_to_numpy(plan(step)))


def freeze(model: keras.Model, frozen: bool) -> None:
    """Let the head alone learn, or every layer; frozen layers keep their statistics."""
    for layer in model.layers:
        layer.trainable = not frozen or layer.name == "logits"
