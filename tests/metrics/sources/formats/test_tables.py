"""Parquet files are read as pandas reads them, if they are no larger than they look."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.sources.formats.image import ImageError
from metrics.sources.formats.tables import read_table

COLUMNS = {
    "word": st.none() | st.text(max_size=5),
    "number": st.floats(width=64),
    "count": st.integers(-(2**40), 2**40),
    "so": st.booleans(),
}
ROWS = st.lists(st.fixed_dictionaries(COLUMNS), max_size=8)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_a_table_is_read_as_pandas_reads_it(tmp_path, rows):
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["kind"] = frame["word"].astype("category")
    frame.to_parquet(path, index=False)
    pd.testing.assert_frame_equal(read_table(path), pd.read_parquet(path))
    some = ["number", "word"]
    expected = pd.read_parquet(path, columns=some)
    pd.testing.assert_frame_equal(read_table(path, some)[some], expected)


def write(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    ("limit", "columns", "said"),
    [
        ("IMAGES", {"a": [1, 2, 3]}, "must hold at most 2 images, got 3; "),
        ("BYTES", {"a": np.ones(3), "b": np.ones(3)}, "at most 2 bytes, got 48; "),
        ("BYTES", {"a": pa.array([b"x" * 9] * 3, pa.binary(9))}, "bytes, got 27; "),
        ("BYTES", {"a": pa.array([None] * 3, pa.string())}, "2 bytes, got 24; "),
    ],
)
def test_what_is_too_large_is_refused_by_its_limit(
    tmp_path, monkeypatch, limit, columns, said
):
    path = write(tmp_path / "t.parquet", **columns)
    read_table(path)
    monkeypatch.setenv(f"HRCAM_MAX_{limit}", "2")
    with pytest.raises(ImageError) as error:
        read_table(path)
    assert str(error.value).startswith(f"{path} must ")
    assert str(error.value).endswith(f"{said}set HRCAM_MAX_{limit} to allow more")


def test_words_count_as_often_as_they_stand_there(tmp_path, monkeypatch):
    path = write(tmp_path / "t.parquet", a=["x" * 1000] * 50, b=["y" * 10] * 50)
    assert path.stat().st_size < 10_000
    monkeypatch.setenv("HRCAM_MAX_BYTES", str(50 * 1010 - 1))
    with pytest.raises(ImageError, match="at most 50499 bytes, got 50500; set HRCAM"):
        read_table(path)
    monkeypatch.setenv("HRCAM_MAX_BYTES", str(50 * 1010))
    assert len(read_table(path)) == 50


def test_cells_that_are_lists_are_refused(tmp_path):
    path = write(tmp_path / "t.parquet", a=[[1, 2], [3]])
    with pytest.raises(ImageError) as error:
        read_table(path)
    assert str(error.value).startswith(f"{path} must have one value a cell, got list")
