"""What the commands of studies say and refuse, without a deep-learning library."""

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from hrcam.cli import main


def load_beside(name):
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = load_beside("test_suite")
ROW = r"one less {} +\+0\.\d+ \[\+0\.\d+, \+0\.\d+\]  different, beyond the margin"


def run(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(list(map(str, words)))
    told = capsys.readouterr()
    return left.value.code, told.out, told.err


def test_a_rehearsal_confirms_nothing(capsys):
    code, _, told = run(capsys, "claims", "--quick", "--confirm", "bone")
    assert code == 2
    words = " ".join(told.replace("│", " ").split())
    assert "--quick and --confirm must not be given together, got both" in words


@pytest.fixture
def files(tmp_path):
    for name, lift in (("one", 0.2), ("two", 0.1)):
        content = MADE.make_scores(name, lift, 1)
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return [tmp_path / "one.json", tmp_path / "two.json"]


def test_methods_are_compared_and_nothing_is_overwritten(files, tmp_path, capsys):
    out = tmp_path / "comparison.pdf"
    code, said, told = run(capsys, "suite", "compare", *files, "--out", out)
    assert (code, told) == (0, "")
    two, random, last = said.splitlines()
    assert re.fullmatch(ROW.format("two"), two)
    assert re.fullmatch(ROW.format("random"), random)
    assert last == f"The report is at {out}."
    written = sorted(p.name for p in tmp_path.iterdir())
    assert written == [
        "comparison.html",
        "comparison.json",
        "comparison.pdf",
        "one.json",
        "two.json",
    ]
    code, _, told = run(capsys, "suite", "compare", *files, "--out", out)
    assert code == 1
    assert told == (
        f"hrcam: {out} must not exist yet; choose another --out or pass --overwrite\n"
    )


def test_a_folder_that_is_no_suite_s_is_said(tmp_path, capsys):
    code, _, told = run(capsys, "suite", "verify", "suite-1", tmp_path)
    assert code == 1
    assert told == (
        f"hrcam: {tmp_path} must be a finished suite's folder, got no SUITE.sha256\n"
    )
