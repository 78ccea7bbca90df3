import hashlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest

from simbench.blocks import draw_block, starts
from simbench.generation import generate
from simbench.writer import write


@pytest.fixture(scope="module")
def recipe(tiny_with):
    """Two shards, the last not full."""
    splits = {"train": 200, "validation": 40, "test": 60}
    return tiny_with({"splits": splits, "size": [16, 20]})


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def pool(workers):
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def test_two_workers_make_the_same_bytes(recipe, tmp_path):
    write(recipe, tmp_path / "one")
    with pool(2) as executor:
        write(recipe, tmp_path / "two", executor)
        two = generate(recipe, executor)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    one = generate(recipe)
    pd.testing.assert_frame_equal(one.index, two.index)
    for name in one.arrays:
        assert (one.arrays[name] == two.arrays[name]).all()


def test_five_workers_draw_what_one_draws(tiny_with):
    splits = {"train": 1200, "validation": 40, "test": 50}
    recipe = tiny_with({"splits": splits, "size": [16, 16]})
    work, items = partial(draw_block, recipe), list(starts(recipe))
    assert len(items) == 6
    with ThreadPoolExecutor(5) as executor:
        found = dict(zip(items, executor.map(work, items), strict=True))
    for start in reversed(items):
        block = draw_block(recipe, start)
        assert block.tables == found[start].tables
        for name, array in block.arrays.items():
            assert array.tobytes() == found[start].arrays[name].tobytes()


def test_blocks_cover_the_dataset(recipe):
    assert list(starts(recipe)) == [0, 256]
    block = draw_block(recipe, 256)
    assert [row["image_id"] for row in block.tables.index] == [
        f"{i:06d}" for i in range(256, 300)
    ]
    assert block.arrays["effect"].shape == (44, 16, 20)
