"""What a study measures: endpoints, as TOML states them beforehand."""

from collections.abc import Collection
from typing import Literal

from pydantic import Field, model_validator

from simbench.parameters import Finite, Parameters

Expectation = Literal["above", "below", "equal"]
#: Stands for the method that the endpoint is about.
REFERENCE = "REFERENCE"
#: Recipes may have these roles; ``all`` stands for every recipe.
ROLES = ("general", "pairs", "marked", "clean", "depth")
Role = Literal["all", "general", "pairs", "marked", "clean", "depth"]


class Contrast(Parameters):
    """Scores of some entries less those of others, image by image."""

    name: str = Field(min_length=1)
    """As the report prints it."""
    recipes: Role = "all"
    """Which role a recipe must have."""
    score: str = "average_precision"
    """A name of :data:`metrics.SCORES`."""
    thresholds: tuple[Finite, ...] = ()
    """Where the score is taken, for scores of marked pixels."""
    statistic: Literal["mean", "median"] = "mean"
    """Over images."""
    first: dict[str, Finite]
    """Factors by entry."""
    second: dict[str, Finite] = Field(default_factory=dict)
    """Factors by entry of what is subtracted."""
    best_of: tuple[str, ...] = ()
    """Entries, of which that of largest mean in a condition is subtracted."""
    expects: Expectation = "above"
    """What the claim says of the difference."""

    @model_validator(mode="after")
    def _one_rival(self) -> "Contrast":
        if bool(self.second) == bool(self.best_of):
            msg = f"contrast {self.name!r} must have one of second and best_of"
            raise ValueError(msg)
        return self

    def of(self, reference: str) -> "Contrast":
        """Return the contrast about one method."""
        tables = {
            key: {
                name.replace(REFERENCE, reference): factor
                for name, factor in getattr(self, key).items()
            }
            for key in ("first", "second")
        }
        best = tuple(name.replace(REFERENCE, reference) for name in self.best_of)
        return self.model_copy(update={**tables, "best_of": best})


class Share(Parameters):
    """Share of some layers in the head's logit, one number for a training."""

    name: str = Field(min_length=1)
    recipes: Role = "all"
    layers: tuple[str, ...] = ()
    """Whose shares are added up; none: the smallest share of a layer."""
    bound: Finite = 0.0
    """Is subtracted."""
    without: Role | None = None
    """Role of the recipe whose share, of the same seeds, is subtracted."""
    expects: Expectation = "above"


class Claim(Parameters):
    """A sentence of the paper with what bears it out."""

    number: int = Field(ge=1)
    text: str = Field(min_length=1)
    contrasts: tuple[Contrast, ...] = ()
    shares: tuple[Share, ...] = ()


class Claims(Parameters):
    """All claims, and the differences that stand beside them on every recipe."""

    claims: tuple[Claim, ...]
    differences: tuple[Contrast, ...]

    def about(self, roles: Collection[str]) -> "Claims":
        """Return what there are recipes for; claims of which nothing is left go too."""
        known = {"all", None, *roles}
        claims = []
        for claim in self.claims:
            contrasts = tuple(c for c in claim.contrasts if c.recipes in known)
            shares = tuple(s for s in claim.shares if {s.recipes, s.without} <= known)
            if contrasts or shares:
                left = {"contrasts": contrasts, "shares": shares}
                claims.append(claim.model_copy(update=left))
        return self.model_copy(update={"claims": tuple(claims)})

    def contrasts(self) -> tuple[Contrast, ...]:
        """Return every contrast there is."""
        return (*(c for x in self.claims for c in x.contrasts), *self.differences)
