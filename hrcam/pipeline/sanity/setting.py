"""What all checks share: model, images, maps of the model as it is."""

from dataclasses import dataclass

import numpy as np

from hrcam.maps import Explained
from hrcam.pipeline.explaining import explain
from hrcam.pipeline.fitting import FITTED
from hrcam.pipeline.model import Model
from hrcam.pipeline.sanity.likeness import Reference, arrays, refer
from hrcam.pipeline.sanity.options import Options
from hrcam.pipeline.sanity.sampling import sampled
from simbench.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Setting:
    """What all checks share.

    Parameters
    ----------
    model
        The model in question.
    whole, dataset
        The dataset as given, and with the images that are looked at.
    options
        What the checks are made of.
    explained, reference
        The model's maps, and how alike those of different images are.
    """

    model: Model
    whole: Dataset
    dataset: Dataset
    options: Options
    explained: Explained
    reference: Reference

    @property
    def ids(self) -> tuple[str, ...]:
        """The images that are looked at."""
        return self.reference.ids

    def fitted(self, entry: str) -> bool:
        """Say whether an entry's head is fitted on the network's features."""
        return self.explained[entry].names["head"] in FITTED

    def seen(self, entry: str) -> bool:
        """Say whether an entry looks at the network at all."""
        return self.explained[entry].names["kind"] == "model"


def begin(model: Model, dataset: Dataset, options: Options) -> Setting:
    """Choose images and explain them with the model as it is."""
    some = sampled(dataset, options.images, options.training, options.seed)
    ids = some.ids("test")
    explained = explain(model, some, options.methods)
    subjects = some.index.set_index("image_id")["subject"].astype(str).loc[ids]
    numbers = np.unique(subjects.to_numpy(dtype=str), return_inverse=True)[1]
    reference = refer(arrays(explained, ids), ids, numbers, options.seed)
    return Setting(model, dataset, some, options, explained, reference)
