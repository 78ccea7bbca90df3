"""Sound files of every reader, and ways to damage them; tests are no package."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest


def load_beside(name):
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DAMAGE, TARGETS = load_beside("damage"), load_beside("targets")
SLOW = ("reader ", "section ", "model ", "weights")
"""How targets begin whose files take long to read."""


@dataclass(frozen=True)
class Case:
    """A reader, and its sound files as they are kept on disk between examples."""

    target: Any
    folder: Path
    path: Path
    files: dict[Path, bytes] = field(repr=False)

    @contextmanager
    def damaged(self, random) -> Iterator[Path]:
        """Damage one file, and put everything back at the end."""
        file = random.choice(sorted(self.files))
        changed = DAMAGE.damage(file.name, self.files[file], random)
        try:
            file.write_bytes(changed)
            if self.target.mend is not None and random.random() < 0.7:
                with suppress(ValueError):  # the manifest itself was damaged
                    self.target.mend(self.path)
            yield self.path
        finally:
            for file, content in self.files.items():
                if file.read_bytes() != content:
                    file.write_bytes(content)


def _marked(name):
    marks = [pytest.mark.engine] if TARGETS.TARGETS[name].needs == "keras" else []
    marks += [pytest.mark.slow] if name.startswith(SLOW) else []
    return pytest.param(name, marks=marks)


@pytest.fixture(scope="session", params=map(_marked, TARGETS.TARGETS))
def case(request, tmp_path_factory):
    """Make the files of one reader."""
    target = TARGETS.TARGETS[request.param]
    if target.needs:
        pytest.importorskip(target.needs)
    folder = tmp_path_factory.mktemp("fuzz")
    path = target.make(folder)
    files = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return Case(target, folder, path, files)


@pytest.fixture(scope="session")
def attempt():
    """Read, or be refused as promised."""
    return TARGETS.attempt


@pytest.fixture(scope="session")
def targets():
    return TARGETS
