"""The published form of ``claims.json``, as models that take nothing else."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Number = float | None
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
State = Literal["holds", "equivalent", "inconclusive", "reversed"]
Word = Literal["holds", "holds under", "equivalent", "inconclusive", "reversed"]
Expects = Literal["above", "below", "equal"]


class Table(BaseModel):
    """A part of a published file: no unknown key."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Measured(Table):
    """A difference; what is undefined is null."""

    difference: Number
    low: Number
    high: Number
    """Interval that a difference is read from."""
    low90: Number
    high90: Number
    """Interval that equivalence is read from."""
    error_images: Number
    error_trainings: Number
    """Standard errors that come from the images, and from the trainings."""
    trainings: int
    images: int
    reason: str
    """Why there is no interval, where there is none."""


class Condition(Measured):
    """One recipe and network; its interval is simultaneous over the endpoint's."""

    recipe: str
    network: str
    state: State
    rival: str
    """What was subtracted."""


class Endpoint(Measured):
    """All conditions of an endpoint together, and each."""

    endpoint: str
    expects: Expects
    margin: float
    score: str
    threshold: Number
    statistic: Literal["mean", "median"]
    survives: bool | None
    """Whether all together show the same in half-pixel alignment."""
    word: Word
    verdict: str
    """The word with its conditions."""
    conditions: list[Condition]


class Difference(Endpoint):
    """A difference that stands beside the claims."""

    reference: str


class Judged(Table):
    """A claim, for one reference."""

    number: int
    text: str
    reference: str
    word: Word
    under: list[str]
    counts: dict[State, int]
    endpoints: list[Endpoint]


class Layer(Table):
    """Means over the trainings of a recipe and network."""

    reference: str
    recipe: str
    network: str
    layer: str
    share: Number
    average_precision: Number


class Classifier(Table):
    """Of the test split."""

    accuracy: Number
    auroc: Number


class CellFacts(Table):
    """One training."""

    name: str
    recipe: str
    data_seed: int
    identity: Digest
    network: str
    training_seed: int
    images: int
    classifier: Classifier
    shares: dict[str, dict[str, Number]]
    seconds: dict[str, float]


class Stated(Table):
    """What was written down before the first training."""

    name: str
    sha256: Digest
    written: str


class Provenance(Table):
    """Where the numbers come from."""

    command: str
    date: str
    versions: dict[str, str]


class Results(Table):
    """Content of ``claims.json``."""

    schema_: Literal[1] = Field(alias="schema")
    stage: Literal["quick", "development", "confirmatory"]
    grid: Stated
    margin: float
    level: float
    references: list[str]
    claims: list[Judged]
    differences: list[Difference]
    layers: list[Layer]
    cells: list[CellFacts]
    provenance: Provenance
