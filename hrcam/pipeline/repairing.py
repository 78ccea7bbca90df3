"""Put a damaged dataset right."""

from pathlib import Path

from hrcam.pipeline.executors import hire
from hrcam.pipeline.folders import room
from hrcam.pipeline.locks import locked


def repair(dataset: Path | str, workers: int = 1, scheduler: str = "") -> list[str]:
    """Draw the damaged files of a generated dataset again.

    Parameters
    ----------
    dataset
        Folder.
    workers
        Processes.
    scheduler
        Address of a Dask scheduler whose workers draw instead.

    Returns
    -------
    Names of the files that were put right.

    Raises
    ------
    ValueError
        As :func:`simbench.repair.repair`.
    """
    from simbench.repair import repair

    folder = Path(dataset).absolute()
    with room(folder), locked(folder), hire(workers, scheduler) as executor:
        return repair(folder, executor)
