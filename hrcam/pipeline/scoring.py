"""Stage 4: score any method's maps against masks, from our run or anybody's files."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

import metrics
from hrcam.maps import Explained, LayerMaps
from hrcam.pipeline.confounding import with_confounders
from hrcam.pipeline.evidence import Comparison, gather_evidence
from hrcam.pipeline.executors import hire
from hrcam.pipeline.explaining import is_maps_folder, open_maps
from hrcam.pipeline.folders import SHARDS, check_free, staged
from hrcam.pipeline.known_masks import known_ids, without_unknown
from hrcam.pipeline.memory import afford
from hrcam.pipeline.opening import open_data
from hrcam.pipeline.reopening import Reopening, reopening
from hrcam.pipeline.shown import open_folder
from hrcam.pipeline.strata_files import read_strata
from metrics import (
    MapReading,
    MaskReading,
    MaskSource,
    ScoreOptions,
    Scores,
    with_evidence,
)
from metrics.counting.truth import Truth
from metrics.scores.cuts import tune
from metrics.sources.entries import name_entries
from metrics.sources.source import as_maps, as_masks
from metrics.storage.folder import read, write
from metrics.threads import one_thread
from simbench.dataset import Dataset
from simbench.opening import is_dataset
from simbench.urls import is_url

#: Columns of a dataset's index that the score table carries along.
STRATA = ("subject", "label", "lesion")
#: The truths of a dataset: all lesions, those that no other class may have, or how much
#: of each pixel is lesion (the expected effect over its largest value).
REGIONS = ("mask", "distinctive", "effect")


@dataclass(frozen=True)
class DatasetMasks:
    """The masks of a dataset's images, as a source for scoring."""

    dataset: Dataset
    ids: tuple[str, ...]
    region: str = "mask"

    def read(self, ids: Sequence[str]) -> Truth:
        """Return the truth of images in the order of ``ids``, lesions numbered."""
        soft = self.region == "effect"
        masks = self.dataset.read("mask" if soft else self.region, ids)
        shares = _shares(self.dataset.read("effect", ids)) if soft else None
        if "instances" not in self.dataset.arrays:
            return Truth(masks, shares)
        numbers = self.dataset.read("instances", ids)
        return Truth(masks, shares, numbered=numbers.astype(np.int64))


