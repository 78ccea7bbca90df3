"""The published form of a suite's ``scores.json``, as models that take nothing else."""

from typing import Literal

from pydantic import Field, model_validator

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

    @property
    def rows(self) -> list[tuple[str, bool]]:
        """Names of the entries, and whether they are the method's."""
        return [(entry.name, entry.own) for entry in self.entries]

    @model_validator(mode="after")
    def _check(self) -> "SuiteCell":
        lengths = {len(entry.values) for entry in self.entries}
        if not self.images or {len(self.subjects), *lengths} != {len(self.images)}:
            msg = "images must be some, with a subject and a value of each entry each"
            raise ValueError(msg)
        names = [name for name, _ in self.rows]
        if len({*names}) < len(names) or not any(own for _, own in self.rows):
            msg = "entries must have different names, and one must be the method's"
            raise ValueError(msg)
        return self


class SuiteScores(Table):
    """Content of ``scores.json``."""

    schema_: Literal[1] = Field(alias="schema")
    suite: SuiteFacts
    method: MethodFacts
    primary: str
    cells: list[SuiteCell]
    provenance: Provenance

    @model_validator(mode="after")
    def _check(self) -> "SuiteScores":
        if not self.cells or len({c.name for c in self.cells}) < len(self.cells):
            msg = "cells must be some, of different names"
            raise ValueError(msg)
        if any(cell.rows != self.cells[0].rows for cell in self.cells):
            msg = "cells must have the same entries in one order"
            raise ValueError(msg)
        data = {(c.recipe, tuple(c.images), tuple(c.subjects)) for c in self.cells}
        if len(data) > len({cell.recipe for cell in self.cells}):
            msg = "cells of one recipe must have the same images and subjects"
            raise ValueError(msg)
        return self
