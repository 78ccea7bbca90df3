"""The sections of a report: one small file and one word in the table each."""

from collections.abc import Callable

from reports.content import Section
from reports.folder import Folder
from reports.sections import (
    answer,
    boxes,
    classifier,
    curves,
    data,
    differences,
    failures,
    layers,
    limits,
    panels,
    paper,
    provenance,
    versions,
)

SECTIONS: tuple[Callable[[Folder], Section], ...] = (
    answer.build,
    provenance.build,
    data.build,
    classifier.build,
    panels.build,
    boxes.build,
    curves.build,
    differences.build,
    paper.build,
    layers.build,
    failures.build,
    limits.build,
    versions.build,
)
"""In reading order: the answer first."""
