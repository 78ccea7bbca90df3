"""How a network does on images that it is not trained on, after each epoch."""

import keras
import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from hrcam.engine.images import predict
from hrcam.engine.training.batches import Samples

#: Probabilities below are taken for it in the logarithm, as Keras does in its losses.
LEAST = 1e-7


def judge(
    model: keras.Model, samples: Samples, weights: Float[np.ndarray, " k"] | None
) -> dict[str, float]:
    """Return loss, accuracy and AUROC, named ``validation_…``.

    Parameters
    ----------
    weights
        Of the classes in the loss, as in training; the loss is the weighted mean.

    Notes
    -----
    With more than two classes the AUROC is the mean over classes, each against the
    rest; NaN where a class is missing.
    """
    chances = predict(model, samples.images).astype(np.float64)
    labels = samples.labels
    losses = -np.log(np.maximum(chances[np.arange(len(labels)), labels], LEAST))
    share = None if weights is None else weights[labels].astype(np.float64)
    return {
        "validation_loss": float(np.average(losses, weights=share)),
        "validation_accuracy": float((chances.argmax(axis=1) == labels).mean()),
        "validation_auroc": mean_auroc(chances, labels),
    }


def mean_auroc(
    chances: Float[np.ndarray, "n k"], labels: Int[np.ndarray, " n"]
) -> float:
    """Return the area under the ROC curve, of class 1 or averaged over classes."""
    classes = chances.shape[1]
    chosen = [1] if classes == 2 else range(classes)
    return float(np.mean([_auroc(chances[:, k], labels == k) for k in chosen]))


def _auroc(scores: Float[np.ndarray, " n"], positive: np.ndarray) -> float:
    """Return the share of pairs in the right order, ties counting one half."""
    yes, no = int(positive.sum()), int((~positive).sum())
    if not yes or not no:
        return float("nan")
    return float((rankdata(scores)[positive].sum() - yes * (yes + 1) / 2) / (yes * no))
