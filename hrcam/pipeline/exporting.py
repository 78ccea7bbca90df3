"""Copy a dataset into files that other tools read."""

import json
from pathlib import Path

from hrcam.pipeline.folders import MARKERS, check_free, replace_text, staged
from hrcam.pipeline.opening import open_data
from simbench.dataset import Dataset
from simbench.exports import EXPORTS


def export(
    dataset: Dataset | Path | str, to: str, out: Path | str, *, overwrite: bool = False
) -> Path:
    """Export a dataset.

    Parameters
    ----------
    dataset
        A dataset or the folder of one.
    to
        A form of :data:`simbench.exports.EXPORTS`.
    out
        Folder to write.
    overwrite
        Whether an existing export may be replaced.

    Raises
    ------
    ValueError
        If there is no such form, or an image's mask is not known.
    """
    if to not in EXPORTS:
        msg = f"--to must be one of {', '.join(EXPORTS)}, got {to!r}"
        raise ValueError(msg)
    out = check_free(Path(out), overwrite, "export")
    found = open_data(dataset)
    ids = found.ids()
    unknown = len(ids) - len(found.known(ids))
    if unknown:
        msg = (
            "a dataset must know the masks of all images to be exported, got "
            f"{unknown} of {len(ids)} that are unknown; use its own files"
        )
        raise ValueError(msg)
    with staged(out, overwrite, stage="export") as folder:
        EXPORTS[to].write(found, folder)
        text = json.dumps({"form": to, "dataset": found.identity}, indent=1)
        replace_text(folder / MARKERS["export"], text + "\n")
    return out
