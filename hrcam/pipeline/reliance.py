"""What the model relies on: its loss without each lesion, against the map's mass on it.

A lesion is taken out of a simulated image, all else staying draw for draw; the drop of
the target logit is what the model made of that lesion. A map that shows what the model
relies on has more mass on lesions with a larger drop.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from hrcam.maps import Explained
from hrcam.pipeline.counterfactuals import Counterfactuals, counterfactuals, regions
from hrcam.pipeline.masses import mass, tell
from hrcam.pipeline.opening import open_data, open_model
from hrcam.pipeline.responding import Respond, responder
from hrcam.pipeline.scenes import labels_of
from hrcam.pipeline.targets import Target
from simbench.dataset import Dataset


@dataclass(frozen=True)
class Reliance:
    """What the model loses without each lesion, and what the maps say of it.

    Attributes
    ----------
    lesions
        A row per lesion: ``image_id, subject, lesion_id, name, kind, area`` (share of
        the image), ``drop`` (of the contrast logit), and ``ENTRY/share``,
        ``ENTRY/mean`` for every entry.
    results
        ``entries``: per entry and mass, the pooled rank correlation with its interval
        and the mean of those within images; ``drop``, ``images``, ``lesions``.
    """

    lesions: pd.DataFrame
    results: Mapping[str, Any]


def reliance(
    model: Any,
    dataset: Any,
    maps: Explained | Mapping[str, Any],
    *,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Reliance | None:
    """Compare what the model loses without each lesion with the maps' mass on it.

    Parameters
    ----------
    model, dataset
        As :func:`hrcam.explain` takes them; the dataset must be simulated.
    maps
        What :func:`hrcam.explain` returned, or sources of maps by name (``ids`` and
        ``read``); all of the same images.
    seed
        Of the bootstrap.
    progress
        Called with the number of images drawn anew.

    Returns
    -------
    reliance
        None if the images are no simulation or have no lesion.
    """
    dataset = open_data(dataset)
    ids = list(next(iter(maps.values())).ids)
    found = counterfactuals(dataset, ids, progress)
    if found is None or found.lesions.empty:
        return None
    shape = dataset.arrays["image"].shape[1:]
    respond = responder(open_model(model).network, shape)
    read = {name: source.read(ids) for name, source in maps.items()}
    return relate(dataset, ids, found, respond, read, seed)


def relate(
    dataset: Dataset,
    ids: Sequence[str],
    found: Counterfactuals,
    respond: Respond,
    maps: Mapping[str, Float[np.ndarray, "n h w"]],
    seed: int = 0,
) -> Reliance:
    """Do the same with counterfactuals that are drawn already."""
    rows = found.lesions["row"].to_numpy().astype(np.int64)
    aims = explained_classes(dataset, ids)
    whole = respond(dataset.read("image", ids), aims).logit
    less = respond(found.without, aims[rows]).logit
    where = regions(dataset, found.lesions)
    subjects = dataset.index.set_index("image_id")["subject"].astype(str)
    table = found.lesions.drop(columns="row").assign(
        subject=subjects.loc[found.lesions["image_id"]].to_numpy(),
        area=where.mean(axis=(1, 2)),
        drop=whole[rows] - less,
    )
    masses = {
        f"{name}/{kind}": values
        for name, own in maps.items()
        for kind, values in mass(own[rows], where).items()
    }
    table = pd.concat([table, pd.DataFrame(masses)], axis=1)
    return Reliance(table, tell(table, tuple(maps), seed))


def explained_classes(dataset: Dataset, ids: Sequence[str]) -> Int[np.ndarray, " n"]:
    """Return the class that is explained by default of each image."""
    labels = labels_of(dataset, ids)
    nothing = np.zeros((len(labels), len(dataset.classes)))
    return Target().classes(labels, nothing, dataset.classes)
