"""Stage 4: score any method's maps against masks, from our run or anybody's files."""

import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

import metrics
from hrcam.pipeline.beside import read_beside
from hrcam.pipeline.confounding import with_confounders
from hrcam.pipeline.evidence import Comparison, gather_evidence
from hrcam.pipeline.executors import hire
from hrcam.pipeline.folders import SHARDS, check_free, staged
from hrcam.pipeline.grouping import group_images
from hrcam.pipeline.inputs import How, open_inputs
from hrcam.pipeline.known_masks import without_unknown
from hrcam.pipeline.memory import afford
from hrcam.pipeline.reopening import Reopening, reopening
from hrcam.pipeline.shown import open_folder
from hrcam.pipeline.tuning import tune_thresholds
from metrics import MapReading, MaskReading, ScoreOptions, Scores, with_evidence
from metrics.storage.folder import read, write
from metrics.threads import one_thread


@one_thread()
def score(  # noqa: PLR0913  keywords of a public verb
    maps: Any,
    truth: Any,
    out: Path | str | None = None,
    *,
    images: Path | str | None = None,
    strata: pd.DataFrame | Path | str | None = None,
    split: str = "test",
    region: str = "mask",
    map_reading: MapReading | None = None,
    mask_reading: MaskReading | None = None,
    sanity: Any = None,
    multiverse: Path | str | None = None,
    options: ScoreOptions | None = None,
    tuned_on: Any = None,
    workers: int = 1,
    scheduler: str = "",
    memory: str = "",
    command: str = "",
    published: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Scores:
    """Score maps against ground-truth masks and compare the methods.

    Parameters
    ----------
    maps
        What :func:`hrcam.explain` returned, or by name: an array (n, h, w) or
        (n, d, h, w), a source of maps, or a path (a maps folder of ours, or anybody's
        files of any format of :data:`metrics.sources.formats.FORMATS`).
    truth
        A dataset, the folder of one, masks in files or in an array, or a list of paths,
        one for each rater.
    out
        Scores folder to write; None keeps the scores in memory.
    images
        Folder of images to draw the maps on, for masks that come without a dataset.
    strata
        A table, or a CSV or Parquet file of it, for masks that come without a dataset:
        a row for each ``image_id``, with any of ``subject`` (whose images belong
        together), ``lesion`` (its kind, or ``none``) and ``correct`` (whether the
        classifier is right); other columns are carried along.
    split
        Whose masks of a dataset are scored.
    region
        Which truth of a dataset: ``mask``, the lesions; ``distinctive``, those that no
        other class may have; ``effect``, how much of each pixel is lesion.
    map_reading, mask_reading
        How files are named and read, and what counts as lesion.
    tuned_on
        Scores, or the folder of them, of other images by the same entries (the
        validation split): the threshold of largest mean Dice there is each entry's
        tuned threshold here.
    workers
        Share the images in shards: processes if maps and masks are paths, else
        threads. No number depends on them.
    scheduler
        Address of a Dask scheduler whose workers score instead; they open the paths
        and write to ``out``, so all must lie where every worker sees them.
    memory
        As in ``4GB``: no more workers of this machine than that is enough for.
    sanity
        What :func:`hrcam.pipeline.sanity.check` returned, or the folder of one: the
        report then shows it.
    multiverse
        The folder of ``hrcam multiverse``: the report then shows it.
    options
        A :class:`metrics.ScoreOptions`.
    command
        The command line, for the report's provenance.
    published
        How good classifiers of these images were elsewhere, as a recipe's table
        ``[published]`` says; by default what the shipped recipes know of the dataset.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with the number of maps just finished.
    warn
        Called before scoring with each sentence on maps that look wrong.

    Returns
    -------
    scores
        A :class:`metrics.Scores` with evidence for the report.
    """
    if out is not None:
        check_free(Path(out), overwrite, "scores")
    how = How(split, region, map_reading, mask_reading)
    again = reopening(maps, truth, how)
    _check_seen(scheduler, again, out)
    checked = read_beside(sanity, multiverse)
    if images is not None:
        open_folder(Path(images))  # fails before the long work
    opened = open_inputs(maps, truth, how)
    sources, masks, dataset = opened.sources, opened.masks, opened.dataset
    runs = opened.runs
    groups = group_images(strata, masks, dataset, runs)
    options = options or ScoreOptions()
    options = without_unknown(options, sources, masks, dataset, split)
    if tuned_on is not None:
        tuned = tune_thresholds(tuned_on, sources, masks)
        options = replace(options, tuned=tuned)
    with _place(out, overwrite) as folder:
        hands = afford(workers, memory)
        with hire(hands, scheduler, threads=again is None) as executor:
            reopen = None if executor is None else again
            scores = metrics.score(
                sources,
                masks,
                groups,
                options,
                executor,
                progress=progress,
                spill=folder,
                reopen=reopen,
                keep=None if folder is None else folder.absolute() / SHARDS,
                warn=warn,
            )
            scores = with_confounders(scores, sources, dataset, executor, reopen)
        comparison = Comparison(
            scores, sources, masks, dataset, runs, images, region, published
        )
        evidence = gather_evidence(comparison, command) | checked
        scores = with_evidence(scores, evidence)
        if folder is not None:
            write(scores, folder)
    return scores if out is None else read(Path(out), scores)


def _place(
    out: Path | str | None, overwrite: bool
) -> AbstractContextManager[Path | None]:
    """Give the folder to write, or none."""
    return (
        nullcontext() if out is None else staged(Path(out), overwrite, stage="scores")
    )


def _check_seen(scheduler: str, again: Reopening | None, out: Any) -> None:
    """Refuse a cluster whose workers cannot see what is scored.

    Raises
    ------
    ValueError
        If something is in memory.
    """
    if scheduler and (again is None or out is None):
        msg = (
            "maps, masks and out must be paths that the workers of --scheduler see, "
            "got some in memory; save them, or leave the scheduler out"
        )
        raise ValueError(msg)
