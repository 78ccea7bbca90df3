"""Compare a dataset with what it was when it was generated or read."""

from pathlib import Path

from simbench import manifest
from simbench.opening import READING
from simbench.urls import is_url


def verify(folder: Path | str) -> list[str]:
    """Compare every file of a dataset with its checksum, byte by byte.

    Of a dataset that was read these are also the files of the user's own copy.

    Returns
    -------
    One line for each problem; none if nothing has changed.
    """
    from simbench.readers.folder import changed_files

    if is_url(folder):
        from simbench.remote import verify_remote

        return verify_remote(str(folder))
    folder = Path(folder)
    problems = manifest.verify(folder)
    if problems or not (folder / READING).is_file():
        return problems
    return changed_files(folder)
