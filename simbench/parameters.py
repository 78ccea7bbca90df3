"""What every table of a recipe has in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _ordered(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] > limits[1]:
        msg = "must be [low, high] with low <= high"
        raise ValueError(msg)
    return limits


NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Limits = Annotated[tuple[Finite, Finite], AfterValidator(_ordered)]
"""[low, high]: drawn evenly between them for every image or lesion."""
NonNegativeLimits = Annotated[tuple[NonNegative, NonNegative], AfterValidator(_ordered)]
PositiveLimits = Annotated[tuple[Positive, Positive], AfterValidator(_ordered)]


class Parameters(BaseModel):
    """A frozen table of a recipe that takes no unknown key and converts no type."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


class KindParameters(Parameters):
    """The table of one entry of ``ANATOMIES`` or ``LESIONS``, named by ``kind``."""

    kind: str
