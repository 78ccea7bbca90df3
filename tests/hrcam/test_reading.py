"""Real images from a local copy: the verb, the command, and what is scored of them."""

import contextlib
import io
import json
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hrcam
from hrcam.cli import main
from hrcam.pipeline.known_masks import known_ids, without_unknown
from hrcam.pipeline.training import settled
from hrcam.pipeline.truths import DatasetMasks
from metrics import ScoreOptions
from simbench.audit import audit
from simbench.opening import open_dataset

SIZE = (40, 48)
OPTIONS = {"images": "images", "masks": "masks", "healthy": ["normal"]}
WORDS = [f"--option={k}={v}" for k, v in OPTIONS.items()]
SCORED = ScoreOptions(resamples=100)


def plant(root, images=14):
    """Make gray pictures of two classes; of the sick, every second has a mask."""
    rng = np.random.default_rng(0)
    rows, columns = np.ogrid[:30, :36]
    for label, name in enumerate(("normal", "sick")):
        for k in range(images):
            pixels, mask = rng.normal(100, 15, (30, 36)), np.zeros((30, 36), bool)
            if label:
                place = rng.integers(6, 24), rng.integers(6, 30)
                mask = (rows - place[0]) ** 2 + (columns - place[1]) ** 2 < 20
                pixels[mask] += 90
            both = {"images": pixels.clip(0, 255).astype(np.uint8)}
            both |= {"masks": mask} if label and k % 2 == 0 else {}
            for tree, picture in both.items():
                path = root / tree / name / f"{k:02d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture).save(path)
    return root


def call(*words):
    """Run a command in this process; return its exit status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main([str(word) for word in words])
    return SimpleNamespace(
        code=end.value.code or 0, out=out.getvalue(), err=err.getvalue()
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return plant(tmp_path_factory.mktemp("copy") / "tree")


@pytest.fixture(scope="module")
def read(root, tmp_path_factory):
    """What the command reads, with half of the images to test on."""
    out = tmp_path_factory.mktemp("read") / "data"
    size = ("--size", *map(str, SIZE))
    step = call("read", "folders", root, "--out", out, *size, "--test", "14", *WORDS)
    return SimpleNamespace(out=out, step=step, dataset=open_dataset(out))


def test_the_command_tells_what_it_read(read):
    known = int(read.dataset.index["mask_known"].sum())
    assert read.step.code == 0, read.step.err
    assert read.step.out == (
        f"28 images at {read.out} (10 train, 4 validation, 14 test), {known} with "
        f"known masks, identity {read.dataset.identity[:16]}.\n"
    )
    assert read.step.err.startswith("read: ")
    assert known == 21


def test_the_verb_gives_the_same_dataset_in_memory(read, root):
    dataset = hrcam.read("folders", root, size=SIZE, test=14, **OPTIONS)
    assert dataset.identity == read.dataset.identity
    assert repr(dataset) == (
        "Dataset(folders: 28 images of 40 x 48, 10 train, 4 validation, 14 test; "
        "normal, sick)"
    )


def test_verify_finds_a_flipped_byte_of_the_copy(tmp_path):
    root = plant(tmp_path / "tree", images=4)
    out = tmp_path / "data"
    assert call("read", "folders", root, "--out", out, *WORDS).code == 0
    done = call("verify", out)
    assert done.out == f"{out} agrees with its manifest.\n"
    path = root / "images" / "sick" / "01.png"
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(bytes(content))
    done = call("verify", out)
    assert done.code == 1
    assert done.out == f"{path} has another checksum than when it was read\n"
    assert done.err == (
        f"hrcam: {out} must agree with its manifest, got 1 problem(s)\n"
    )


def test_a_wrong_layout_is_shown_as_a_tree(root, tmp_path):
    from simbench.readers import READERS

    done = call("read", "mura", root, "--out", tmp_path / "data")
    assert done.code == 1
    first, _, tree = done.err.partition("\n")
    assert first == (
        f"hrcam: {root} must be laid out as reader 'mura' expects it, got no file "
        "train_labeled_studies.csv; the layout is:"
    )
    assert tree == READERS["mura"].layout
    assert not (tmp_path / "data").exists()


def test_the_list_names_every_reader():
    from simbench.readers import READERS

    rows = json.loads(call("list", "datasets", "--json").out)
    assert [row["name"] for row in rows] == list(READERS)


def maps_of(dataset, ids, folder):
    """Write maps that find every bright spot, as anybody's files."""
    for name in ids:
        path = folder / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, dataset.read("image", [name])[0].astype(np.float32))
    return folder


