"""Tables written block by block against tables that are made at once."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simbench import tables
from simbench.blocks import Tables
from simbench.difficulty.columns import NUMBERS
from simbench.tables import NAMES, framed, write_tables

VALUES = {
    "whole": st.integers(-(2**62), 2**62),
    "partly": st.one_of(st.none(), st.integers(-9, 9)),
    "number": st.one_of(st.none(), st.integers(-9, 9), st.floats(-1, 1)),
    "mixed": st.one_of(st.integers(-9, 9), st.floats(-1, 1)),
    "flag": st.booleans(),
    "doubtful": st.one_of(st.none(), st.booleans()),
    "word": st.sampled_from(["a", "b", "ünder"]),
    "remark": st.one_of(st.none(), st.text(max_size=3)),
}
"""Columns that every row has, and …"""
SOMETIMES = {
    "angle": st.floats(0, 1),
    "count": st.integers(0, 5),
    "shape": st.sampled_from(["round", "flat"]),
}
"""… columns that only some have."""


@st.composite
def tabled(draw):
    """Draw rows of few or many columns; of many, most rows have something new."""
    names = draw(st.sets(st.sampled_from(sorted(VALUES)), min_size=1))
    always = {name: VALUES[name] for name in names}
    row = st.fixed_dictionaries(always, optional=draw(st.sampled_from([{}, SOMETIMES])))
    return draw(st.lists(row, min_size=1, max_size=12))


def lesions(rows):
    grades = dict.fromkeys(NUMBERS)
    return [{"image_id": "000001", "lesion_id": 1, **grades, **row} for row in rows]


def blocks_of(rows, size):
    """Cut rows of the index, which are lesions too, into blocks; no confounders."""
    starts = range(0, len(rows), size)
    parts = [rows[start : start + size] for start in starts]
    return lambda: iter([Tables(part, lesions(part), []) for part in parts])


def written(rows, size):
    """Write tables and return what they are, as bytes and read."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        empty = write_tables(folder, blocks_of(rows, size))
        paths = {name: folder / f"{name}.parquet" for name in NAMES}
        assert sorted(folder.iterdir()) == sorted(paths.values())
        return {
            name: (path.read_bytes(), pd.read_parquet(path), empty[name])
            for name, path in paths.items()
        }


@settings(max_examples=40)
@given(rows=tabled(), size=st.integers(1, 12))
@example(rows=[{"mixed": 1}, {"mixed": 0.5}], size=1)
@example(rows=[{"partly": 1}, {"partly": None}], size=1)
@example(rows=[{"whole": 1}, {"whole": 2, "angle": 0.5}], size=1)
def test_few_blocks_become_the_bytes_that_pandas_writes(rows, size):
    every = {"index": rows, "lesions": lesions(rows), "confounders": []}
    for name, (content, _, empty) in written(rows, size).items():
        table = framed(name, every[name])
        with tempfile.TemporaryDirectory() as place:
            table.to_parquet(Path(place) / "whole.parquet", index=False)
            assert content == (Path(place) / "whole.parquet").read_bytes()
        assert empty.empty
        assert (empty.dtypes == table.dtypes).all()
        assert list(empty) == list(table)


@settings(max_examples=40)
@given(rows=tabled(), size=st.integers(1, 4), group=st.integers(1, 3))
def test_many_blocks_hold_the_same_rows(rows, size, group):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "GROUP", group)
        found = written(rows, size)
    once = written(rows, len(rows))
    for name in NAMES:
        pd.testing.assert_frame_equal(found[name][1], once[name][1])


def test_a_table_that_fails_leaves_the_old_file(tmp_path):
    write_tables(tmp_path, blocks_of([{"a": 1}], 1))
    before = (tmp_path / "index.parquet").read_bytes()

    def blocks(reads=iter([2, 1])):  # noqa: B008  one for both readings
        count = next(reads)
        yield from [Tables([{"a": 2}], [], [])] * count
        if count == 1:
            message = "the disk is full"
            raise OSError(message)

    with pytest.raises(OSError, match="the disk is full"):
        write_tables(tmp_path, blocks)
    assert (tmp_path / "index.parquet").read_bytes() == before


MEASURE = """
import sys, tracemalloc
import pyarrow as pa
from simbench import tables
from simbench.blocks import Tables

tables.GROUP = 8

def blocks():
    for start in range(0, 256 * int(sys.argv[2]), 256):
        rows = [
            {"image_id": f"{i:06d}", "digest": f"{i * i:064x}", "factor": i / 7}
            for i in range(start, start + 256)
        ]
        yield Tables(rows, [], [])

tracemalloc.start()
from pathlib import Path
tables.write_tables(Path(sys.argv[1]), blocks)
print(tracemalloc.get_traced_memory()[1] + pa.default_memory_pool().max_memory())
"""


def test_memory_does_not_grow_with_images(tmp_path):
    def held(count):
        command = [sys.executable, "-c", MEASURE, str(tmp_path), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert held(24) < 1.1 * held(8)
