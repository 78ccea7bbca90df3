"""The lock holds what is asked for and no address; the audit tells what it missed."""

import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def audit():
    spec = spec_from_file_location("audit", ROOT / "requirements" / "audit.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_has_what_is_asked_for_and_no_address():
    text = (ROOT / "requirements" / "dev.lock").read_text()
    assert "://" not in text
    assert "file:" not in text
    pins = [
        Requirement(line.removesuffix("\\").strip())
        for line in text.splitlines()
        if line and not line.startswith(("#", " "))
    ]
    locked = {}
    for pin in pins:
        locked.setdefault(canonicalize_name(pin.name), []).append(
            str(pin.specifier)[2:]
        )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = ("tensorflow", "medical", "cluster", "test", "lint", "docs")
    asked = [*project["dependencies"]]
    asked += [text for e in extras for text in project["optional-dependencies"][e]]
    for one in map(Requirement, asked):
        versions = locked[canonicalize_name(one.name)]
        assert all(version in one.specifier for version in versions), one
    assert text.count("--hash=sha256:") >= len(pins)


def test_the_audit_tells_sound_vulnerable_and_unknown_apart(audit):
    sound = {"name": "a", "version": "1", "vulns": []}
    fault = {"id": "PYSEC-1", "fix_versions": ["3", "4"]}
    weak = {"name": "b", "version": "2", "vulns": [fault]}
    unknown = {"name": "c", "version": "3", "skip_reason": "not found"}
    assert audit.judge([sound]) == (
        0,
        ["0 known vulnerabilities in 1 packages audited"],
    )
    assert audit.judge([sound, weak]) == (
        1,
        [
            "b 2: PYSEC-1, mended in 3, 4",
            "1 known vulnerabilities in 2 packages audited",
        ],
    )
    assert audit.judge([sound, unknown]) == (
        2,
        [
            "not audited: 1 of 2 packages: not found",
            "0 known vulnerabilities in 1 packages audited",
        ],
    )
    assert audit.judge([weak, unknown])[0] == 1
    assert audit.judge([])[0] == 2
