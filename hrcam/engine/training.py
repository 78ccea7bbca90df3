"""Train a classifier: seeded, augmented, the same weights from the same input."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import keras
import numpy as np
from jaxtyping import Float, Int, Shaped

from hrcam.engine.augmentation import Augmentation, transforms
from hrcam.engine.networks import Plan, build

Images = Shaped[np.ndarray, "n h w *c"]


@dataclass(frozen=True)
class Training:
    """How a classifier is trained.

    Parameters
    ----------
    network
        Name of a network of :data:`hrcam.engine.networks.NETWORKS`.
    weights
        Where its weights start: ``random``, ``imagenet`` or a file.
    epochs, batch
        Passes over the training images, and images per step.
    rate
        Peak learning rate of Adam; warms up over a tenth of the steps, then falls to
        zero along a cosine.
    seed
        Initial weights, order of the images, augmentation.
    """

    network: str = "compact"
    weights: str = "random"
    epochs: int = 12
    batch: int = 16
    rate: float = 2e-3
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)


def fit(
    images: Images,
    labels: Int[np.ndarray, " n"],
    classes: int,
    settings: Training,
    progress: Callable[[int], None] | None = None,
) -> tuple[keras.Model, list[float]]:
    """Train a network with cross-entropy on softmax probabilities.

    Parameters
    ----------
    images
        Gray (n, h, w) or color (n, h, w, c) values in [0, 255].
    labels
        Class of each image.
    classes
        How many there are.
    settings
        The network and its schedule.
    progress
        Called with the number of images after each step.

    Returns
    -------
    model, losses
        The trained model, and the mean loss of each epoch.
    """
    keras.utils.set_random_seed(settings.seed)
    shape = (*images.shape[1:3], images.shape[3] if images.ndim == 4 else 1)
    sample = images[:: max(1, len(images) // 256)].astype(np.float64)
    plan = Plan(
        shape, classes, float(sample.mean()), float(sample.var()), settings.weights
    )
    model = build(settings.network, plan)
    trainer = _trainer(model, shape, settings, len(images))
    losses = []
    for epoch in range(settings.epochs):
        total = 0.0
        for batch in _batches(images, labels, settings, epoch):
            (pixels, _), truth = batch
            total += float(trainer.train_on_batch(batch[0], truth)) * len(pixels)
            if progress is not None:
                progress(len(pixels))
        losses.append(total / len(images))
    return model, losses


def predict(
    model: keras.Model, images: Images, batch: int = 64
) -> Float[np.ndarray, "n k"]:
    """Return class probabilities of images, (n, classes)."""
    parts = [
        keras.ops.convert_to_numpy(
            model(as_batch(images[i : i + batch]), training=False)
        )
        for i in range(0, len(images), batch)
    ]
    return np.concatenate(parts)


def as_batch(images: Images) -> Float[np.ndarray, "n h w c"]:
    """Return images as float32 with a channel axis."""
    pixels = images.astype(np.float32)
    return pixels[..., None] if pixels.ndim == 3 else pixels


def _trainer(
    model: keras.Model, shape: tuple[int, int, int], settings: Training, count: int
) -> keras.Model:
    """Put the augmenting warp before the model, for training only."""
    image, warp = keras.Input(shape), keras.Input((8,))
    moved = keras.ops.image.affine_transform(
        image, warp, interpolation="bilinear", fill_mode="nearest"
    )
    trainer = keras.Model([image, warp], model(moved))
    steps = settings.epochs * -(-count // settings.batch)
    warmup = max(1, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        settings.rate / 20,
        max(1, steps - warmup),
        warmup_target=settings.rate,
        warmup_steps=warmup,
    )
    trainer.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        jit_compile=False,
    )
    return trainer


def _batches(
    images: Images, labels: Int[np.ndarray, " n"], settings: Training, epoch: int
) -> Iterator[tuple[tuple[np.ndarray, np.ndarray], np.ndarray]]:
    """Yield one epoch of shuffled images with the warp each is to get."""
    rng = np.random.default_rng([settings.seed, epoch])
    order = rng.permutation(len(images))
    warps = transforms(rng, len(images), images.shape[1:3], settings.augmentation)
    for start in range(0, len(images), settings.batch):
        rows = order[start : start + settings.batch]
        yield (as_batch(images[rows]), warps[rows]), labels[rows]
