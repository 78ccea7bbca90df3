"""Datasets in stores: what was sent comes back, and damage is seen."""

import re
import shutil
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

fsspec = pytest.importorskip("fsspec")

from simbench.opening import open_dataset  # noqa: E402  after what it needs
from simbench.remote import holds, send, verify_remote  # noqa: E402
from simbench.writer import write  # noqa: E402

NAME = "MANIFEST.sha256"


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    place = tmp_path_factory.mktemp("dataset") / "data"
    place.mkdir()
    write(tiny, place)
    return place


@pytest.fixture(params=["memory", "file"])
def url(request, tmp_path):
    """Return the URL of an empty place in a store."""
    where = {"memory": f"/{uuid4().hex}", "file": str(tmp_path / "store")}
    return f"{request.param}://{where[request.param]}/data"


@pytest.fixture
def sent(folder, url):
    send(folder, url)
    store, root = fsspec.core.url_to_fs(url)
    return url, store, root


def test_what_was_sent_is_read_as_it_was(folder, sent):
    url, _, _ = sent
    here, there = open_dataset(folder), open_dataset(url)
    assert there.identity == here.identity
    pd.testing.assert_frame_equal(there.index, here.index)
    pd.testing.assert_frame_equal(there.lesions, here.lesions)
    ids = here.ids()[::-1]
    for name in here.arrays:
        np.testing.assert_array_equal(there.read(name, ids), here.read(name, ids))
    assert holds(url)
    assert verify_remote(url) == []


def test_the_manifest_comes_last_and_goes_first(folder, sent, monkeypatch):
    url, store, _ = sent
    real, put = type(store).put_file, []

    def break_off(self, local, there, **options):
        put.append(there)
        if len(put) == 3:
            msg = "the line is cut"
            raise OSError(msg)
        return real(self, local, there, **options)

    monkeypatch.setattr(type(store), "put_file", break_off)
    with pytest.raises(OSError, match="the line is cut") as error:
        send(folder, url)
    assert str(error.value) == (
        f"{url} must take the dataset, got: the line is cut; {folder} holds it: run "
        "the same command again to send it"
    )
    monkeypatch.undo()
    assert not holds(url)
    message = (
        f"{url} must be a complete dataset, got no {NAME}: it is something else, or "
        "its sending was interrupted; generate it again to finish it"
    )
    with pytest.raises(FileNotFoundError, match=re.escape(message)):
        open_dataset(url)
    assert verify_remote(url) == [message]
    send(folder, url)
    assert verify_remote(url) == []


def test_files_of_an_older_dataset_go(folder, sent):
    url, store, root = sent
    store.pipe_file(f"{root}/old.parquet", b"old")
    assert verify_remote(url) == ["old.parquet is not in the manifest"]
    send(folder, url)
    assert verify_remote(url) == []


SHARD = "arrays.zarr/image/c/0/0/0"


def test_damage_is_named(sent):
    url, store, root = sent
    was = store.cat_file(f"{root}/index.parquet")
    store.pipe_file(f"{root}/index.parquet", was[:-1] + b"?")
    with pytest.raises(ValueError, match="damaged") as error:
        open_dataset(url)
    assert str(error.value) == (
        f"{url} is damaged: index.parquet has another checksum; generate the dataset "
        "again"
    )
    store.pipe_file(f"{root}/index.parquet", was)
    size = store.size(f"{root}/{SHARD}")
    store.rm_file(f"{root}/{SHARD}")
    with pytest.raises(ValueError, match="has no bytes") as error:
        open_dataset(url)
    assert str(error.value) == (
        f"{url} is damaged: {SHARD} has no bytes instead of {size}; generate the "
        "dataset again"
    )
    assert verify_remote(url) == [f"{SHARD} is missing"]
    store.pipe_file(f"{root}/{SHARD}", bytes(size))
    assert verify_remote(url) == [
        f"{SHARD} has another checksum than when it was written"
    ]


def test_a_store_that_is_none_is_named():
    with pytest.raises(ValueError, match="Protocol not known: nowhere"):
        open_dataset("nowhere://bucket/data")


def test_a_vanished_shard_is_named_when_it_is_read(sent):
    url, store, root = sent
    dataset = open_dataset(url)
    store.rm_file(f"{root}/{SHARD}")
    with pytest.raises(FileNotFoundError, match="array 'image' must hold image"):
        dataset.read("image", dataset.ids())


def test_a_command_line_of_urls(folder, url, tmp_path, monkeypatch, capsys):
    from hrcam.cli import main

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    recipe = tmp_path / "tiny.toml"
    shutil.copy(folder / "recipe.toml", recipe)
    words = ["generate", str(recipe), "--out", url, "--workers", "1", "--quiet"]
    for command, code in ((words, 0), (["verify", url], 0), (words, 1)):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == code
    told = capsys.readouterr()
    assert told.out.endswith(f"{url} agrees with its manifest.\n")
    assert told.err == (
        f"hrcam: {url} must not exist yet; choose another --out or pass --overwrite\n"
    )
    assert list((tmp_path / "cache" / "hrcam").iterdir()) == []
