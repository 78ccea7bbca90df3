"""A trained classifier with what is known of it, in memory and as a folder."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrcam.pipeline.folders import require_files
from hrcam.pipeline.json_files import read_json
from metrics.sources.formats.image import complete
from metrics.sources.formats.tables import read_table
from metrics.storage.plain import to_json
from simbench.wholeness import whole

#: Packages whose versions a report names.
PACKAGES = (
    *("hrcam-bench", "numpy", "scipy", "pandas", "zarr"),
    *("keras", "tensorflow", "jax", "torch"),
)


@dataclass(frozen=True, eq=False)
class Model:
    """A trained classifier.

    Parameters
    ----------
    network
        The Keras model; raw values in, class probabilities out.
    facts
        Settings of the training, losses, classes, the dataset's identity, the
        content hash of the weights.
    evaluation
        By split: accuracy, F1, AUROC and the rest.
    predictions
        Per image of every split: ``image_id, split, label, predicted, correct, p…``.
    """

    network: Any
    facts: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    predictions: pd.DataFrame

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return tuple(self.facts["classes"])

    def __repr__(self) -> str:
        test = self.evaluation.get("test", {})
        told = [
            f"{label} {test[name]:.3f}"
            for label, name in (("test AUROC", "auroc"), ("accuracy", "accuracy"))
            if test.get(name) is not None
        ]
        return f"Model({', '.join([self.facts['settings']['network'], *told])})"


def save(model: Model, folder: Path) -> None:
    """Write a model into an empty folder."""
    model.network.save(folder / "model.keras")
    for name, content in (("training", model.facts), ("classifier", model.evaluation)):
        (folder / f"{name}.json").write_text(to_json(content), encoding="utf-8")
    model.predictions.to_parquet(folder / "predictions.parquet", index=False)


def load(folder: Path) -> Model:
    """Read a model folder that ``hrcam train`` wrote.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If ``model.keras`` cannot be read (models are loaded in safe mode), or another
        file is damaged.
    """
    from hrcam.engine.networks import read

    folder = Path(folder)
    names = ("model.keras", "training.json", "classifier.json", "predictions.parquet")
    require_files(folder, names, "hrcam train")
    network = read(folder / names[0])
    with whole(str(folder), "train the model again"):
        facts, evaluation = (read_json(folder / name) for name in names[1:3])
        _check_facts(facts)
        _check_evaluation(evaluation)
        predictions = _read_predictions(folder / names[3], len(facts["classes"]))
    return Model(network, facts, evaluation, predictions)


def _check_facts(facts: Mapping[str, Any]) -> None:
    """Refuse facts that no training writes.

    Raises
    ------
    ValueError
        Naming the fact.
    """
    classes, settings = facts.get("classes"), facts.get("settings")
    named = isinstance(classes, list) and all(isinstance(x, str) for x in classes)
    if not named or not classes or len(set(classes)) != len(classes):
        msg = f"training.json with classes {classes!r:.80}"
        raise ValueError(msg)
    if not isinstance(settings, dict):
        msg = "training.json without settings"
        raise ValueError(msg)
    kinds = {"network": str, "seed": int, "weights": str, "parameters": int}
    for name, kind in kinds.items():
        value = (settings if name in ("network", "seed") else facts).get(name)
        if type(value) is not kind:
            msg = f"training.json with {name} {value!r:.80}"
            raise ValueError(msg)


def _check_evaluation(evaluation: Mapping[str, Any]) -> None:
    """Refuse what no scoring of a classifier writes.

    Raises
    ------
    ValueError
        Naming the split.
    """
    for split, row in evaluation.items():
        told = isinstance(row, dict) and [row.get(k) for k in ("accuracy", "auroc")]
        if told is False or not all(x is None or type(x) in (int, float) for x in told):
            msg = f"classifier.json with {row!r:.80} for {split!r:.80}"
            raise ValueError(msg)


def _read_predictions(path: Path, classes: int) -> pd.DataFrame:
    """Read the table of predictions, if it is one of so many classes.

    Raises
    ------
    ValueError
        Naming what is wrong.
    """
    numbers = ("label", "predicted", *(f"p{k}" for k in range(classes)))
    with complete(str(path)):
        table = read_table(path)
    lost = {"image_id", "split", "correct", *numbers} - set(table)
    if lost:
        msg = f"{path.name} without {', '.join(sorted(lost))}"
        raise ValueError(msg)
    if any(table[name].dtype.kind not in "iuf" for name in numbers):
        msg = f"{path.name} with predictions that are no numbers"
        raise ValueError(msg)
    return table


def weights_of(network: Any) -> list[np.ndarray]:
    """Return the weights of a Keras model or of a PyTorch module, in their order."""
    if hasattr(network, "get_weights"):
        return list(network.get_weights())
    return [x.detach().cpu().numpy() for x in network.state_dict().values()]


def hash_weights(network: Any) -> str:
    """Return the SHA-256 of a network's weights, in their order."""
    digest = hashlib.sha256()
    for weight in weights_of(network):
        digest.update(repr(weight.shape).encode())
        digest.update(weight.astype("<f4").tobytes())
    return digest.hexdigest()


def versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of the packages that are installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
