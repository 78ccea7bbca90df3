"""Every code block of the README and of the docs does what it says."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = ("python", "bash", "toml")
MARKS = ("slow", "not run")
COMMENT = re.compile(r"<!-- (.*?) -->")
FILE = re.compile(r"`([\w./-]+\.(?:toml|py))`")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int  # of its first line of code, 1 first
    language: str
    code: str
    mark: str  # "slow" or "not run" and the reason, if marked
    before: str  # the line before it

    @property
    def reason(self) -> str:
        return self.mark.partition(": ")[2]


def blocks(page: Path) -> Iterator[Block]:
    """Read a page's blocks; a comment on the lines just before one marks it."""
    lines = page.read_text(encoding="utf-8").splitlines()
    start = None
    for i, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = i
            continue
        above, marks = start - 1, []
        while above >= 0 and (found := COMMENT.fullmatch(lines[above])):
            marks.append(found[1])
            above -= 1
        text = [word for word in lines[max(above, 0) :: -1] if word] or [""]
        yield Block(
            page,
            start + 2,
            lines[start].removeprefix("```"),
            "\n".join(lines[start + 1 : i]) + "\n",
            next((m for m in marks if m.startswith(MARKS)), ""),
            text[0],
        )
        start = None
    assert start is None, f"{page} must close its last block"


def run(block: Block, names: dict[str, object]) -> None:
    """Run one block in the current folder."""
    if block.language == "python":
        code = "\n" * (block.line - 1) + block.code  # tracebacks name the page's lines
        exec(compile(code, str(block.page), "exec"), names)
    elif block.language == "bash":
        paths = (str(Path(sys.executable).parent), os.environ["PATH"])
        environment = {**os.environ, "PATH": os.pathsep.join(paths)}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.code],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        tomllib.loads(block.code)
        for name in FILE.findall(block.before):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(block.code, encoding="utf-8")


def own_maps(folder: Path) -> None:
    """Write the files that pages on anybody's maps take as given."""
    rng = np.random.default_rng(0)
    for name in ("my_maps", "their_maps", "my_masks", "my_images"):
        (folder / name).mkdir(exist_ok=True)
    for i in range(6):
        mask = np.zeros((24, 32), np.uint8)
        mask[4 + i : 12 + i, 8:16] = 255
        Image.fromarray(mask).save(folder / "my_masks" / f"image{i}.png")
        np.save(
            folder / "my_maps" / f"image{i}.npy", mask + rng.normal(0, 99, mask.shape)
        )
        np.save(folder / "their_maps" / f"image{i}.npy", rng.random(mask.shape))
        Image.fromarray(mask // 2).save(folder / "my_images" / f"image{i}.png")


def own_pictures(folder: Path) -> None:
    """Write a tree of pictures in folders of classes, with masks of some."""
    rng = np.random.default_rng(0)
    for i in range(24):
        name = ("normal", "abnormal")[i % 2]
        pixels = rng.integers(0, 256, (30 + i, 40), np.uint8)
        pictures = {"images": pixels} | ({"masks": pixels > 200} if i % 4 == 1 else {})
        for tree, picture in pictures.items():
            path = folder / "my_pictures" / tree / name / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)


PREPARED = {
    "README.md": own_maps,
    "external-maps.md": own_maps,
    "real-data.md": own_pictures,
}
ENGINE = {"explaining.md", "training.md", "tutorial.md", "intervals.md"}  # need Keras
BLOCKS = {page: list(blocks(page)) for page in PAGES}
SLOW = [
    pytest.param(block, id=f"{page.stem}:{block.line}")
    for page in PAGES
    for block in BLOCKS[page]
    if block.mark.startswith("slow")
]


@pytest.fixture
def tables():
    """Take back what a page adds to the tables of kinds."""
    from simbench.anatomies import ANATOMIES
    from simbench.lesions import LESIONS

    before = [(kinds, dict(kinds)) for kinds in (ANATOMIES, LESIONS)]
    yield
    for kinds, entries in before:
        kinds.clear()
        kinds.update(entries)


def prepare(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    if page.name in PREPARED:
        PREPARED[page.name](folder)


def marked_pages():
    for page, found in BLOCKS.items():
        if any(block.language in LANGUAGES and not block.mark for block in found):
            marks = [pytest.mark.engine] if page.name in ENGINE else []
            yield pytest.param(page, id=page.stem, marks=marks)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("page", list(marked_pages()))
def test_blocks_run_one_after_the_other(page, tmp_path, monkeypatch):
    if page.name in ENGINE:
        pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
    prepare(page, tmp_path, monkeypatch)
    names = {"__name__": "__main__"}
    for block in BLOCKS[page]:
        if block.language in LANGUAGES and not block.mark:
            run(block, names)


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("block", SLOW)
def test_blocks_that_take_minutes_run_by_themselves(block, tmp_path, monkeypatch):
    prepare(block.page, tmp_path, monkeypatch)
    run(block, {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_blocks_say_what_they_are_and_why_they_are_not_run(page):
    for block in BLOCKS[page]:
        known = (*LANGUAGES, "text", "{toctree}")
        assert block.language in known, f"{page}:{block.line}"
        if block.mark:
            assert len(block.reason.split()) >= 3, f"{page}:{block.line}"


def test_the_readme_s_test_command_is_where_the_gate_looks_for_it():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n<!-- the test command -->\n```bash\n") == 1


def test_pages_are_in_the_index_and_their_links_lead_somewhere():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").splitlines()
    for page in PAGES[1:]:
        assert page.stem == "index" or page.stem in index, page
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("name", ["adding-lesion", "adding-anatomy"])
def test_a_kind_is_added_by_a_file_of_under_60_lines(name):
    file = next(
        b for b in BLOCKS[ROOT / "docs" / f"{name}.md"] if FILE.search(b.before)
    )
    assert file.language == "python"
    assert 20 < len(file.code.splitlines()) < 60
