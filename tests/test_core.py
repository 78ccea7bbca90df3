"""The core install: what no extra brings is not there, and yet all but models works."""

import json
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BLOCK = """
import sys
blocked = frozenset({blocked!r})
class Others:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in blocked:
            return self.finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self.finder, name)
sys.meta_path[:] = map(Others, sys.meta_path)
"""
EVERY_MODULE = """
import importlib, pkgutil
import hrcam, metrics, reports, simbench
for package in (hrcam, metrics, reports, simbench):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.startswith(("hrcam.engine", "hrcam.__main__")):
            importlib.import_module(found.name)
"""
COMMANDS = """
import json, sys
from hrcam.cli import main
for words in json.loads({words!r}):
    try:
        main(words)
    except SystemExit as end:
        print("ended with", end.code or 0, flush=True)
"""


def _needed(extras=()):
    """Name the distributions that a plain install brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"]]
    texts += [t for e in extras for t in project["optional-dependencies"][e]]
    found, waiting = set(), [(Requirement(text), "") for text in texts]
    while waiting:
        one, extra = waiting.pop()
        key = canonicalize_name(one.name), frozenset(one.extras)
        if key in found or (one.marker and not one.marker.evaluate({"extra": extra})):
            continue
        found.add(key)
        try:
            more = metadata.requires(one.name) or []
        except metadata.PackageNotFoundError:
            continue
        waiting += [(Requirement(m), e) for m in more for e in (one.extras or {""})]
    return {name for name, _ in found}


@pytest.fixture(scope="session")
def without_extras():
    """Run Python where only what the core needs can be imported."""
    needed = _needed()
    owners = metadata.packages_distributions()
    blocked = sorted(
        module
        for module, names in owners.items()
        if module.isidentifier()
        and not {canonicalize_name(n) for n in names} & {*needed, "hrcam-bench"}
    )
    assert {"pytest", "hypothesis"} <= set(blocked)
    assert not {"numpy", "pydantic_core", "typer"} & set(blocked)

    def run(code):
        program = BLOCK.format(blocked=blocked) + code
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )

    return run


def test_all_but_the_engine_needs_the_core_only(without_extras, tmp_path):
    rng = np.random.default_rng(0)
    for folder in ("maps", "masks"):
        (tmp_path / folder).mkdir()
    for number in range(8):
        mask = np.zeros((9, 12), np.uint8)
        mask[2:5, 3:8] = 1
        np.save(tmp_path / "masks" / f"i{number}.npy", mask)
        np.save(tmp_path / "maps" / f"i{number}.npy", rng.random((9, 12)) + mask)
    maps, scores = f"mine={tmp_path / 'maps'}", str(tmp_path / "scores")
    masks = str(tmp_path / "masks")
    commands = [
        *(["--help"], ["list", "methods"], ["list", "readers"], ["list", "recipes"]),
        ["score", "--maps", maps, "--masks", masks, "--out", scores, "--quiet"],
        ["report", scores, "--out", f"{tmp_path / 'r.pdf'}", "--quiet"],
    ]
    program = EVERY_MODULE + COMMANDS.format(words=json.dumps(commands))
    done = without_extras(program)
    assert done.returncode == 0, done.stderr[-500:]
    ends = [x for x in done.stdout.splitlines() if x.startswith("ended with")]
    assert ends == ["ended with 0"] * len(commands)


def test_what_an_extra_brings_is_named(without_extras, tmp_path):
    (tmp_path / "a.nii").write_bytes(bytes(400))
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(400))
    commands, extras = [["list", "networks"]], ["tensorflow", "medical", "medical"]
    for name in ("a.nii", "a.h5"):
        path = str(tmp_path / name)
        words = ["score", "--maps", f"a={path}", "--masks", path]
        commands.append([*words, "--out", str(tmp_path / "scores")])
    done = without_extras(COMMANDS.format(words=json.dumps(commands)))
    assert done.stdout.splitlines() == ["ended with 1"] * 3
    lines = [x for x in done.stderr.splitlines() if x.startswith("hrcam: ")]
    for line, extra in zip(lines, extras, strict=True):
        assert f"hrcam-bench[{extra}]" in line
    assert "Traceback" not in done.stderr
