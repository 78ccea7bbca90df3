"""Write a stage's folder beside its place, and move it there when it is whole."""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hrcam.pipeline.locks import locked

#: Where a stage keeps what is done of it, in its temporary folder.
SHARDS = ".shards"

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

    One process at a time; see :func:`hrcam.pipeline.locks.locked`.

    Parameters
    ----------
    out
        The folder to make.
    overwrite
        Whether an existing one may be replaced; it is, only at the end.
    keep
        Whether the stage continues what an interrupted one left in the temporary
        folder; otherwise that is thrown away but for :data:`SHARDS`, whose files say
        what they follow from.
    stage
        Whose folder an existing one must be; see :func:`check_free`.

    Raises
    ------
    OSError
        If the disk is full; what was written is kept.
    """
    out = check_free(out, overwrite, stage)
    staging = out.with_name(f"{out.name}.partial")
    with room(staging), locked(out):
        _settle(staging, out)
        check_free(out, overwrite, stage)  # another process may have been done
        staging.mkdir(exist_ok=True)
        if not keep:
            empty(staging, but=SHARDS)
        try:
            yield staging
        except BaseException:
            if not any(staging.iterdir()):
                staging.rmdir()
            raise
        empty(staging / SHARDS)
        _move(staging, out)


def _settle(staging: Path, out: Path) -> None:
    """Finish a move that was interrupted when nothing was in the folder's place."""
    old = _older(out)
    if old.exists() and not staging.exists():
        shutil.rmtree(old)
    elif old.exists() and not out.exists():
        staging.rename(out)


def _older(out: Path) -> Path:
    return out.with_name(f"{out.name}.old")


def _move(staging: Path, out: Path) -> None:
    """Put a whole folder in its place; an older one stays until then."""
    old = _older(out)
    if old.exists():
        shutil.rmtree(old)
    if out.exists():
        out.rename(old)
    staging.rename(out)
    if old.exists():
        shutil.rmtree(old)


@contextmanager
def room(place: Path) -> Iterator[None]:
    """Say what helps when the disk of a place is full.

    Raises
    ------
    OSError
        Naming the file and the remedy.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        msg = (
            f"{error.filename or place} must find room on its disk, got "
            f"'{os.strerror(error.errno)}'; free some and run the same command again: "
            "what is whole is kept"
        )
        raise OSError(msg) from error


def empty(folder: Path, but: str = "") -> None:
    """Remove what is in a folder, and itself unless something stays."""
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name == but:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if not but:
        folder.rmdir()


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
