"""As many workers as memory is enough for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.pipeline.memory import PROCESS, UNITS, afford, block_bytes, parse_memory
from simbench.blocks import draw_block
from simbench.recipe import load, parse


@pytest.mark.parametrize(
    ("text", "size"),
    [("", 0), ("4GB", 4 * 10**9), ("1.5 GiB", 3 * 2**29), ("800MB", 8 * 10**8)],
)
def test_sizes(text, size):
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["4", "GB", "4gb", "-1GB", "0GB", "4GB2", "1e3GB"])
def test_what_is_no_size_is_refused(text):
    message = f"memory must be a size as in 4GB ({', '.join(UNITS)}), got {text!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_memory(text)


@given(st.integers(1, 64), st.integers(400, 10**6), st.integers(0, 10**9))
def test_workers_fit_and_one_more_would_not(workers, megabytes, shard):
    each = PROCESS + shard
    if megabytes * 10**6 < each:
        with pytest.raises(ValueError, match="memory must be at least"):
            afford(workers, f"{megabytes}MB", shard)
        return
    found = afford(workers, f"{megabytes}MB", shard)
    assert 1 <= found <= workers
    assert found * each <= megabytes * 10**6
    assert found == workers or (found + 1) * each > megabytes * 10**6


def test_no_limit_and_too_little():
    assert afford(7, "") == 7
    with pytest.raises(ValueError, match="one worker") as error:
        afford(1, "100MB", 5 * 10**7)
    assert str(error.value) == (
        "memory must be at least 450MB for one worker and its shard, got 100MB"
    )


def test_a_block_is_as_large_as_its_arrays(tiny_toml):
    recipe = parse(tiny_toml)
    arrays = draw_block(recipe, 0).arrays.values()
    sizes = [array.nbytes * 256 // len(array) for array in arrays]
    assert block_bytes(recipe) == sum(sizes) + 2 * max(sizes)
    larger = load("quickstart")
    assert block_bytes(larger) > block_bytes(recipe)
