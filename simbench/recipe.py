"""Recipes: everything that decides a dataset, in one TOML file.

A recipe is data, not code. Its canonical text and the generator's version are hashed
into the dataset's identity.
"""

import difflib
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SerializeAsAny, model_validator

from simbench.acquisition import Acquisition
from simbench.anatomies import ANATOMIES
from simbench.artifacts import ARTIFACTS
from simbench.budget import Budget
from simbench.confounders import CONFOUNDERS
from simbench.confounding import problems
from simbench.division import portions
from simbench.lesions import LESIONS
from simbench.noises import NOISES
from simbench.parameters import (
    KindParameters,
    Parameters,
    Positive,
    PositiveLimits,
)
from simbench.parsing import Parser, frozen, on_one_line
from simbench.sampling import Sampling, ranges
from simbench.scene import lacking
from simbench.texture import Spectrum
from simbench.toml_text import toml_text
from simbench.truth import Cut

GENERATOR = 2  # raise it whenever the same recipe would give other bytes
MAX_BYTES = 2**20  # of a recipe's text; ours have some thousand
_FOLDER = resources.files("simbench") / "recipes"


class Splits(Parameters):
    """Images of each split."""

    train: int = Field(ge=0)
    validation: int = Field(ge=0)
    test: int = Field(ge=0)

    def sizes(self) -> dict[str, int]:
        """Return images by split, in the order of use."""
        return {
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
        }


class Class(Parameters):
    """One entry of ``[[classes]]``; its place in the list is its label."""

    name: str = Field(min_length=1)
    """As reports print it."""
    weight: Positive = 1.0
    """Share of the images, relative to the other classes."""
    lesions: dict[str, Positive] = Field(default_factory=dict)
    """Relative weights of lesions: ``"a+b"`` is both in one image, ``none`` is no
    lesion, and so is an empty table."""

    @property
    def lesion_names(self) -> set[str]:
        """Names of all lesions that images of the class may have."""
        names = {name for mix in self.lesions for name in mix.split("+")}
        return names - {"none"}


class Tissue(Parameters):
    """The table ``[texture]``: the texture of healthy tissue."""

    spectrum: Spectrum
    contrast: PositiveLimits
    """Standard deviation relative to the tissue's intensity, as imaged, per image."""


