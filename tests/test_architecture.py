"""The promises that the folder layout makes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEARNING = {"tensorflow", "keras", "torch", "jax"}
HEAVY = LEARNING | {"matplotlib", "seaborn", "pandas", "scipy", "zarr", "numpy"}


def loaded_by(statement):
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "package",
    [
        "simbench.opening",
        "simbench.generation",
        "metrics.storage.folder",
        "reports.writer",
        "hrcam.methods",
        "hrcam.maps",
        "hrcam.pipeline.scoring",
        "hrcam.pipeline.running",
    ],
)
def test_no_deep_learning_library_outside_the_engine(package):
    assert not LEARNING & loaded_by(f"import {package}")


def test_the_command_line_and_the_package_start_light():
    assert not HEAVY & loaded_by("import hrcam.cli, hrcam")


def test_the_verbs_are_offered_lazily():
    import hrcam

    assert {"explain", "generate", "report", "score", "train"} <= set(dir(hrcam))
    assert callable(hrcam.score)
    with pytest.raises(AttributeError, match="module 'hrcam' has no attribute 'scroe'"):
        hrcam.scroe  # noqa: B018  the access is what is tested


def test_every_method_file_is_listed():
    from hrcam.methods import METHODS

    files = {path.stem for path in (ROOT / "hrcam" / "methods").glob("*.py")}
    assert files - {"__init__", "method"} == set(METHODS)


def test_tests_are_no_packages():
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_what_needs_the_engine_is_marked_so():
    """`light` leaves it out and `engine` runs nothing else: unmarked, it never runs."""
    needy = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if 'importorskip("keras"' in path.read_text(encoding="utf-8")
        and "engine" not in path.parts
        and "pytest.mark.engine" not in path.read_text(encoding="utf-8")
    ]
    assert needy == []
