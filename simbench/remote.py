"""Datasets on every store that fsspec knows: ``s3://``, ``gs://``, ``memory://``.

A dataset is drawn on this machine's disk and put into the store file by file. A store
puts a file whole or not at all; the manifest comes last, so nobody reads half of it.
When it is opened, tables are fetched at once and images when they are asked for.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from simbench.dataset import Dataset
from simbench.manifest import NAME, Manifest, checksum, read_manifest
from simbench.opening import ARRAYS, open_generated
from simbench.tables import NAMES
from simbench.wholeness import whole

_AGAIN = "generate the dataset again"


def holds(url: str) -> bool:
    """Say whether a whole dataset is at a URL."""
    store, root = _connect(url)
    return bool(store.exists(f"{root}/{NAME}"))


def send(folder: Path, url: str) -> None:
    """Put a whole dataset at a URL; one that is there is no dataset until the end.

    Raises
    ------
    OSError
        If the store does not take a file.
    """
    store, root = _connect(url)
    manifest = read_manifest(folder)
    before = set(_files(store, root))
    try:
        if NAME in before:
            store.rm_file(f"{root}/{NAME}")
        for name in (*manifest.sizes, NAME):
            there = f"{root}/{name}"
            store.makedirs(there.rpartition("/")[0], exist_ok=True)
            store.put_file(str(folder / name), there)
        for name in before - set(manifest.sizes) - {NAME}:
            store.rm_file(f"{root}/{name}")
    except OSError as error:
        msg = (
            f"{url} must take the dataset, got: {error}; {folder} holds it: run the "
            "same command again to send it"
        )
        raise OSError(msg) from error


def open_remote(url: str) -> Dataset:
    """Open a dataset that was sent; its images are read when asked for.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    ValueError
        If a file is missing, or another one than when it was sent.
    """
    from zarr.storage import FsspecStore

    store, root = _connect(url)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        manifest = _fetch_manifest(store, root, url, folder)
        sizes = {name: int(file["size"]) for name, file in _files(store, root).items()}
        small = [name for name in manifest.sizes if not name.startswith(f"{ARRAYS}/")]
        for name in manifest.sizes:
            if sizes.get(name) != manifest.sizes[name]:
                there = sizes.get(name, "no")
                msg = (
                    f"{url} is damaged: {name} has {there} bytes instead of "
                    f"{manifest.sizes[name]}; {_AGAIN}"
                )
                raise ValueError(msg)
        for name in small:
            store.get_file(f"{root}/{name}", str(folder / name))
            if checksum(folder / name) != manifest.checksums[name]:
                msg = f"{url} is damaged: {name} has another checksum; {_AGAIN}"
                raise ValueError(msg)
        arrays = FsspecStore.from_url(f"{url.rstrip('/')}/{ARRAYS}", read_only=True)
        with whole(url, _AGAIN):
            dataset = open_generated(folder, manifest.identity, arrays)
            for name in NAMES:
                getattr(dataset, name)  # read while its file is there
            return dataset


def verify_remote(url: str) -> list[str]:
    """Compare every file of a dataset in a store with its checksum, byte by byte.

    Returns
    -------
    One line for each problem; none if nothing has changed.
    """
    store, root = _connect(url)
    with tempfile.TemporaryDirectory() as folder:
        try:
            manifest = _fetch_manifest(store, root, url, Path(folder))
        except (FileNotFoundError, ValueError) as error:
            return [str(error)]
    found = set(_files(store, root))
    problems = []
    for name, expected in manifest.checksums.items():
        if name not in found:
            problems.append(f"{name} is missing")
        else:
            with store.open(f"{root}/{name}", "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    told = "has another checksum than when it was written"
                    problems.append(f"{name} {told}")
    extra = sorted(found - set(manifest.checksums) - {NAME})
    return problems + [f"{name} is not in the manifest" for name in extra]


def _connect(url: str) -> tuple[Any, str]:
    """Return the store of a URL and the path in it.

    Raises
    ------
    ImportError, ValueError
        If a package is missing or there is no such kind of store.
    """
    try:
        from fsspec.core import url_to_fs

        store, root = url_to_fs(url)
    except ImportError as error:
        msg = (
            f"{url} must be reached through fsspec, got: {error}; pip install "
            "'hrcam-bench[remote]'"
        )
        raise ImportError(msg) from error
    return store, root.rstrip("/")


def _files(store: Any, root: str) -> dict[str, Any]:
    """Return facts of every file below a path, by name."""
    store.invalidate_cache()
    if not store.exists(root):
        return {}
    found = store.find(root, detail=True)
    start = root.strip("/")
    names = {path: path.strip("/").removeprefix(start).strip("/") for path in found}
    return {names[path]: facts for path, facts in found.items()}


def _fetch_manifest(store: Any, root: str, url: str, folder: Path) -> Manifest:
    if not store.exists(f"{root}/{NAME}"):
        msg = (
            f"{url} must be a complete dataset, got no {NAME}: it is something else, "
            "or its sending was interrupted; generate it again to finish it"
        )
        raise FileNotFoundError(msg)
    (folder / NAME).write_bytes(store.cat_file(f"{root}/{NAME}"))
    try:
        return read_manifest(folder)
    except ValueError as error:
        msg = f"{url}/{NAME} must be a dataset's manifest, and is damaged; {_AGAIN}"
        raise ValueError(msg) from error
