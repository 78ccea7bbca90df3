"""Leave out docstrings that cannot be run: of scripts, or without their library."""

from importlib.util import find_spec

NEEDED = {"hrcam/engine": "keras", "hrcam/engine/torch_modules": "torch"}

collect_ignore = [path for path, name in NEEDED.items() if find_spec(name) is None]
collect_ignore.append("tests/goldens")
