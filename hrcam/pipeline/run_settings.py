"""What a run is made of, besides its images."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from hrcam.run_recipe import RunRecipe

if TYPE_CHECKING:
    from hrcam.engine.training import Training

#: Numbers of the training that 0 leaves at their defaults.
DEFAULTED = ("epochs", "rate", "batch")


@dataclass(frozen=True)
class Settings:
    """What a run is made of, besides the recipe.

    Parameters
    ----------
    methods, layers
        As :func:`hrcam.explain` takes them.
    network, weights, epochs, seed, rate, batch, class_weights, patience, freeze, \
    precision
        As :class:`hrcam.engine.training.Training` has them; 0 of ``epochs``, ``rate``
        and ``batch`` keeps its default.
    augmentation
        Fields of :class:`hrcam.engine.training.Augmentation`; others keep theirs.
    """

    methods: tuple[str, ...] = ("standard",)
    layers: str = "default"
    network: str = "compact"
    weights: str = "random"
    epochs: int = 0
    seed: int = 0
    rate: float = 0.0
    batch: int = 0
    class_weights: str = "none"
    patience: int = 0
    freeze: int = 0
    precision: str = "float32"
    augmentation: Mapping[str, Any] = field(default_factory=dict)


def settle(recipe: RunRecipe | None, given: Mapping[str, Any]) -> Settings:
    """Take what is given, else what a recipe says, else the default.

    Parameters
    ----------
    recipe
        Of the run; None for a simulated one alone.
    given
        Fields of :class:`Settings`; None, and 0 of those that 0 leaves alone, is not
        given.
    """
    said = recipe.settings() if recipe else {}
    chosen = {
        name: value
        for name, value in given.items()
        if value is not None and not (name in DEFAULTED and not value)
    }
    return Settings(**{**said, **chosen})


def training_of(settings: Settings) -> "Training":
    """Return the settings of the training among those of a run."""
    from hrcam.engine.training import Training
    from hrcam.engine.training.augmentation import Augmentation

    names = {f.name for f in fields(Training)} & {f.name for f in fields(Settings)}
    chosen = {name: getattr(settings, name) for name in sorted(names)}
    kept = {k: v for k, v in chosen.items() if v or k not in DEFAULTED}
    kept["augmentation"] = Augmentation(**settings.augmentation)
    return Training(**kept)
