"""Where the images of a run come from: drawn by a recipe, or read from a copy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from hrcam.pipeline.executors import Hands
from hrcam.pipeline.generation import generate, resolve
from hrcam.pipeline.reading import read
from hrcam.run_recipe import RunRecipe, find
from simbench.recipe import Recipe

Progress = Callable[[int], None] | None


@runtime_checkable
class Images(Protocol):
    """The images of a run, before they are there."""

    @property
    def name(self) -> str:
        """What the run's folder is called after."""

    @property
    def count(self) -> int:
        """How many there are; 0 if nobody knows yet."""

    @property
    def verb(self) -> str:
        """What is done to have them."""

    @property
    def text(self) -> str:
        """The recipe, as TOML."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What tells a run on these images from others."""

    @property
    def published(self) -> Mapping[str, Any] | None:
        """How good classifiers of them were elsewhere, if the recipe says so."""

    def make(self, out: Path, hands: Hands, progress: Progress) -> None:
        """Write them into the folder of a dataset."""


@dataclass(frozen=True)
class Drawn:
    """Images that a simulated recipe draws."""

    recipe: Recipe
    published: Mapping[str, Any] | None = None
    verb: str = "generate"

    @property
    def name(self) -> str:
        """Of the recipe."""
        return self.recipe.name

    @property
    def count(self) -> int:
        """Of all splits."""
        return self.recipe.images

    @property
    def text(self) -> str:
        """Of the simulated recipe."""
        return self.recipe.toml()

    @property
    def identity(self) -> Mapping[str, str]:
        """The recipe's own."""
        return {"recipe": self.recipe.identity}

    def make(self, out: Path, hands: Hands, progress: Progress) -> None:
        """Draw them."""
        generate(
            self.recipe,
            out,
            workers=hands.workers,
            scheduler=hands.scheduler,
            memory=hands.memory,
            progress=progress,
        )


@dataclass(frozen=True)
class Copied:
    """Images of a user's own copy of a dataset."""

    recipe: RunRecipe
    root: Path
    seed: int | None = None
    verb: str = "read"
    count: int = 0

    @property
    def name(self) -> str:
        """Of the recipe."""
        return self.recipe.name

    @property
    def text(self) -> str:
        """Of the recipe of the run."""
        return self.recipe.toml()

    @property
    def identity(self) -> Mapping[str, str]:
        """The recipe's own, and where the images are."""
        seed = {} if self.seed is None else {"seed": str(self.seed)}
        return {"recipe": self.recipe.identity, "data": str(self.root.resolve())} | seed

    @property
    def published(self) -> Mapping[str, Any] | None:
        """As the recipe says."""
        found = self.recipe.published
        return found.model_dump() if found else None

    def make(self, out: Path, hands: Hands, progress: Progress) -> None:  # noqa: ARG002
        """Look through the copy once; nothing of it is copied."""
        chosen = self.recipe.reading.model_dump(exclude_none=True)
        if self.seed is not None:
            chosen["seed"] = self.seed
        options = self.recipe.options
        read(self.recipe.reader, self.root, out, progress=progress, **chosen, **options)


def find_images(
    recipe: Recipe | RunRecipe | Path | str,
    data: Path | str | None = None,
    seed: int | None = None,
) -> tuple[Images, RunRecipe | None]:
    """Find the images that a recipe stands for, and the recipe of a run if it is one.

    Parameters
    ----------
    recipe
        A recipe, the name of a shipped one, or a TOML file.
    data
        Folder of the user's copy, for a recipe with a reader.
    seed
        Replaces the recipe's.

    Raises
    ------
    ValueError
        If the images are read and nobody says from where, or are drawn and somebody
        does.
    FileNotFoundError
        If there is no such folder.
    """
    own = recipe if isinstance(recipe, RunRecipe) else None
    if isinstance(recipe, str | Path):
        own = find(recipe)
    name = own.name if own else getattr(recipe, "name", str(recipe))
    if own is None or own.recipe:
        if data is not None:
            msg = (
                f"recipe '{name}' must not have --data, got {str(data)!r}: its images "
                "are drawn; leave --data out"
            )
            raise ValueError(msg)
        try:
            drawn = resolve(own.recipe if own else recipe, seed)  # type: ignore[arg-type]  # own is what may be a RunRecipe
        except (ValueError, OSError) as error:
            if own is None:
                raise
            source = recipe if isinstance(recipe, str | Path) else name
            msg = f"{source}: {str(error)[:300]}"
            raise ValueError(msg) from error
        published = own.published.model_dump() if own and own.published else None
        return Drawn(drawn, published), own
    if data is None:
        msg = (
            f"recipe '{name}' must have --data, the folder of your copy of the images "
            f"(reader '{own.reader}'), got none"
        )
        raise ValueError(msg)
    root = Path(data)
    if not root.is_dir():
        msg = f"--data must be a folder, got no {root}"
        raise FileNotFoundError(msg)
    return Copied(own, root, seed), own
