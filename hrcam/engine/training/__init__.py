"""Train a classifier: its settings, schedule, checkpoints, logs; the paper's head."""

from hrcam.engine.images import Images, as_batch, predict
from hrcam.engine.training.batches import Samples
from hrcam.engine.training.checkpoints import Checkpoint, Row
from hrcam.engine.training.course import Fitted, Watch
from hrcam.engine.training.fitting import fit, train
from hrcam.engine.training.settings import PRECISIONS, Training

__all__ = [
    "PRECISIONS",
    "Checkpoint",
    "Fitted",
    "Images",
    "Row",
    "Samples",
    "Training",
    "Watch",
    "as_batch",
    "fit",
    "predict",
    "train",
]
