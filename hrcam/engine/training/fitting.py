"""Train a classifier: seeded, augmented, the same weights from the same input."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
import numpy as np
from jaxtyping import Int

from hrcam.engine.images import Images
from hrcam.engine.networks import Plan, build
from hrcam.engine.training.batches import Samples, class_weights
from hrcam.engine.training.checkpoints import State
from hrcam.engine.training.course import Course, Fitted, Watch
from hrcam.engine.training.schedule import phases
from hrcam.engine.training.settings import Training


def fit(
    images: Images,
    labels: Int[np.ndarray, " n"],
    classes: int,
    settings: Training,
    progress: Callable[[int], None] | None = None,
) -> tuple[keras.Model, list[float]]:
    """Train a network on images alone; the model and the mean loss of each epoch.

    See :func:`train`.
    """
    found = train(Samples(images, labels, classes), None, settings, Watch(progress))
    return found.model, [row["loss"] for row in found.rows]


def train(
    samples: Samples,
    validation: Samples | None,
    settings: Training,
    watch: Watch | None = None,
) -> Fitted:
    """Train a network with cross-entropy on softmax probabilities.

    Parameters
    ----------
    samples
        What to train on.
    validation
        What each epoch is judged on; needed for ``settings.patience`` alone.
    settings
        The network and its schedule.
    watch
        Progress, log, checkpoint.

    Raises
    ------
    ValueError
        If settings do not fit one another or a checkpoint is of another training.
    RuntimeError
        If the loss is no longer finite.
    """
    watch = Watch() if watch is None else watch
    if settings.patience and validation is None:
        msg = f"patience must be 0 without validation images, got {settings.patience}"
        raise ValueError(msg)
    weights = class_weights(samples, settings.class_weights)
    plan = _plan(samples, settings)
    held = watch.checkpoint.read() if watch.checkpoint else None
    if held and watch.progress is not None:
        watch.progress(len(held.rows) * len(samples))
    with _precision(settings.precision):
        # What reads images may draw from the same global stream: seeded just before.
        keras.utils.set_random_seed(settings.seed)
        model = build(settings.network, plan)
        course = Course(model, samples, validation, settings, weights, watch)
        course.state = held or State()
        for phase in phases(settings.epochs, settings.freeze):
            course.run(phase)
    return course.end()


def _plan(samples: Samples, settings: Training) -> Plan:
    """Say what the network is for; the scaling is measured on some of the images."""
    images = samples.images
    sample = images[:: max(1, len(images) // 256)].astype(np.float64)
    mean, variance = float(sample.mean()), float(sample.var())
    return Plan(samples.shape, samples.classes, mean, variance, settings.weights)


@contextmanager
def _precision(name: str) -> Iterator[None]:
    """Build layers of a data type; the global policy is put back in the end."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
