"""What a training is made of."""

from dataclasses import dataclass, field

import numpy as np

from hrcam.engine.training.augmentation import Augmentation

#: Data types of the computation; the weights are float32 in all.
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
#: How classes are weighted in the loss.
CLASS_WEIGHTS = ("none", "balanced")


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
    class_weights
        ``none``, or ``balanced``: every class counts the same in the loss.
    patience
        Passes without a smaller validation loss after which training stops, with the
        weights of the best pass; 0 trains all passes and keeps the last weights.
    freeze
        First passes in which the head alone learns; both parts have their own warm-up
        and cosine.
    precision
        ``float32``, ``mixed_float16`` or ``mixed_bfloat16``; weights and head stay
        float32.
    """

    network: str = "compact"
    weights: str = "random"
    epochs: int = 12
    batch: int = 16
    rate: float = 2e-3
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    class_weights: str = "none"
    patience: int = 0
    freeze: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        """Check the numbers."""
        least = {"epochs": 1, "batch": 1, "patience": 0, "freeze": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                msg = f"{name} must be at least {bound}, got {getattr(self, name)}"
                raise ValueError(msg)
        if not 0 < self.rate < np.inf:
            msg = f"rate must be positive and finite, got {self.rate}"
            raise ValueError(msg)
        words = {"precision": PRECISIONS, "class_weights": CLASS_WEIGHTS}
        for name, known in words.items():
            if getattr(self, name) not in known:
                msg = f"{name} must be one of {', '.join(known)}, "
                raise ValueError(msg + f"got {getattr(self, name)!r}")