class Recipe(Parameters):
    """A dataset before it is drawn. Make one with :func:`load` or :func:`parse`."""

    name: str = Field(min_length=1)
    """Of the dataset."""
    seed: int = Field(ge=0, lt=2**63)
    """All draws follow from it; another seed gives another dataset."""
    size: tuple[
        Annotated[int, Field(ge=16, le=4096)], Annotated[int, Field(ge=16, le=4096)]
    ]
    """Height and width in pixels."""
    images_per_subject: int = Field(default=1, ge=1)
    """They share the anatomy, and are in one split."""
    subject_lesions: bool = False
    """Whether the images of a subject have the same lesions, as they have the same
    anatomy; texture, acquisition and confounders are always each image's own."""
    splits: Splits
    classes: tuple[Class, ...] = Field(min_length=2)
    """In the order of their labels, 0 first."""
    anatomy: SerializeAsAny[KindParameters]
    """What is imaged."""
    texture: Tissue
    lesions: dict[str, SerializeAsAny[KindParameters]] = Field(default_factory=dict)
    """Lesions that the classes name."""
    confounders: dict[str, SerializeAsAny[KindParameters]] = Field(default_factory=dict)
    """What is drawn over images and is no pathology."""
    acquisition: Acquisition
    truth: Cut = Cut()
    audit: Budget = Budget()
    sampling: Sampling = Sampling()
    counterfactual: bool = False
    """Whether the dataset holds every image without its lesions, too."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "Recipe":
        sizes = self.splits.sizes()
        uneven = [k for k, n in sizes.items() if n % self.images_per_subject]
        if uneven or not any(sizes.values()):
            msg = (
                "splits must hold whole subjects and at least one, got "
                f"{sizes} with images_per_subject = {self.images_per_subject}"
            )
            raise ValueError(msg)
        if len({entry.name for entry in self.classes}) < len(self.classes):
            msg = "classes must have different names"
            raise ValueError(msg)
        odd = sorted(name for name in self.lesions if name == "none" or "+" in name)
        if odd:
            rule = "must have names without '+' and not 'none'"
            msg = f"lesions {rule}, got {_listed(odd)}"
            raise ValueError(msg)
        wanted = {name for entry in self.classes for name in entry.lesion_names}
        unknown = sorted(wanted - set(self.lesions))
        if unknown:
            msg = (
                f"classes must name lesions of the recipe ({_listed(self.lesions)}), "
                f"got {_listed(unknown)}"
            )
            raise ValueError(msg)
        if not _kinds_are_known(self):
            return self  # the parser names them
        _check_factors(self)
        by_split = {split: self.class_sizes(split) for split in sizes}
        found = list(problems(self.confounders, by_split, self.channels))
        if found:
            raise ValueError("; ".join(found))
        for msg in _homeless(self.anatomy.kind, self.lesions, wanted):
            raise ValueError(msg)
        return self

    @property
    def channels(self) -> int:
        """1 for gray images, 3 for red, green and blue."""
        return ANATOMIES[self.anatomy.kind].channels

    @property
    def chiral(self) -> bool:
        """Whether a mirrored image would show what cannot occur, as with letters."""
        kinds = (entry.kind for entry in self.confounders.values())
        return any(CONFOUNDERS[kind].chiral for kind in kinds)

    def distinctive(self, label: int) -> frozenset[str]:
        """Name the lesions that images of one class may have and no others may."""
        own, *rest = (
            c.lesion_names for c in (self.classes[label], *_others(self.classes, label))
        )
        return frozenset(own.difference(*rest))

    def shown(self, lesion: str) -> str:
        """Shorten a mix of lesions by those that every image of every class has."""
        mixes = [mix.split("+") for c in self.classes for mix in c.lesions or ["none"]]
        common = set.intersection(*map(set, mixes))
        rest = [name for name in lesion.split("+") if name not in common]
        return "+".join(rest) or lesion

    def class_sizes(self, split: str) -> dict[str, int]:
        """Return the images of one split by class."""
        subjects = self.splits.sizes()[split] // self.images_per_subject
        counts = portions(subjects, tuple(entry.weight for entry in self.classes))
        return {
            entry.name: count * self.images_per_subject
            for entry, count in zip(self.classes, counts, strict=True)
        }

    @property
    def images(self) -> int:
        """Number of images."""
        return sum(self.splits.sizes().values())

    @property
    def identity(self) -> str:
        """SHA-256 (hexadecimal) of the canonical text and the generator's version."""
        text = f"generator = {GENERATOR}\n{self.toml()}"
        return hashlib.sha256(text.encode()).hexdigest()

    def toml(self) -> str:
        """Return the canonical text; reading it gives an equal recipe."""
        return toml_text(self.model_dump(exclude_none=True))


def names() -> tuple[str, ...]:
    """Return the names of the shipped recipes."""
    files = (Path(entry.name) for entry in _FOLDER.iterdir())
    return tuple(sorted(file.stem for file in files if file.suffix == ".toml"))


