import hashlib
import math
import os
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from simbench.blocks import draw_block, mapped, starts
from simbench.dataset import generate
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


def test_two_workers_make_the_same_bytes(recipe, tmp_path):
    write(recipe, tmp_path / "one")
    write(recipe, tmp_path / "two", workers=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    one, two = generate(recipe), generate(recipe, workers=2)
    pd.testing.assert_frame_equal(one.index, two.index)
    for name in one.arrays:
        assert (one.arrays[name] == two.arrays[name]).all()


def test_five_workers_draw_what_one_draws(tiny_with):
    splits = {"train": 1200, "validation": 40, "test": 50}
    recipe = tiny_with({"splits": splits, "size": [16, 16]})
    work, items = partial(draw_block, recipe), list(starts(recipe))
    assert len(items) == 6
    found = dict(mapped(work, items, workers=5))
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


def test_a_worker_s_error_comes_through():
    with pytest.raises(ValueError, match="negative"):
        list(mapped(math.factorial, [3, -1, 4], 2))


def test_a_worker_that_vanishes_is_explained():
    with pytest.raises(RuntimeError, match="worker") as error:
        list(mapped(os._exit, [1, 2], 2))
    assert str(error.value) == (
        "a worker process ended by itself; in a script, put the call under "
        "if __name__ == '__main__', or use workers=1"
    )
