"""The list of a dataset's files, written last: no manifest, no dataset.

``MANIFEST.sha256`` can be checked with ``sha256sum -c``; comment lines hold the
dataset's identity and the sizes, which are looked at whenever a dataset is opened.
"""

import hashlib
import stat
from dataclasses import dataclass
from pathlib import Path

NAME = "MANIFEST.sha256"
_REMEDY = "generate the dataset again"


@dataclass(frozen=True)
class Manifest:
    """What a complete dataset consists of."""

    identity: str
    sizes: dict[str, int]
    checksums: dict[str, str]


def seal(folder: Path, identity: str) -> None:
    """List every file of a folder, hidden ones aside, and so declare it complete."""
    names = _files(folder)
    sizes = {name: (folder / name).stat().st_size for name in names}
    checksums = {name: checksum(folder / name) for name in names}
    replace_text(folder / NAME, _text(Manifest(identity, sizes, checksums)))


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest.

    Raises
    ------
    FileNotFoundError
        If there is none: not a dataset, or not written to the end.
    ValueError
        If it is no manifest.
    """
    path = folder / NAME
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        msg = (
            f"{folder} must be a complete dataset, got no {NAME}: it is another "
            "folder, or its writing was interrupted; generate it again to finish it"
        )
        raise FileNotFoundError(msg) from error
    try:
        return _parsed(content.decode())
    except (ValueError, IndexError) as error:
        msg = f"{path} must be a dataset's manifest, and is damaged; {_REMEDY}"
        raise ValueError(msg) from error


def quick_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Name the files that are missing or of another size."""
    problems = []
    for name, size in manifest.sizes.items():
        found = _size(folder / name)
        if found is None:
            problems.append(f"{name} is missing")
        elif found != size:
            problems.append(f"{name} has {found} bytes instead of {size}")
    return problems


def _size(path: Path) -> int | None:
    """Return a file's size, or None; one look, since a folder may be replaced."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def verify(folder: Path | str) -> list[str]:
    """Compare a dataset with its manifest, byte by byte.

    Returns
    -------
    One line for each problem; none if the dataset is as it was written.
    """
    folder = Path(folder)
    try:
        manifest = read_manifest(folder)
    except (FileNotFoundError, ValueError) as error:
        return [str(error)]
    problems = quick_problems(folder, manifest)
    known = {line.split(" ", 1)[0] for line in problems}
    problems += [
        f"{name} has another checksum than when it was written"
        for name in damages(folder, manifest)
        if name not in known
    ]
    extra = sorted(set(_files(folder)) - set(manifest.checksums))
    problems += [f"{name} is not in the manifest" for name in extra]
    said = f"# identity {manifest.identity}\n".encode()
    recipe = folder / "recipe.toml"
    if not problems and recipe.is_file() and not recipe.read_bytes().startswith(said):
        problems.append(f"{NAME} has another identity than recipe.toml")
    return problems


def damages(folder: Path, manifest: Manifest) -> list[str]:
    """Name the files that are missing or not, byte for byte, as they were written."""
    return [
        name
        for name, expected in manifest.checksums.items()
        if not (folder / name).is_file() or checksum(folder / name) != expected
    ]


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def replace_text(path: Path, text: str) -> None:
    """Write a text file under another name, then give it its own: whole or not."""
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(path)


def _parsed(text: str) -> Manifest:
    identity, sizes, checksums = "", {}, {}
    for line in text.split("\n"):
        if not line:
            continue
        if line.startswith("# identity "):
            identity = line.split(" ", 2)[2]
        elif line.startswith("# size "):
            _, _, size, name = line.split(" ", 3)
            sizes[name] = int(size)
        else:
            value, name = line.split("  ", 1)
            checksums[name] = value
    climbing = [n for n in sizes if n.startswith("/") or ".." in n.split("/")]
    if not identity or set(sizes) != set(checksums) or not sizes or climbing:
        msg = "incomplete"
        raise ValueError(msg)
    manifest = Manifest(identity, sizes, checksums)
    if text != _text(manifest):
        msg = "not as it was written"
        raise ValueError(msg)
    return manifest


def _text(manifest: Manifest) -> str:
    """Write the only text that stands for a manifest."""
    lines = [f"# identity {manifest.identity}"]
    for name, size in manifest.sizes.items():
        lines += [f"# size {size} {name}", f"{manifest.checksums[name]}  {name}"]
    return "\n".join(lines) + "\n"


def _files(folder: Path) -> list[str]:
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    kept = (n for n in names if not any(part.startswith(".") for part in n.parts))
    return sorted(name.as_posix() for name in kept if name.as_posix() != NAME)
