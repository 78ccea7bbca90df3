"""Ask a network what it makes of changed images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped


@dataclass(frozen=True)
class Responses:
    """What a network says of the explained class.

    Attributes
    ----------
    logit
        Contrast logit: the class's minus the mean of the others, (n,).
    probability
        Of the class, in [0, 1], (n,).
    """

    logit: Float[np.ndarray, " n"]
    probability: Float[np.ndarray, " n"]


#: Images (n, h, w) or (n, h, w, c) in the network's own values, and each one's class.
Respond = Callable[[Any, Any], Responses]


def responder(network: Any, shape: tuple[int, ...]) -> Respond:
    """Return the function that asks a network.

    Parameters
    ----------
    network
        A Keras model or a PyTorch module; it stays as it was.
    shape
        Rows and columns of the images, and channels if they are in color.
    """
    from scipy.special import softmax

    from hrcam.engine.pooling import logits
    from hrcam.engine.preparation import prepare

    probe = prepare(network, (shape[0], shape[1], shape[2] if len(shape) > 2 else 1))

    def respond(
        images: Shaped[np.ndarray, "n h w *c"], aims: Int[np.ndarray, " n"]
    ) -> Responses:
        scores = logits(probe, images)
        own = np.take_along_axis(scores, aims[:, None], axis=1)[:, 0]
        others = (scores.sum(axis=1) - own) / (scores.shape[1] - 1)
        chances = np.take_along_axis(softmax(scores, axis=1), aims[:, None], axis=1)
        return Responses(own - others, chances[:, 0])

    return respond
