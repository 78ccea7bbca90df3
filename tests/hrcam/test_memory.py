"""What a limit on memory is enough for."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.entries import plan
from hrcam.pipeline.memory import (
    PROCESS,
    UNITS,
    afford,
    batch_bytes,
    block_bytes,
    leave,
    map_bytes,
    parse_memory,
    sparing,
)
from hrcam.pipeline.running import run
from simbench.blocks import draw_block
from simbench.generation import generate
from simbench.recipe import load, parse
from simbench.rows import View

KNOWN = frozenset({"heads", "head:base"})


@dataclass(frozen=True)
class Tap:
    """A tapped layer, as a probe has it."""

    name: str
    size: tuple[int, int]
    channels: int


@dataclass(frozen=True)
class Network:
    """What a probe says of its layers."""

    taps: list[Tap]


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


def test_what_is_left_beside_the_least():
    assert leave("", 10**9, "to train") is None
    assert leave("2GB", 1_500_000_001, "to train") == 499_999_999
    with pytest.raises(ValueError, match="to train") as error:
        leave("1500MB", 1_500_000_001, "to train")
    assert str(error.value) == "memory must be at least 1501MB to train, got 1500MB"


@pytest.fixture(scope="module")
def drawn(tiny_toml):
    return generate(parse(tiny_toml))


def test_images_that_take_more_than_is_left_are_read_when_they_are_indexed(drawn):
    ids = drawn.ids("train")
    whole = drawn.images(ids)
    assert isinstance(whole, np.ndarray)
    assert sparing(drawn, "", 1, "to train") is drawn
    for room, kind in ((whole.nbytes, np.ndarray), (whole.nbytes - 1, View)):
        found = sparing(drawn, "1GB", 10**9 - 2 * room, "to train").images(ids)
        assert isinstance(found, kind)
        assert found.shape == whole.shape
        for some in (slice(2, 5), np.array([7, 0, 7])):
            assert (found[some] == whole[some]).all()


def test_batches_take_float32_and_one_is_ahead(drawn):
    height, width = drawn.arrays["image"].shape[1:]
    images = np.zeros((5, height, width), np.float32)
    assert batch_bytes(drawn, 5) == 2 * images.nbytes


@given(
    sizes=st.lists(
        st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=2, max_size=4
    ),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_maps_are_no_larger_than_what_is_counted(sizes, size):
    taps = [Tap(f"tap{i}", each, 3) for i, each in enumerate(sizes)]
    entries = plan(["cam", "hr_cam", "sobel"], [t.name for t in taps], known=KNOWN)
    maps, looked = map_bytes({"": Network(taps)}, entries, size)
    every = [np.zeros(each, np.float32).nbytes for each in sizes]
    image = np.zeros(size, np.float32).nbytes
    assert maps == max(every[-1], image) + max(sum(every), image) + image
    assert looked == 2 * 3 * sum(every)


def test_a_run_that_could_not_train_does_not_begin(tmp_path):
    with pytest.raises(ValueError, match="memory") as error:
        run("quickstart", tmp_path / "run", memory="500MB")
    assert str(error.value) == "memory must be at least 1100MB to train, got 500MB"
    assert not list(tmp_path.iterdir())
