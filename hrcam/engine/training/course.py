"""One training under way: its epochs, its checkpoints, when it is over."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np
from jaxtyping import Float

from hrcam.engine.prefetching import ahead
from hrcam.engine.training.batches import Order, Samples, batches
from hrcam.engine.training.checkpoints import Checkpoint, Row, State, assign, values
from hrcam.engine.training.normalization import quickened
from hrcam.engine.training.schedule import Phase, freeze, rate, schedule
from hrcam.engine.training.settings import Training
from hrcam.engine.training.validation import judge


@dataclass(frozen=True)
class Watch:
    """What is told of a training while it runs, and what it is continued from.

    Parameters
    ----------
    progress
        Called with the number of images after each step.
    log
        Called after each epoch with the rows of all epochs so far.
    checkpoint
        Written after each epoch; read at the start.
    """

    progress: Callable[[int], None] | None = None
    log: Callable[[Sequence[Row]], None] | None = None
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained network and what happened.

    Parameters
    ----------
    model
        The network.
    rows
        Of each epoch: ``epoch`` (1 first), ``loss`` and ``accuracy`` on the training
        images as they were warped, ``validation_loss``, ``…_accuracy``, ``…_auroc``
        (NaN without validation images), ``rate`` of its last step, ``seconds``.
    best
        The epoch whose weights the model has.
    """

    model: keras.Model
    rows: tuple[Row, ...]
    best: int


@dataclass
class Course:
    """A training under way."""

    model: keras.Model
    samples: Samples
    validation: Samples | None
    settings: Training
    weights: Float[np.ndarray, " k"] | None
    watch: Watch
    state: State = field(default_factory=State)

    def run(self, phase: Phase) -> None:
        """Train the epochs of a phase that are not done yet."""
        done = len(self.state.rows)
        if done >= phase.last or self._is_over():
            return
        freeze(self.model, phase.frozen)
        steps = -(-len(self.samples) // self.settings.batch)
        plan = schedule(self.settings.rate, (phase.last - phase.first) * steps)
        trainer = augmented(self.model, self.samples.shape, plan)
        kept = self.watch.checkpoint
        source = "what is continued" if kept is None else kept.path
        if self.state.model:
            assign(self.model.variables, self.state.model, source)
        if done > phase.first:
            assign(trainer.optimizer.variables, self.state.optimizer, source)
        for epoch in range(max(done, phase.first), phase.last):
            begin = time.perf_counter()
            row = {"epoch": epoch + 1, **self._epoch(trainer, epoch), **self._judge()}
            row["rate"] = rate(plan, (epoch + 1 - phase.first) * steps - 1)
            row["seconds"] = time.perf_counter() - begin
            self._keep(trainer, row)
            if self._is_over():
                return

    def end(self) -> Fitted:
        """Return the network with the weights that are to be kept."""
        freeze(self.model, frozen=False)
        rows = tuple(self.state.rows)
        best = int(rows[-1]["epoch"])
        if self.settings.patience:
            best = _best(rows)
            assign(self.model.variables, self.state.best)
        elif self.state.model:
            assign(self.model.variables, self.state.model)
        return Fitted(self.model, rows, best)

    def _epoch(self, trainer: keras.Model, epoch: int) -> Row:
        """Go through the training images once."""
        how = self.settings
        order = Order(how.seed, epoch, how.batch, how.augmentation, self.weights)
        loss = right = 0.0
        for batch in ahead(batches(self.samples, order)):
            count = len(batch.pixels)
            told = trainer.train_on_batch(
                (batch.pixels, batch.warps),
                batch.labels,
                sample_weight=batch.weights,
                return_dict=True,
            )
            loss += float(told["loss"]) * count
            right += float(told["accuracy"]) * count
            if self.watch.progress is not None:
                self.watch.progress(count)
        if not np.isfinite(loss):
            msg = f"loss must stay finite, got {loss} in epoch {epoch + 1}; "
            raise RuntimeError(msg + "choose a smaller rate")
        return {"loss": loss / len(self.samples), "accuracy": right / len(self.samples)}

    def _judge(self) -> Row:
        """Score the validation images; NaN without any."""
        if self.validation is None:
            names = ("loss", "accuracy", "auroc")
            return {f"validation_{name}": float("nan") for name in names}
        return judge(self.model, self.validation, self.weights)

    def _keep(self, trainer: keras.Model, row: Row) -> None:
        """Note an epoch; copy what a later continuation or an end needs."""
        state = self.state
        state.rows.append(row)
        if self.settings.patience and _best(state.rows) == row["epoch"]:
            state.best = values(self.model.variables)
        if self.watch.checkpoint is not None:
            state.model = values(self.model.variables)
            state.optimizer = values(trainer.optimizer.variables)
            self.watch.checkpoint.write(state)
        if self.watch.log is not None:
            self.watch.log(state.rows)

    def _is_over(self) -> bool:
        """Say whether the validation loss has not fallen for long enough."""
        rows, patience = self.state.rows, self.settings.patience
        return bool(patience and rows) and rows[-1]["epoch"] - _best(rows) >= patience


def augmented(
    model: keras.Model,
    shape: tuple[int, int, int],
    plan: keras.optimizers.schedules.LearningRateSchedule,
) -> keras.Model:
    """Put the augmenting warp before the model, for training only."""
    image, warp = keras.Input(shape), keras.Input((8,))
    moved = keras.ops.image.affine_transform(
        image, warp, interpolation="bilinear", fill_mode="nearest"
    )
    trainer = keras.Model([image, warp], quickened(model)(moved))
    trainer.compile(
        optimizer=keras.optimizers.Adam(plan),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
        jit_compile=False,
    )
    trainer.optimizer.build(trainer.trainable_variables)
    return trainer


def _best(rows: Sequence[Row]) -> int:
    """Return the first epoch of least validation loss."""
    losses = [row["validation_loss"] for row in rows]
    return int(rows[int(np.argmin(np.nan_to_num(losses, nan=np.inf)))]["epoch"])
