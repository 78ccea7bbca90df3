"""Leave out docstrings that cannot be run: of scripts, or without their library."""

from importlib.util import find_spec

import pytest

NEEDED = {"hrcam/engine": "keras", "hrcam/engine/torch_modules": "torch"}

collect_ignore = [path for path, name in NEEDED.items() if find_spec(name) is None]
collect_ignore.append("tests/goldens")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in the engine's folders, tests and docstrings."""
    for item in items:
        if "/hrcam/engine/" in item.path.as_posix():
            item.add_marker("engine")
