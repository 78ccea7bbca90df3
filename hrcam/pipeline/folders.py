"""Write a stage's folder beside its place, and move it there when it is whole."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

#: The file that tells the folder of each stage from anybody's folder.
MARKERS = {
    "dataset": "MANIFEST.sha256",
    "model": "training.json",
    "maps": "maps.json",
    "scores": "results.json",
    "sanity": "sanity.json",
    "export": "export.json",
    "inversions": "inversions.npz",
}


def check_free(out: Path, overwrite: bool, stage: str = "") -> Path:
    """Return ``out`` if a stage may write it, before any long work.

    Raises
    ------
    FileExistsError
        If it exists and ``overwrite`` is false, or is not what the stage writes (a key
        of :data:`MARKERS`): nobody's files are replaced but the stage's own.
    ValueError
        If it has no name, such as ``.``.
    OSError
        If its parent folder cannot be made or written.
    """
    out = Path(out)
    if out.name in ("", ".."):
        msg = f"--out must name a folder or file, got {str(out)!r}"
        raise ValueError(msg)
    if out.exists() and not overwrite:
        msg = f"{out} must not exist yet; choose another --out or pass --overwrite"
        raise FileExistsError(msg)
    if stage and out.exists() and not _is_own(out, stage):
        msg = f"{out} must be a {stage} folder to be replaced, got something else"
        raise FileExistsError(msg)
    parent = out.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{parent} must be a folder that can be made, got: {error.strerror}"
        raise OSError(msg) from error
    if not os.access(parent, os.W_OK):
        msg = f"{parent} must be writable, got a folder that is not; choose another"
        raise PermissionError(msg)
    return out


@contextmanager
def staged(
    out: Path, overwrite: bool = False, keep: bool = False, stage: str = ""
) -> Iterator[Path]:
    """Give a temporary folder that becomes ``out`` if all goes well.

    Parameters
    ----------
    out
        The folder to make.
    overwrite
        Whether an existing one may be replaced; it is, only at the end.
    keep
        Whether the stage continues what an interrupted one left in the temporary
        folder; otherwise that is thrown away.
    stage
        Whose folder an existing one must be; see :func:`check_free`.
    """
    out = check_free(out, overwrite, stage)
    staging = out.with_name(f"{out.name}.partial")
    if staging.exists() and not keep:
        shutil.rmtree(staging)
    staging.mkdir(exist_ok=True)
    yield staging
    old = out.with_name(f"{out.name}.old")
    if old.exists():
        shutil.rmtree(old)
    if out.exists():
        out.rename(old)
    staging.rename(out)
    if old.exists():
        shutil.rmtree(old)


def _is_own(out: Path, stage: str) -> bool:
    """Say whether a folder is empty or was written by the stage."""
    return out.is_dir() and (not any(out.iterdir()) or (out / MARKERS[stage]).is_file())


def require_files(folder: Path, names: Sequence[str], command: str) -> None:
    """Check that a folder holds what a command of ours writes.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    """
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        msg = f"{folder} must be a folder of `{command}`, got none of "
        raise FileNotFoundError(msg + ", ".join(missing))


def replace_text(path: Path, text: str) -> None:
    """Write a text file under a temporary name and move it into place."""
    temporary = path.with_name(f"{path.name}.partial")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