def load(name: str | Path) -> Recipe:
    """Read a shipped recipe by its name, or a TOML file.

    Raises
    ------
    ValueError
        If there is no such recipe, or it is no TOML, or a key or value is wrong: one
        line that names the file, every wrong key, and the nearest right one.
    """
    if str(name) in names():
        text = (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
        return parse(text, f"{name}.toml")
    path = Path(name)
    if not path.is_file():
        msg = (
            f"recipe must be one of {', '.join(names())} or a TOML file, "
            f"got '{name}', which is neither"
        )
        raise ValueError(msg)
    if path.stat().st_size > MAX_BYTES:
        msg = f"{path} must have at most {MAX_BYTES} bytes, got {path.stat().st_size}"
        raise ValueError(msg)
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        msg = f"{path} must be UTF-8 text; save it as such"
        raise ValueError(msg) from error


def parse(text: str, source: str = "recipe") -> Recipe:
    """Read a recipe from TOML text; ``source`` names it in messages."""
    try:
        table = frozen(tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # also of numbers too long
        msg = f"{source} must be TOML: {on_one_line(str(error))}"
        raise ValueError(msg) from error
    return build(table, source)


def build(table: Mapping[str, Any], source: str = "recipe") -> Recipe:
    """Make a recipe from nested tables as :mod:`tomllib` reads them."""
    content = frozen(table)
    parser = Parser(source)
    if isinstance(content.get("anatomy"), dict):
        content["anatomy"] = parser.kind(ANATOMIES, content["anatomy"], ("anatomy",))
    lesions = content.get("lesions")
    if isinstance(lesions, dict):
        content["lesions"] = {
            name: parser.kind(LESIONS, lesions[name], ("lesions", name))
            for name in sorted(lesions)
        }
    confounders = content.get("confounders")
    if isinstance(confounders, dict):
        content["confounders"] = {
            name: parser.kind(CONFOUNDERS, entry, ("confounders", name))
            for name, entry in sorted(confounders.items())
        }
    acquisition = content.get("acquisition")
    if isinstance(acquisition, dict):
        _parse_acquisition(parser, acquisition)
    for entry in content.get("classes", ()):
        if isinstance(entry, dict) and isinstance(entry.get("lesions"), dict):
            entry["lesions"] = dict(sorted(entry["lesions"].items()))
    return parser.finish(Recipe, content)


def _parse_acquisition(parser: Parser, content: dict[str, Any]) -> None:
    path = ("acquisition",)
    if isinstance(content.get("noise"), dict):
        content["noise"] = parser.kind(NOISES, content["noise"], (*path, "noise"))
    if isinstance(content.get("artifacts"), tuple):
        content["artifacts"] = tuple(
            parser.kind(ARTIFACTS, entry, (*path, "artifacts", i))
            for i, entry in enumerate(content["artifacts"])
        )


def _homeless(
    anatomy: str, lesions: Mapping[str, KindParameters], wanted: set[str]
) -> Iterator[str]:
    """Name the lesions that the anatomy has no place for."""
    for kind in sorted({lesions[name].kind for name in wanted}):
        lesion = LESIONS[kind]
        need = lacking(lesion, ANATOMIES[anatomy])
        if need:
            able = [n for n, entry in ANATOMIES.items() if not lacking(lesion, entry)]
            yield (
                f"lesions of kind {kind} must have an anatomy with {need} "
                f"({_listed(able)}), got '{anatomy}'"
            )


def _kinds_are_known(recipe: Recipe) -> bool:
    return (
        recipe.anatomy.kind in ANATOMIES
        and {entry.kind for entry in recipe.lesions.values()} <= set(LESIONS)
        and {entry.kind for entry in recipe.confounders.values()} <= set(CONFOUNDERS)
    )


def _check_factors(recipe: Recipe) -> None:
    if recipe.sampling.mode == "random":
        return
    able = ranges(recipe)
    for name in recipe.sampling.factors:
        if name not in able:
            close = difflib.get_close_matches(name, able, n=1, cutoff=0.5)
            hint = f"did you mean '{close[0]}'?" if close else f"such as '{able[0]}'"
            msg = f"sampling.factors must name ranges [low, high], got '{name}'; {hint}"
            raise ValueError(msg)


def _others(classes: tuple[Class, ...], label: int) -> tuple[Class, ...]:
    return classes[:label] + classes[label + 1 :]


def _listed(items: Any) -> str:
    return ", ".join(items) or "none"
