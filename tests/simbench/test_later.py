"""Tables of records that are read when somebody looks."""

from dataclasses import dataclass, replace

import pandas as pd
import pytest

from simbench.later import later


@later("table")
@dataclass(frozen=True)
class Record:
    name: str
    table: pd.DataFrame


def test_a_table_is_read_once_when_it_is_first_asked_for():
    calls = []

    def read():
        calls.append(1)
        return pd.DataFrame({"a": [1, 2]})

    record = Record("later", read)
    assert (record.name, calls) == ("later", [])
    assert len(record.table) == 2
    assert record.table is record.table
    assert calls == [1]
    assert replace(record, name="other").table is record.table


def test_a_table_may_be_given():
    table = pd.DataFrame({"a": [1]})
    assert Record("now", table).table is table


def test_a_table_that_cannot_be_read_is_read_again():
    answers = iter([OSError("gone"), pd.DataFrame()])

    def read():
        found = next(answers)
        if isinstance(found, OSError):
            raise found
        return found

    record = Record("mended", read)
    with pytest.raises(OSError, match="gone"):
        record.table  # noqa: B018  the access is what is tested
    assert record.table.empty
