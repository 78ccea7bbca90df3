import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.toml_text import toml_text

scalars = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)
keys = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
values = scalars | st.lists(scalars, max_size=3)
tables = st.recursive(
    st.dictionaries(keys, values, max_size=3),
    lambda inner: st.dictionaries(
        keys, values | inner | st.lists(inner, min_size=1, max_size=3), max_size=3
    ),
    max_leaves=8,
)


@given(tables)
def test_reading_gives_back_what_was_written(table):
    assert tomllib.loads(toml_text(table)) == table


def test_values_of_other_types_are_refused():
    with pytest.raises(TypeError, match="array") as error:
        toml_text({"a": None})
    assert str(error.value) == (
        "value must be a string, number, boolean or array, got None"
    )
