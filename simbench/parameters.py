"""What every table of a recipe has in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _ordered(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] > limits[1]:
        msg = "must be [low, high] with low <= high"
        raise ValueError(msg)
    return limits


def _one_or_three(values: tuple[float, ...]) -> tuple[float, ...]:
    if len(values) not in (1, 3):
        msg = "must hold 1 or 3 numbers"
        raise ValueError(msg)
    return values


def _some(values: tuple[object, ...]) -> tuple[object, ...]:
    if not values:
        msg = "must not be empty"
        raise ValueError(msg)
    return values


def _counted(value: tuple[int, int]) -> tuple[int, int]:
    if not 1 <= value[0] <= value[1] <= 200:  # instances are uint8
        msg = "must be [fewest, most] with 1 <= fewest <= most <= 200"
        raise ValueError(msg)
    return value


SOME = AfterValidator(_some)
"""Annotates an array that holds at least one value."""
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Limits = Annotated[tuple[Finite, Finite], AfterValidator(_ordered)]
"""[low, high]: drawn evenly between them for every image or lesion."""
NonNegativeLimits = Annotated[tuple[NonNegative, NonNegative], AfterValidator(_ordered)]
PositiveLimits = Annotated[tuple[Positive, Positive], AfterValidator(_ordered)]
LesionCount = Annotated[tuple[int, int], AfterValidator(_counted)]
"""[fewest, most] lesions of an image."""
Share = Annotated[float, Field(ge=0, le=1)]
Opacity = Annotated[float, Field(gt=0, le=1)]
OpacityLimits = Annotated[tuple[Opacity, Opacity], AfterValidator(_ordered)]
Color = Annotated[tuple[Share, ...], AfterValidator(_one_or_three)]
"""Brightness from 0, black, to 1, white: one number, or red, green and blue."""
Tint = Annotated[tuple[Finite, ...], AfterValidator(_one_or_three)]
"""Factors of an amplitude: one for all channels, or red, green and blue."""


class Parameters(BaseModel):
    """A frozen table of a recipe that takes no unknown key and converts no type."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class KindParameters(Parameters):
    """A table whose key ``kind`` names its entry in a table of kinds."""

    kind: str


class LesionParameters(KindParameters):
    """What every table ``[lesions.NAME]`` may hold."""

    sham: bool = False
    """A sham is drawn, listed and removable, but belongs to no truth."""