def test_only_images_with_known_masks_are_scored(read, tmp_path):
    dataset = read.dataset
    ids = dataset.ids("test")
    known = dataset.known(ids)
    assert 0 < len(known) < len(ids)
    scores = hrcam.score({"mine": maps_of(dataset, ids, tmp_path)}, read.out, None)
    assert list(scores.ids) == known
    assert scores.results["inputs"][0]["extra"] == len(ids) - len(known)
    sick = [name.startswith("sick") for name in known]
    status = scores.counts["mine"].status
    assert [word == "ok" for word in status] == sick  # empty masks of the healthy
    assert np.nanmean(scores.values_of("mine", "auroc")) > 0.9


def test_a_map_that_no_image_has_is_still_refused(read, tmp_path):
    dataset = read.dataset
    folder = maps_of(dataset, dataset.ids("test"), tmp_path)
    np.save(folder / "stray.npy", np.zeros(SIZE, np.float32))
    with pytest.raises(ValueError, match="must have a mask"):
        hrcam.score({"mine": folder}, dataset, options=SCORED)


def test_strata_of_the_reader_are_carried_along(tmp_path):
    root = plant(tmp_path / "tree")
    paths = sorted((root / "images").rglob("*.png"))
    table = pd.DataFrame(
        {
            "path": [str(path.relative_to(root)) for path in paths],
            "label": [path.parent.name for path in paths],
            "site": ["ab"[k % 2] for k in range(len(paths))],
            "split": ["test" if k % 2 else "" for k in range(len(paths))],
        }
    )
    table["mask"] = ""
    for row, path in enumerate(paths):
        mask = root / "masks" / path.parent.name / path.name
        table.loc[row, "mask"] = str(mask.relative_to(root)) if mask.exists() else ""
    table.to_csv(root / "labels.csv", index=False)
    dataset = hrcam.read("table", root, size=SIZE, strata=["site"], healthy=["normal"])
    folder = maps_of(dataset, dataset.ids("test"), tmp_path / "maps")
    scores = hrcam.score({"mine": folder}, dataset, options=SCORED)
    assert set(scores.table["site"]) == {"b"}


def test_a_dataset_without_any_mask_says_what_to_do(root):
    dataset = hrcam.read("folders", root, size=SIZE, images="images")
    with pytest.raises(ValueError, match="masks must be known") as caught:
        hrcam.score({"mine": np.zeros((4, *SIZE))}, dataset)
    assert str(caught.value) == (
        "masks must be known for some test images, got none in dataset 'folders' of "
        "4; give a folder of masks instead, named by image_id"
    )


def test_options_stay_where_all_masks_are_known(read):
    dataset, ids = read.dataset, read.dataset.ids("test")
    masks = DatasetMasks(dataset, tuple(known_ids(dataset, "test")))
    sources = {"all": SimpleNamespace(ids=ids), "known": SimpleNamespace(ids=masks.ids)}
    given = (masks, dataset, "test")
    assert without_unknown(SCORED, sources, *given).extra == "ignore"
    assert without_unknown(SCORED, {"known": sources["known"]}, *given) == SCORED
    assert without_unknown(SCORED, sources, masks, None, "test") == SCORED


@dataclass(frozen=True)
class How:
    """Stands for the engine's augmentation, of which only this is asked here."""

    flip: bool | None = None


@dataclass(frozen=True)
class Settings:
    augmentation: How = How()


@pytest.mark.parametrize("chiral", [True, False])
@pytest.mark.usefixtures("unchecked")
def test_images_are_mirrored_unless_they_tell_left_from_right(read, chiral):
    found = settled(Settings(), replace(read.dataset, chiral=chiral))
    assert found.augmentation.flip is not chiral


def test_the_audit_leaves_out_what_needs_all_masks(read):
    rows = {row["name"]: row for row in audit(read.dataset)["checks"]}
    assert rows["blanked"]["note"] == "not the masks of all images"
