"""Recipes of runs: whose images, how they are trained on, what was published of them.

The images are read from a user's copy (``reader``) or drawn (``recipe``, the name of a
simulated one). What a recipe leaves out keeps its default; options of the command line
replace what it says.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from simbench.parameters import NonNegative, Parameters, Positive, Share
from simbench.parsing import Parser, frozen
from simbench.toml_text import toml_text

_FOLDER = resources.files("hrcam") / "recipes"
#: Scores of a classifier that a recipe may give as published.
PUBLISHED = (
    *("accuracy", "balanced_accuracy", "f1_micro", "f1_macro", "f1_positive"),
    "auroc",
)
Count = Annotated[int, Field(ge=1)]


class Reading(Parameters):
    """The table ``[reading]``; see :class:`simbench.readers.choices.Choices`."""

    size: tuple[Count, Count] | None = None
    """Rows and columns of the images; left out, the reader decides."""
    channels: int | None = None
    """1 or 3; left out, the reader or the pictures decide."""
    validation: NonNegative | None = None
    """Share of the images to draw, or how many, where no such split is published."""
    test: NonNegative | None = None
    """The same of the test split."""
    seed: int | None = Field(default=None, ge=0)
    """Of the order in which subjects are drawn."""
    on_corrupt: str | None = None
    """``fail`` or ``skip``."""


class Augmenting(Parameters):
    """The table ``[training.augmentation]``: how far training images are moved."""

    shift: Share | None = None
    """Largest shift in each direction, as a share of the side."""
    flip: bool | None = None
    """Whether left and right are mirrored; left out, the images decide."""
    rotation: NonNegative | None = None
    """Largest rotation in degrees, either way."""
    rotated: Share | None = None
    """Share of the images that are rotated at all."""


class Trained(Parameters):
    """The table ``[training]``; see :class:`hrcam.engine.training.Training`."""

    network: str | None = None
    weights: str | None = None
    epochs: Count | None = None
    batch: Count | None = None
    rate: Positive | None = None
    class_weights: str | None = None
    patience: int | None = Field(default=None, ge=0)
    freeze: int | None = Field(default=None, ge=0)
    precision: str | None = None
    augmentation: Augmenting = Augmenting()


class Explaining(Parameters):
    """The table ``[explain]``; see :func:`hrcam.explain`."""

    methods: tuple[str, ...] | None = None
    layers: str | None = None


class Published(Parameters):
    """The table ``[published]``: how good classifiers were elsewhere."""

    source: str = Field(min_length=1)
    """Where the numbers stand."""
    data: str = Field(min_length=1)
    """Of which images they are."""
    note: str = ""
    """What to mind in a comparison."""
    networks: dict[str, dict[str, Share]] = Field(min_length=1)
    """By network, scores by name."""

    @model_validator(mode="after")
    def _scores_are_known(self) -> "Published":
        odd = sorted({k for row in self.networks.values() for k in row} - {*PUBLISHED})
        if odd:
            msg = f"published scores must be of {', '.join(PUBLISHED)}, got {odd[0]!r}"
            raise ValueError(msg)
        return self


class RunRecipe(Parameters):
    """A run before it is made. Get one with :func:`find` or :func:`parse`."""

    name: str = Field(min_length=1)
    """Of the run's folder, ``hrcam-NAME``, unless --out names one."""
    reader: str = ""
    """A name of ``hrcam list readers``: the images are read from --data."""
    recipe: str = ""
    """Or the name of a simulated recipe: the images are drawn."""
    analogues: tuple[str, ...] = ()
    """Simulated recipes that stand in for these images."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Of the reader."""
    reading: Reading = Reading()
    training: Trained = Trained()
    explain: Explaining = Explaining()
    published: Published | None = None

    @model_validator(mode="after")
    def _images_come_from_one_place(self) -> "RunRecipe":
        if bool(self.reader) == bool(self.recipe):
            msg = "a recipe must have either a reader or a simulated recipe"
            raise ValueError(msg)
        if self.recipe and (self.options or self.reading != Reading()):
            msg = "options and reading must go with a reader, got a simulated recipe"
            raise ValueError(msg)
        return self

    def toml(self) -> str:
        """Return the canonical text; reading it gives an equal recipe."""
        return toml_text(self.model_dump(exclude_none=True))

    @property
    def identity(self) -> str:
        """SHA-256 (hexadecimal) of the canonical text."""
        return hashlib.sha256(self.toml().encode()).hexdigest()

    def settings(self) -> dict[str, Any]:
        """Return what it says of training and explaining, by name; the rest is left."""
        training = self.training.model_dump(exclude_none=True)
        return training | self.explain.model_dump(exclude_none=True)


def names() -> tuple[str, ...]:
    """Return the names of the shipped recipes of runs."""
    files = (Path(entry.name) for entry in _FOLDER.iterdir())
    return tuple(sorted(file.stem for file in files if file.suffix == ".toml"))


def find(name: str | Path) -> RunRecipe | None:
    """Return a shipped recipe by its name, or that of a file; None for other recipes.

    A TOML file is a recipe of a run if it names a ``reader`` or a ``recipe``.

    Raises
    ------
    ValueError
        If the recipe has a wrong key or value.
    """
    if str(name) in names():
        text = (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
        return parse(tomllib.loads(text), f"{name}.toml")
    from simbench.recipe import MAX_BYTES  # SciPy loads here, not for lists of names

    path = Path(name)
    if not path.is_file():
        return None
    if path.stat().st_size > MAX_BYTES:
        return None  # who reads simulated recipes says what is wrong
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):  # also of numbers too long
        return None
    return parse(table, str(path)) if {"reader", "recipe"} & set(table) else None


def parse(table: Mapping[str, Any], source: str = "recipe") -> RunRecipe:
    """Make a recipe of nested tables, or say everything that is wrong in one line."""
    return Parser(source).finish(RunRecipe, frozen(table))


def published_of(reader: str, recipe: str) -> dict[str, Any]:
    """Return what was published of images of a reader or a simulated recipe.

    Where the recipe is simulated in the place of real images, the numbers are those of
    the real ones, and the note says so. Nothing is known of others.
    """
    for name in names():
        found = find(name)
        if found is None or found.published is None:
            continue
        if (found.reader and found.reader == reader) or (
            found.recipe and found.recipe == recipe
        ):
            return found.published.model_dump()
        if recipe and recipe in found.analogues:
            note = (
                "These are of the real images, which the simulated ones stand in for: "
                "the two are not comparable."
            )
            told = f"{note} {found.published.note}".strip()
            return found.published.model_dump() | {"note": told}
    return {}
