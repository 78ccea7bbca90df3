"""The sections of a report: one small file and one word in the table each."""

from collections.abc import Callable

from reports.content import Section
from reports.folder import Folder
from reports.sections import (
    answer,
    boxes,
    claims,
    classifier,
    confounders,
    curves,
    data,
    deletion,
    differences,
    estimation,
    failures,
    layers,
    limits,
    localization,
    multiverse,
    normalization,
    order,
    panels,
    paper,
    pooled,
    provenance,
    reliance,
    sanity,
    strata,
    versions,
)

SECTIONS: tuple[Callable[[Folder], Section | None], ...] = (
    answer.build,
    provenance.build,
    data.build,
    classifier.build,
    panels.build,
    curves.build,
    boxes.build,
    differences.build,
    estimation.build,
    strata.build,
    order.build,
    pooled.build,
    normalization.build,
    claims.build,
    paper.build,
    layers.build,
    multiverse.build,
    sanity.build,
    deletion.build,
    reliance.build,
    localization.build,
    confounders.build,
    failures.build,
    limits.build,
    versions.build,
)
"""In reading order: the answer first. None: the folder says nothing of it."""

SHORT = (answer.build, curves.build, boxes.build, differences.build)
"""Those of the short form."""
