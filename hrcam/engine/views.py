"""Feed Keras or tf.data from a view of images, with the bytes on disk."""

import math
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np
from jaxtyping import Int64, Integer


@runtime_checkable
class View(Protocol):
    """A sequence of images with labels; :func:`simbench.views.view` makes one."""

    @property
    def labels(self) -> Int64[np.ndarray, " n"]: ...
    @property
    def read(self) -> Any: ...
    def __len__(self) -> int: ...


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """A view as ``keras.utils.PyDataset``: for ``model.fit`` and ``model.predict``.

    Parameters
    ----------
    view
        What :func:`simbench.views.view` returns.
    batch
        Images of a batch; the last may be smaller.
    seed
        Shuffles anew before every epoch; None keeps the order.
    """

    def __init__(
        self, view: View, batch: int = 32, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        if batch < 1:
            msg = f"batch must be >= 1, got {batch}"
            raise ValueError(msg)
        self._view, self._batch, self._seed = view, batch, seed
        self._epoch = -1
        self.on_epoch_begin()

    def __len__(self) -> int:
        return math.ceil(len(self._view) / self._batch)

    def __getitem__(
        self, place: int
    ) -> tuple[Integer[np.ndarray, "n h w c"], Int64[np.ndarray, " n"]]:
        some = self._order[place * self._batch : (place + 1) * self._batch]
        images = self._view.read(some.tolist())
        images = images[..., None] if images.ndim == 3 else images
        return images, self._view.labels[some]

    def on_epoch_begin(self) -> None:
        """Shuffle, each epoch in an order of its own."""
        self._epoch += 1
        self._order = np.arange(len(self._view))
        if self._seed is not None:
            rng = np.random.default_rng([self._seed, self._epoch])
            self._order = rng.permutation(len(self._view))


def tensorflow_dataset(view: View, batch: int = 32) -> Any:
    """Return a view as ``tf.data.Dataset`` of batches, in order.

    Raises
    ------
    ImportError
        If TensorFlow is not installed: ``pip install hrcam-bench[tensorflow]``.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        msg = "tf.data needs TensorFlow; pip install 'hrcam-bench[tensorflow]'"
        raise ImportError(msg) from error
    batches = Batches(view, batch)
    images, _ = batches[0]
    signature = (
        tf.TensorSpec((None, *images.shape[1:]), images.dtype),
        tf.TensorSpec((None,), tf.int64),
    )
    return tf.data.Dataset.from_generator(
        lambda: (batches[i] for i in range(len(batches))), output_signature=signature
    )
