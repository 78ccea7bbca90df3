"""The published form of a suite's ``scores.json``, as models that take nothing else."""

from typing import Literal

from pydantic import Field

from hrcam.pipeline.studies.schema import Digest, Number, Provenance, Table


class SuiteFacts(Table):
    """Which suite."""

    name: str
    version: int
    sha256: Digest


class MethodFacts(Table):
    """Which method."""

    name: str
    label: str
    source: str
    kind: Literal["model", "baseline", "ceiling"]
    layers: list[str]
    needs: list[str]
    postprocessing: str
    fusion: str
    loaded: str
    """``module:NAME``."""
    source_sha256: str
    """Of the file that it is written in; empty if there is none."""


class Score(Table):
    """A score over the test images with a lesion."""

    score: str
    threshold: Number
    mean: Number
    low: Number
    high: Number
    images: int
    undefined: int


class EntryScores(Table):
    """One of the method's rows, or a baseline's."""

    name: str
    label: str
    own: bool
    """Whether it is the method's."""
    scores: list[Score]
    values: list[Number]
    """The primary score of each image, in the order of ``images``."""


class SuiteCell(Table):
    """One trained network on one recipe."""

    name: str
    recipe: str
    identity: Digest
    network: str
    training_seed: int
    weights: Digest
    """SHA-256 of the network's weights."""
    images: list[str]
    """Test images with a lesion."""
    subjects: list[str]
    entries: list[EntryScores]


class SuiteScores(Table):
    """Content of ``scores.json``."""

    schema_: Literal[1] = Field(alias="schema")
    suite: SuiteFacts
    method: MethodFacts
    primary: str
    cells: list[SuiteCell]
    provenance: Provenance
