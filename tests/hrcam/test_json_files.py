"""The JSON of our folders is a table, or refused in a line that names the file."""

import re

import pytest

from hrcam.pipeline.json_files import read_json


def test_a_table_comes_back(tmp_path):
    (tmp_path / "a.json").write_text('{"a": [1, "\u00e4"]}', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"a": [1, "ä"]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "must be JSON, got: Expecting property name"),
        (b"[" * 10**5, "must be JSON, got: maximum recursion depth"),
        (b"\xff", "must be JSON, got: 'utf-8' codec"),
        (b"[1]", "must hold a JSON object, got list"),
    ],
)
def test_anything_else_is_refused_with_the_remedy(content, told, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{path} {told}')}") as caught:
        read_json(path, "run again")
    assert str(caught.value).endswith("; run again")
    assert "\n" not in str(caught.value)
