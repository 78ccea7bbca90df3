"""What every reader must do, on a tree of its own layout."""

import os
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from simbench.dataset import Dataset
from simbench.opening import open_dataset
from simbench.readers import READERS, folder
from simbench.readers.choices import Choices, parse_options
from simbench.readers.folder import read_dataset
from simbench.readers.listing import COLUMNS, Picture
from simbench.readers.reader import LayoutError
from simbench.readers.reading import identity, list_images
from simbench.readers.root import PictureError, Root
from simbench.readers.splits import Division
from simbench.verification import verify


def read(tree, out=None, **how):
    return read_dataset(tree.name, tree.root, Choices(tree.options, **how), out)


def options(tree):
    return parse_options(READERS[tree.name], tree.options)


def test_every_reader_has_a_name_a_line_and_a_layout(tree, reader):
    assert reader.name == tree.name
    assert len(reader.about.splitlines()) == 1
    assert reader.layout.startswith("ROOT/")
    for name, one in reader.options.model_fields.items():
        assert one.description, name
        assert not one.is_required(), name


def test_listing_decodes_nothing(tree, reader, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    found = list_images(reader, Root(tree.root), options(tree))
    assert all(isinstance(picture, Picture) for picture in found.pictures)
    assert all(set(COLUMNS) <= set(row) for row in found.rows)


def test_what_is_read_is_a_dataset_of_one_size(tree):
    dataset = read(tree, size=(16, 12))
    assert isinstance(dataset, Dataset)
    ids = dataset.ids()
    images = dataset.read("image", ids)
    channels = () if images.ndim == 3 else (3,)
    assert images.shape == (len(ids), 16, 12, *channels)
    assert images.dtype == np.uint8
    assert images.reshape(len(ids), -1).std(axis=1).min() > 0
    assert dataset.arrays["image"].shape == images.shape
    assert ids == sorted(ids)
    assert dataset.reader == tree.name
    known = dataset.known(ids)
    if known:
        masks = dataset.read("mask", known)
        assert masks.shape == (len(known), 16, 12)
        assert masks.dtype == bool


def test_the_folder_opens_as_the_same_dataset(tree, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    dataset = read(tree, out, size=(16, 12))
    again = open_dataset(out)
    assert again.identity == dataset.identity
    assert again.index.equals(dataset.index)
    assert again.classes == dataset.classes
    assert again.strata == dataset.strata
    ids = dataset.ids()
    np.testing.assert_array_equal(again.read("image", ids), dataset.read("image", ids))
    kept = {path.suffix for path in out.rglob("*")}
    assert kept == {".toml", ".parquet", ".sha256"}  # and no picture


def test_reading_twice_gives_one_identity_that_options_change(tree, tmp_path):
    first, second = read(tree, size=(16, 12)), read(tree, size=(16, 12))
    assert first.identity == second.identity
    assert re.fullmatch("[0-9a-f]{64}", first.identity)
    assert read(tree, size=(12, 16)).identity != first.identity
    moved = tree.root.rename(tmp_path / "elsewhere")
    assert read(replace(tree, root=moved), size=(16, 12)).identity == first.identity


def test_the_identity_does_not_depend_on_the_order_of_the_listing(tree, monkeypatch):
    before = read(tree)
    entry = READERS[tree.name]

    def turned(root, chosen):
        found = entry.find(root, chosen)
        masks = found.masks[::-1]
        rows, pictures = found.rows[::-1], found.pictures[::-1]
        return replace(found, rows=rows, pictures=pictures, masks=masks)

    monkeypatch.setitem(READERS, tree.name, replace(entry, find=turned))
    after = read(tree)
    assert after.identity == before.identity
    assert after.index.equals(before.index)
    ids = before.ids()
    np.testing.assert_array_equal(after.read("image", ids), before.read("image", ids))


def test_identities_are_those_of_the_rows_in_whatever_order(tree):
    index = read(tree).index
    name = identity({"reader": tree.name}, index)
    assert identity({"reader": tree.name}, index[::-1]) == name
    assert identity({"reader": "other"}, index) != name
    for column in ("image_id", "split", "label", "checksum"):
        changed = index.copy()
        changed[column] = changed[column].to_numpy()[::-1]
        same = changed[column].tolist() == index[column].tolist()
        assert (identity({"reader": tree.name}, changed) == name) == same, column


def test_splits_share_no_subject(tree):
    division = Division(seed=3)
    index = read(tree, division=division).index
    assert (index.groupby("subject")["split"].nunique() == 1).all()
    assert ("train" in set(index["split"])) == (tree.name != "chexlocalize")


def test_a_picture_is_decoded_once_to_check_it_and_then_only_when_asked(
    tree, monkeypatch, counting
):
    counts, counted = counting
    entry = READERS[tree.name]

    def find(root, chosen):
        found = entry.find(root, chosen)
        pictures, masks = (
            list(map(counted, some)) for some in (found.pictures, found.masks)
        )
        return replace(found, pictures=pictures, masks=masks)

    monkeypatch.setitem(READERS, tree.name, replace(entry, find=find))
    dataset = read(tree)
    assert set(counts.values()) == {1}
    counts.clear()
    some = dataset.ids()[1:3]
    dataset.read("image", some)
    assert sum(counts.values()) == 2
    view = dataset.images(dataset.ids())
    assert view.shape == dataset.arrays["image"].shape
    assert sum(counts.values()) == 2
    np.testing.assert_array_equal(view[1:3], dataset.read("image", some))
    np.testing.assert_array_equal(
        view[np.array([2, 1])], dataset.read("image", some[::-1])
    )


def test_a_file_is_read_once_for_its_checksum_and_its_pixels(tree, monkeypatch):
    counts = Counter()
    whole = Root.read

    def counted(self, name):
        counts[name] += 1
        return whole(self, name)

    monkeypatch.setattr(Root, "read", counted)
    read(tree)
    assert set(counts.values()) <= {1}


def test_another_folder_is_refused_with_the_layout(tree, reader, tmp_path):
    wrong = tmp_path / "wrong"
    (wrong / "deep" / "deeper" / "deepest").mkdir(parents=True)
    with pytest.raises(LayoutError) as caught:
        read_dataset(tree.name, wrong, Choices())
    head, _, layout = str(caught.value).partition("\n")
    rule = f"{wrong} must be laid out as reader {tree.name!r} expects it, got "
    assert head.startswith(rule)
    assert head.endswith("; the layout is:")
    assert layout == reader.layout.rstrip() == caught.value.layout


def test_no_folder_is_a_message_of_its_own(tree, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        read_dataset(tree.name, tmp_path / "none", Choices())
    assert str(caught.value) == f"root must be a folder, got no {tmp_path / 'none'}"


def pictures_of(tree):
    found = sorted(p for p in tree.root.rglob("*") if p.suffix.lower() in SUFFIXES)
    return [p for p in found if not p.name.startswith(".") and "ask" not in str(p)]


SUFFIXES = (".jpg", ".jpeg", ".png", ".tif")


def test_damaged_pictures_are_told_together_or_skipped(tree, tmp_path):
    files = [p for p in pictures_of(tree) if "Ground" not in str(p)]
    if not files:
        pytest.skip("the images are in one file")
    broken = [files[0], files[-1]]
    for path in broken:
        path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"^pictures must be whole, got ") as caught:
        read(tree)
    told = str(caught.value)
    assert all(str(path) in told for path in broken)
    assert told.endswith("; mend them, or skip them")
    out = tmp_path / "out"
    out.mkdir()
    dataset = read(tree, out, on_corrupt="skip")
    lines = (out / "skipped.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[0] == "image_id,reason"
    assert "skipped = 2" in (out / "reading.toml").read_text()
    assert len(open_dataset(out).index) == len(dataset.index) == len(files) - 2
    assert open_dataset(out).read("image", dataset.ids()).any()


def test_a_flipped_byte_is_found_by_verify_and_when_it_is_read(tree, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    dataset = read(tree, out)
    assert verify(out) == []
    name = str(dataset.index["file"].iloc[0])
    path = tree.root / name
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(bytes(content))
    assert verify(out) == [f"{path} has another checksum than when it was read"]
    with pytest.raises(ValueError, match="must be as it was when the dataset was read"):
        open_dataset(out).read("image", dataset.ids()[:1])
    path.write_bytes(bytes(content[:-1]))
    assert verify(out) == [
        f"{path} has {len(content) - 1} bytes instead of {len(content)}"
    ]
    path.unlink()
    assert verify(out) == [f"{path} is missing"]


def test_a_link_out_of_the_root_is_refused(tree, tmp_path):
    name = str(read(tree).index["file"].iloc[0])
    path = tree.root / name
    outside = path.rename(tmp_path / f"outside{path.suffix}")
    path.symlink_to(outside)
    with pytest.raises(ValueError, match="must lie under") as caught:
        read(tree)
    assert str(caught.value) == (
        f"{path} must lie under {tree.root}, got a link to {outside}; copy the file, "
        "or read the folder that holds it"
    )


def test_a_link_inside_the_root_is_followed(tree):
    before = read(tree)
    path = tree.root / str(before.index["file"].iloc[0])
    other = path.rename(tree.root / ".kept")
    path.symlink_to(os.path.relpath(other, path.parent))
    assert read(tree).identity == before.identity


def test_a_bomb_is_refused_with_its_size_even_where_damage_is_skipped(tree):
    most = 9
    with pytest.raises(ValueError, match="decompression bomb") as caught:
        read(tree, max_pixels=most, on_corrupt="skip")
    assert not isinstance(caught.value, PictureError)
    pattern = (
        r".+ must have at most max_pixels = 9 pixels, got (\d+) x (\d+) = (\d+); if "
        r"that is no decompression bomb, read with a larger max_pixels"
    )
    height, width, count = map(int, re.fullmatch(pattern, str(caught.value)).groups())
    assert height * width == count > most


def test_memory_is_flat_because_nothing_is_kept(tree):
    dataset = read(tree)
    before = {name: vars(array) for name, array in dataset.arrays.items()}
    dataset.read("image", dataset.ids())
    assert {name: vars(array) for name, array in dataset.arrays.items()} == before
    held = [v for part in before.values() for v in part.values()]
    assert not any(isinstance(value, np.ndarray) for value in held)


def test_a_vanished_image_is_said_when_the_folder_is_listed_anew(tree, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    dataset = read(tree, out)
    for path in sorted(tree.root.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    opened = open_dataset(out)  # tables alone
    assert opened.ids() == dataset.ids()
    with pytest.raises((ValueError, FileNotFoundError)):
        opened.read("image", dataset.ids()[:1])


def test_the_table_has_a_word_for_each_file():
    assert list(READERS)[:2] == ["isic", "mura"]
    assert folder.find_reader("isic") is READERS["isic"]
    with pytest.raises(ValueError, match="reader must be one of isic, ") as caught:
        folder.find_reader("isics")
    assert str(caught.value).endswith("got 'isics'; did you mean 'isic'?")


def test_every_reader_is_tested_on_a_tree(trees):
    assert set(trees) == set(READERS)
