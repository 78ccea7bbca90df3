"""The first stage: in memory, as a folder, continued where it was interrupted."""

import json

import numpy as np
import pandas as pd
import pytest

import hrcam
from hrcam.pipeline.generation import resolve
from simbench.recipe import parse


class StopError(Exception):
    pass


def interrupt(_count):
    raise StopError


def content(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file()
    }


def test_a_recipe_is_a_recipe_a_name_or_a_file(tiny_toml, tmp_path):
    recipe = parse(tiny_toml)
    (tmp_path / "mine.toml").write_text(tiny_toml)
    assert resolve(recipe) == resolve(tmp_path / "mine.toml") == recipe
    assert resolve("quickstart").name == "quickstart"


def test_a_seed_makes_another_dataset(tiny_toml):
    recipe = parse(tiny_toml)
    assert resolve(recipe, 7).seed == 7
    assert resolve(recipe, 7).identity != recipe.identity
    assert resolve(recipe, 0).seed == 0


def test_memory_and_folder_hold_the_same(tiny, tiny_folder):
    from simbench.opening import open_dataset

    disk = open_dataset(tiny_folder)
    assert disk.identity == tiny.identity
    ids = tiny.ids()
    for name in tiny.arrays:
        np.testing.assert_array_equal(disk.read(name, ids), tiny.read(name, ids))
    same = [c for c in tiny.index if c in disk.index]
    pd.testing.assert_frame_equal(disk.index[same], tiny.index[same], check_dtype=False)
    assert len(same) >= len({"image_id", "split", "label", "subject", "lesion"})


def test_an_interrupted_stage_continues_and_ends_with_the_same_bytes(
    tiny, tiny_folder, tmp_path
):
    out = tmp_path / "data"
    with pytest.raises(StopError):
        hrcam.generate(tiny.recipe, out, progress=interrupt)
    assert [p.name for p in tmp_path.iterdir()] == ["data.partial"]
    hrcam.generate(tiny.recipe, out)
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    assert content(out) == content(tiny_folder)


def test_what_another_recipe_left_is_thrown_away(tiny, tiny_folder, tmp_path):
    out = tmp_path / "data"
    with pytest.raises(StopError):
        hrcam.generate(tiny.recipe, out, seed=1, progress=interrupt)
    hrcam.generate(tiny.recipe, out)
    assert content(out) == content(tiny_folder)


def test_overwriting_keeps_the_old_dataset_until_the_new_one_is_whole(tiny, tmp_path):
    out = tmp_path / "data"
    hrcam.generate(tiny.recipe, out)
    before = content(out)
    with pytest.raises(StopError):
        hrcam.generate(tiny.recipe, out, seed=1, overwrite=True, progress=interrupt)
    assert content(out) == before
    found = hrcam.generate(tiny.recipe, out, seed=1, overwrite=True)
    assert found.recipe.seed == 1
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_the_verbs_are_offered_lazily():
    assert set(hrcam.__all__) <= set(dir(hrcam))
    assert hrcam.generate.__name__ == "generate"
    with pytest.raises(AttributeError, match=r"^module 'hrcam' has no attribute 'ru'$"):
        hrcam.ru  # noqa: B018  the access is the test


def test_the_dataset_knows_its_audit(tiny_folder):
    assert "budget" in json.loads((tiny_folder / "audit.json").read_text())
