"""The command `hrcam audit`, and what generation does with a recipe that leaks."""

import contextlib
import io
import json
from types import SimpleNamespace

import pytest

import hrcam
from hrcam.cli import main
from simbench.recipe import build, parse


def call(*words):
    """Run a command in this process; return its exit status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main([str(word) for word in words])
    return SimpleNamespace(
        code=end.value.code or 0, out=out.getvalue(), err=err.getvalue()
    )


@pytest.fixture(scope="module")
def leaking(tiny_toml, tmp_path_factory):
    """Write recipes with bright lesions of one sign; the images are else alike."""
    folder = tmp_path_factory.mktemp("recipes")

    def write(budget):
        table = parse(tiny_toml).model_dump(exclude_none=True)
        table["splits"] = {"train": 60, "validation": 0, "test": 0}
        table["classes"][1]["lesions"] = {"focal": 1.0}
        table["lesions"]["focal"] |= {"sign": "positive", "amplitude": (0.9, 1.0)}
        table["anatomy"]["spread"] = 0.01
        table["acquisition"] |= {"gain": 0.0, "offset": 0.0}
        table["audit"] = {"budget": budget}
        path = folder / f"leaking-{budget}.toml"
        path.write_text(build(table).toml(), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def complete(leaking, tmp_path_factory):
    """Make a whole dataset that leaks, as a budget of 1 allows."""
    folder = tmp_path_factory.mktemp("complete") / "data"
    hrcam.generate(leaking(1.0), folder)
    return folder


def test_a_line_a_check_and_its_verdict(complete):
    done = call("audit", complete)
    assert (done.code, done.err) == (0, "")
    head, *lines = done.out.splitlines()
    assert head.split("  ")[0] == "check"
    names = [line.split()[0] for line in lines]
    assert names == [
        *("histogram", "bins", "border", "tissues", "spectrum", "thumbnail", "size"),
        *("order", "boosted", "blanked", "outside"),
    ]
    assert lines[0].endswith("1       kept")
    assert "differs by 0" in lines[-1]


def test_json_is_the_file_of_the_dataset(complete):
    done = call("audit", complete, "--json")
    assert done.code == 0
    assert json.loads(done.out) == json.loads((complete / "audit.json").read_text())


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_a_dataset_over_its_budget_ends_with_1(complete, option):
    path = complete / "recipe.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("budget = 1.0", "budget = 0.6"), encoding="utf-8")
    try:
        done = call("audit", complete, *option)
    finally:
        path.write_text(text, encoding="utf-8")
    assert done.code == 1
    assert "leaks" in done.out
    assert done.err.startswith(
        f"hrcam: {complete} must keep its leak budget of AUROC 0.6, got histogram of "
    )
    assert done.err.count("\n") == 1


def test_generation_over_budget_fails_and_keeps_what_it_drew(
    leaking, tmp_path, monkeypatch
):
    recipe, out = leaking(0.6), tmp_path / "data"
    done = call("generate", recipe, "--out", out, "--quiet", "--workers", 1)
    assert (done.code, done.out) == (1, "")
    partial = tmp_path / "data.partial"
    assert f"(all of the audit: {partial / 'audit.json'})" in done.err
    assert "[audit] intended" in done.err
    assert not out.exists()
    assert not json.loads((partial / "audit.json").read_text())["within_budget"]
    from simbench import writer

    with monkeypatch.context() as patch:
        patch.setattr(writer, "draw_block", None)  # nothing is drawn again
        again = call("generate", recipe, "--out", out, "--quiet", "--workers", 1)
    assert again.err == done.err
    higher = leaking(1.0)
    done = call("generate", higher, "--out", out, "--quiet", "--workers", 1)
    assert done.code == 0, done.err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_leak_in_memory_is_refused_too(leaking):
    with pytest.raises(ValueError, match=r"must keep its leak budget of AUROC 0\.6"):
        hrcam.generate(leaking(0.6))


@pytest.mark.engine
def test_a_run_over_budget_ends_before_any_training(leaking, tmp_path):
    pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
    done = call("run", leaking(0.6), "--out", tmp_path / "run", "--quiet")
    assert done.code == 1
    assert "must keep its leak budget" in done.err
    kept = tmp_path / "run" / "dataset.partial" / "audit.json"
    assert str(kept) in done.err
    assert kept.is_file()
    assert not (tmp_path / "run" / "model").exists()
