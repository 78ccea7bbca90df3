"""Logs of a training for TensorBoard."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from hrcam.engine.training.checkpoints import Row


def board(folder: Path) -> Callable[[Sequence[Row]], None]:
    """Return a log that writes each epoch's newest row for TensorBoard.

    Parameters
    ----------
    folder
        Where event files go; what is there stays.

    Raises
    ------
    ModuleNotFoundError
        If TensorFlow or TensorBoard is not installed.
    """
    try:
        import tensorflow as tf

        import_module("tensorboard")  # tf.summary needs it and says so too late
    except ModuleNotFoundError as error:
        msg = (
            f"--tensorboard needs TensorBoard and TensorFlow, got no {error.name!r}; "
            "pip install tensorboard, or read history.csv"
        )
        raise ModuleNotFoundError(msg, name=error.name) from error
    writer = tf.summary.create_file_writer(str(folder))

    def log(rows: Sequence[Row]) -> None:
        row = dict(rows[-1])
        with writer.as_default(step=int(row.pop("epoch"))):
            for name, value in row.items():
                tf.summary.scalar(name, value)
        writer.flush()

    return log
