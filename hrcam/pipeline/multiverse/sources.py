"""Datasets and trained networks of a multiverse, made or found; each is made once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrcam.pipeline.generation import generate, resolve
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.model import Model, load
from hrcam.pipeline.multiverse.asked import Asked, Place
from hrcam.pipeline.multiverse.plan import CELL
from hrcam.pipeline.opening import open_data
from hrcam.pipeline.running import Watch
from hrcam.pipeline.studies.confirmatory import refuse_confirmatory
from simbench.dataset import Dataset

if TYPE_CHECKING:
    from hrcam.engine.training import Training


@dataclass(frozen=True)
class Source:
    """Where datasets and models come from: a recipe, or a finished run.

    Parameters
    ----------
    given
        A shipped recipe's name, a TOML file, or the folder of a run.
    asked
        What is to be held.
    place
        Where it is made.
    watch
        Told of every stage.
    """

    given: str
    asked: Asked
    place: Place
    watch: Watch

    @property
    def run(self) -> Path | None:
        """The folder of a finished run, None for a recipe.

        Raises
        ------
        FileNotFoundError
            If the folder holds no dataset and model.
        """
        path = Path(self.given)
        if not path.is_dir():
            return None
        lost = [name for name in ("dataset", "model") if not (path / name).is_dir()]
        if lost:
            msg = (
                f"{path} must be the folder of a run, got no {' and no '.join(lost)} "
                "in it; name a recipe, or finish the run"
            )
            raise FileNotFoundError(msg)
        return path

    @cached_property
    def seeds(self) -> tuple[str, ...]:
        """Return the data seeds: those asked for, or the recipe's own.

        Raises
        ------
        ValueError
            If others are asked for of a finished run, or what is drawn is kept for the
            confirmatory study.
        """
        asked = tuple(map(str, self.asked.data_seeds))
        if self.run is None:
            seeds = asked or (str(resolve(self.given).seed),)
            for seed in seeds:
                refuse_confirmatory(resolve(self.given, int(seed)))
            return seeds
        recipe = open_data(self.run / "dataset").recipe
        if recipe:
            refuse_confirmatory(recipe)
        own = str(recipe.seed) if recipe else "given"
        if asked and asked != (own,):
            msg = (
                f"data seeds of a run must be its own, {own}, got {', '.join(asked)}; "
                "name the recipe to draw others"
            )
            raise ValueError(msg)
        return (own,)

    def cells(self) -> list[dict[str, str]]:
        """List the trainings asked for, as the plan will."""
        options = self.asked.networks, self.seeds, map(str, self.asked.seeds)
        return [dict(zip(CELL, row, strict=True)) for row in product(*options)]

    def dataset(self, data_seed: str) -> Dataset:
        """Open a dataset; drawn if it is not there."""
        if self.run is not None:
            return open_data(self.run / "dataset")
        folder = self.place.dataset(data_seed)
        if not folder.exists():
            folder.parent.mkdir(exist_ok=True)
            recipe = resolve(self.given, int(data_seed))
            with self.watch("generate", recipe.images) as progress:
                generate(recipe, folder, workers=self.asked.workers, progress=progress)
        return open_data(folder)

    def settings(self, cell: Mapping[str, str]) -> "Training":
        """Return what a cell is trained with."""
        from hrcam.engine.training import Training

        return Training(
            cell["network"],
            epochs=self.asked.epochs or Training.epochs,
            seed=int(cell["training_seed"]),
        )

    def holds(self, cell: Mapping[str, str]) -> bool:
        """Say whether a trained model is there."""
        return self._held(cell) is not None

    def model(self, cell: dict[str, str]) -> Model:
        """Open a trained model; trained if it is not there."""
        found = self._held(cell)
        if found is not None:
            return load(found)
        from hrcam.pipeline.training import train

        folder = self.place.model(cell)
        folder.parent.mkdir(exist_ok=True)
        settings, dataset = self.settings(cell), self.dataset(cell["data_seed"])
        steps = settings.epochs * len(dataset.ids("train"))
        with self.watch("train", steps) as progress:
            return train(dataset, folder, settings=settings, progress=progress)

    def _held(self, cell: Mapping[str, str]) -> Path | None:
        """Return the folder of a model that is there already."""
        own = self.place.model(dict(cell))
        if own.is_dir():
            return own
        if self.run is None:
            return None
        told = read_json(self.run / "model" / "training.json", "train again")
        same = _like(told["settings"], cell, self.asked.epochs)
        return self.run / "model" if same else None


def _like(settings: Mapping[str, Any], cell: Mapping[str, str], epochs: int) -> bool:
    """Say whether a trained model is the one that a cell asks for.

    The run's own epochs count where none are asked for.
    """
    named = str(settings["network"]), str(settings["seed"])
    wanted = cell["network"], cell["training_seed"]
    return named == wanted and epochs in (0, settings["epochs"])