def _shares(effects: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Divide each image's effect by its largest size; 0 where there is none."""
    sizes = np.abs(effects).astype(np.float64)
    largest = sizes.max(axis=(1, 2), keepdims=True)
    shares = np.zeros_like(sizes)
    return np.divide(sizes, largest, out=shares, where=largest > 0)


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
    again = reopening(maps, truth, (split, region, map_reading, mask_reading))
    _check_seen(scheduler, again, out)
    checked = _checked(sanity) | _readings(multiverse)
    if images is not None:
        open_folder(Path(images))  # fails before the long work
    found, runs = collect(maps, map_reading)
    like = next((m for m in found.values() if hasattr(m, "read")), None)
    given, dataset = find_masks(truth, split, region, mask_reading, like)
    _check_identity(runs, dataset)
    masks = as_masks(given, mask_reading)
    sources = {name: as_maps(name, source, masks) for name, source in found.items()}
    groups = _group(strata, dataset)
    if dataset is not None:
        groups = _strata(masks, dataset, runs)
    options = options or ScoreOptions()
    options = without_unknown(options, sources, masks, dataset, split)
    if tuned_on is not None:
        options = replace(options, tuned=_tune(tuned_on, sources, masks))
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


def collect(
    maps: Any, reading: MapReading | None = None
) -> tuple[dict[str, Any], list[Explained]]:
    """Return sources of maps by entry, and the runs of ours among them.

    An entry is also read in ``half_pixel`` alignment where that changes its maps, since
    a verdict must survive both.

    Raises
    ------
    ValueError
        If two entries have one name.
    """
    named = {"": maps} if isinstance(maps, Explained) else dict(maps)
    sources: dict[str, Any] = {}
    runs: list[Explained] = []
    for name, given in named.items():
        found = given
        if isinstance(given, str | Path):
            path = Path(given)
            ours = is_maps_folder(path)
            found = open_maps(path) if ours else metrics.open_maps(path, name, reading)
        rows = found if isinstance(found, Explained) else {name: found}
        runs += [found] if isinstance(found, Explained) else []
        for key, source in rows.items():
            if key in sources:
                msg = f"entries must have unique names, got {key!r} twice; score apart"
                raise ValueError(msg)
            sources[key] = source
            other = (
                source.aligned("half_pixel") if isinstance(source, LayerMaps) else None
            )
            if other is not None:
                sources[f"{key}/half_pixel"] = other
    return sources, runs


def find_masks(
    truth: Any,
    split: str,
    region: str = "mask",
    reading: MaskReading | None = None,
    like: Any = None,
) -> tuple[Any, Dataset | None]:
    """Return a source of masks, and the dataset it belongs to or None.

    Parameters
    ----------
    truth, split, region
        As of :func:`score`.
    reading
        What counts as lesion in files; a dataset knows.
    like
        Maps that say how large images are where masks do not.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    ValueError
        If there is no such split or region, none of its masks is known, or a dataset is
        to be read otherwise.
    """
    if region not in REGIONS:
        msg = f"region must be one of {', '.join(REGIONS)}, got {region!r}"
        raise ValueError(msg)
    if is_url(truth):
        truth = open_data(truth)
    if isinstance(truth, str | Path):
        path = Path(truth)
        if not path.exists() and "::" not in str(path):
            msg = f"--masks must be a dataset or a folder of masks, got no {path}"
            raise FileNotFoundError(msg)
        if not is_dataset(path):
            return metrics.open_masks(path, reading, like), None
        truth = open_data(path)
    if isinstance(truth, list | tuple) and all(
        isinstance(path, str | Path) for path in truth
    ):
        return metrics.open_masks(truth, reading, like), None
    if isinstance(truth, Dataset):
        if reading not in (None, MaskReading()):
            msg = (
                "masks of a dataset must be read as it says, got other choices of "
                "reading; export them first, or choose a region"
            )
            raise ValueError(msg)
        return DatasetMasks(truth, tuple(known_ids(truth, split)), region), truth
    return truth, None


def _check_identity(runs: Sequence[Explained], dataset: Dataset | None) -> None:
    """Refuse maps of ours that were made of another dataset.

    Raises
    ------
    ValueError
        Naming both.
    """
    for run in runs:
        made = run.evidence.get("provenance", {}).get("dataset")
        if dataset is not None and made and made != dataset.identity:
            msg = (
                f"maps must be of the dataset whose masks are scored, got maps of "
                f"{made[:12]} and masks of {dataset.identity[:12]}; explain this one"
            )
            raise ValueError(msg)


def _tune(
    tuned_on: Any, sources: Mapping[str, Any], masks: MaskSource
) -> dict[str, float]:
    """Find each entry's threshold on other images.

    Raises
    ------
    ValueError
        If an entry was not scored there, or an image is among those scored here.
    """
    scores = read(Path(tuned_on)) if isinstance(tuned_on, str | Path) else tuned_on
    shared = sorted(set(scores.ids) & set(masks.ids))
    if shared:
        msg = (
            f"thresholds must be tuned on other images, got {shared[0]!r} and "
            f"{len(shared) - 1} more in both; score the validation split for it"
        )
        raise ValueError(msg)
    names = [
        entry["name"] for entry in name_entries([s.names for s in sources.values()])
    ]
    lost = [name for name in names if name not in scores.counts]
    if lost:
        msg = (
            f"thresholds must be tuned for every entry, got none for {lost[0]!r}; "
            "score its maps of the other images too"
        )
        raise ValueError(msg)
    return {name: tune(scores.counts[name]) / 100 for name in names}


def _checked(sanity: Any) -> dict[str, Any]:
    """Return what the report shows of the checks: evidence ``sanity``, ``reliance``."""
    if sanity is None:
        return {}
    from hrcam.pipeline.sanity.storage import open_sanity

    found = open_sanity(sanity) if isinstance(sanity, str | Path) else sanity
    reliance = {"reliance": found.reliance} if found.reliance else {}
    return {"sanity": found.results, **reliance}


def _readings(multiverse: Path | str | None) -> dict[str, Any]:
    """Return what the report shows of a multiverse: evidence ``multiverse``."""
    if multiverse is None:
        return {}
    from hrcam.pipeline.multiverse.storage import open_results

    return {"multiverse": open_results(multiverse)}


def _group(
    strata: pd.DataFrame | Path | str | None, dataset: Dataset | None
) -> pd.DataFrame | None:
    """Return the given table of images.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is not there, names no images, or a dataset already groups them.
    """
    if strata is None:
        return None
    if dataset is not None:
        msg = "strata must come from the dataset itself, got a table too; leave it out"
        raise ValueError(msg)
    if isinstance(strata, pd.DataFrame):
        return strata
    return read_strata(Path(strata))


def _strata(masks: MaskSource, dataset: Dataset, runs: list[Explained]) -> pd.DataFrame:
    """Return what groups the images: subject, label, lesion, d', classifier right."""
    columns = [*STRATA, *dataset.strata]
    table = dataset.index.set_index("image_id").loc[list(masks.ids), columns]
    seen = _see(dataset.lesions)
    if seen is not None:
        table["d_prime"] = seen.reindex(table.index)
    if len(runs) == 1 and runs[0].predictions is not None:
        right = runs[0].predictions.set_index("image_id")["correct"]
        if set(table.index) <= set(right.index):
            table["correct"] = right.loc[table.index].to_numpy()
    return table.reset_index()


def _see(lesions: pd.DataFrame) -> pd.Series | None:
    """Return the ideal observer's d' of each image's lesions together.

    Independent lesions add up by their squares. None where none is known.
    """
    if "d_ideal" not in lesions or lesions["d_ideal"].isna().all():
        return None
    real = lesions[~lesions["sham"].astype(bool)] if "sham" in lesions else lesions
    squares = (real["d_ideal"] ** 2).groupby(real["image_id"]).sum(min_count=1)
    return squares**0.5
