"""The whole line on a small recipe: it works, continues, and repeats itself."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
from importlib import resources

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = pytest.mark.engine

EPOCHS = 2
FEW = ("--epochs", EPOCHS, "--methods", "hr_cam,cam,grad_cam")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    text = (resources.files("simbench") / "recipes" / "quickstart.toml").read_text()
    for old, new in (
        ('name = "quickstart"', 'name = "small"'),
        ("size = [96, 96]", "size = [48, 40]"),
        ("train = 4000", "train = 60"),
        ("validation = 400", "validation = 30"),
        ("test = 600", "test = 40"),
        ("budget = 0.60", "budget = 1.0"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(text)
    return path


def command(*words, timeout=300):
    return subprocess.run(
        [sys.executable, "-m", "hrcam", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.fixture(scope="module")
def run(recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("line") / "run"
    done = command("run", recipe, "--out", out, "--epochs", EPOCHS)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        f"The report is at {out / 'report.pdf'} (and report.html beside it).\n"
    )
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "generate",
        "train",
        "explain",
        "score",
        "report",
    ]
    return out


@pytest.fixture(scope="module")
def lean(recipe, tmp_path_factory):
    """Run with few methods, to be interrupted and continued."""
    out = tmp_path_factory.mktemp("lean") / "run"
    done = command("run", recipe, "--out", out, *FEW)
    assert done.returncode == 0, done.stderr
    return out


def hashes(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def primary(folder):
    table = pd.read_parquet(folder / "scores" / "scores.parquet")
    return table["value"].to_numpy(float)


def test_a_run_has_all_that_the_design_promises(run):
    assert sorted(path.name for path in run.iterdir()) == [
        "dataset",
        "maps",
        "model",
        "recipe.toml",
        "report.html",
        "report.json",
        "report.pdf",
        "run.json",
        "scores",
    ]
    results = json.loads((run / "scores" / "results.json").read_text())
    names = {entry["name"] for entry in results["entries"]}
    assert {"hr_cam", "hr_cam_convex", "hr_cam_paper", "cam@stage5"} <= names
    assert {"grad_cam@stage4", "grad_cam@stage5", "filter_cam", "effect"} <= names
    assert results["options"]["reference"] == "hr_cam"
    heads = json.loads((run / "scores" / "evidence" / "heads.json").read_text())
    assert {head["name"] for head in heads["heads"]} == {
        "hotelling",
        "convex",
        "pattern",
        "centroid",
        "paper",
    }


def test_a_finished_run_is_left_alone(run, recipe):
    before = hashes(run)
    done = command("run", recipe, "--out", run, "--epochs", EPOCHS, "--quiet")
    assert done.returncode == 0
    assert done.stderr == ""
    assert hashes(run) == before


def test_another_recipe_or_setting_is_refused(run, recipe):
    before = hashes(run)
    done = command("run", recipe, "--out", run, "--epochs", EPOCHS + 1)
    assert done.returncode == 1
    assert done.stderr == (
        f"hrcam: {run} must be free or hold a run of this settings; choose another "
        "--out or pass --overwrite\n"
    )
    assert hashes(run) == before


def test_a_second_run_gives_the_same_bytes_and_scores(lean, recipe, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(lean, again)
    done = command("run", recipe, "--out", again, *FEW, "--overwrite")
    assert done.returncode == 0, done.stderr
    assert hashes(again / "dataset") == hashes(lean / "dataset")
    np.testing.assert_allclose(primary(again), primary(lean), atol=1e-4)


def test_the_report_needs_nothing_but_the_scores(run, tmp_path):
    alone = tmp_path / "alone"
    shutil.copytree(run / "scores", alone / "scores")
    done = command("report", alone / "scores", "--out", alone / "report.pdf")
    assert done.returncode == 0, done.stderr
    for name in ("report.pdf", "report.html", "report.json"):
        assert (alone / name).read_bytes() == (run / name).read_bytes()


@pytest.mark.parametrize("stage", ["dataset", "model", "maps", "scores", "report.pdf"])
def test_a_run_continues_behind_the_last_whole_stage(lean, recipe, tmp_path, stage):
    broken = tmp_path / "broken"
    shutil.copytree(lean, broken)
    order = ["dataset", "model", "maps", "scores", "report.pdf"]
    for name in order[order.index(stage) :]:
        path = broken / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if stage != "report.pdf":
        (broken / f"{stage}.partial").mkdir()
        (broken / f"{stage}.partial" / "rubbish").write_text("half")
    done = command("run", recipe, "--out", broken, *FEW)
    assert done.returncode == 0, done.stderr
    assert hashes(broken / "dataset") == hashes(lean / "dataset")
    np.testing.assert_allclose(primary(broken), primary(lean), atol=1e-4)
    assert not list(broken.glob("*.partial"))


def test_a_killed_run_continues(lean, recipe, tmp_path):
    out = tmp_path / "killed"
    words = ["run", recipe, "--out", out, *FEW, "--quiet"]
    for stage in ("dataset", "model"):
        process = subprocess.Popen(
            [sys.executable, "-m", "hrcam", *map(str, words)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and not (out / stage).exists():
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (out / "dataset").exists()
    assert not (out / "report.pdf").exists()
    assert command(*words).returncode == 0
    assert hashes(out / "dataset") == hashes(lean / "dataset")
    np.testing.assert_allclose(primary(out), primary(lean), atol=1e-4)


def test_every_stage_is_also_a_command_and_a_call(run, tmp_path):
    import hrcam
    from hrcam.pipeline.model import load

    dataset, model = run / "dataset", tmp_path / "model"
    done = command("train", dataset, "--out", model, "--epochs", EPOCHS, "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("train ")
    assert "auroc 0." in done.stdout
    # In a process of its own: the type checker of this one draws from Python's random
    # numbers, which Keras takes its initial weights from.
    words = (
        "import hrcam; from hrcam.engine.training import Training; "
        f"m = hrcam.train({str(dataset)!r}, settings=Training(epochs={EPOCHS})); "
        "print(m.facts['weights'])"
    )
    called = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True
    )
    trained = load(model)
    assert called.stdout.split() == [trained.facts["weights"]], called.stderr
    maps = tmp_path / "maps"
    words = ["explain", model, dataset, "--out", maps, "--quiet"]
    done = command(*words, "--methods", "cam,hr_cam,grad_cam", "--layers", "all")
    assert done.returncode == 0, done.stderr
    stored = hrcam.score({"run": maps}, dataset)
    names = [entry["name"] for entry in stored.entries]
    assert names[0] == "cam@stage5"
    assert {f"hr_cam@stage{k}" for k in range(1, 6)} <= set(names)
    assert {f"grad_cam@stage{k}" for k in range(1, 6)} <= set(names)
    kept = hrcam.explain(trained, dataset, ["cam", "hr_cam", "grad_cam"], layers="all")
    memory = hrcam.score(kept, dataset)
    for name in names:
        np.testing.assert_allclose(
            memory.values_of(name, "average_precision"),
            stored.values_of(name, "average_precision"),
            atol=1e-5,
            equal_nan=True,
        )


def test_resnet_runs_on_the_same_line_in_both_alignments(recipe, tmp_path):
    out = tmp_path / "resnet"
    done = command(
        "run", recipe, "--out", out, "--network", "resnet50", "--epochs", "1",
        "--methods", "hr_cam,cam,grad_cam",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads((out / "scores" / "results.json").read_text())
    assert [entry["name"] for entry in results["entries"]] == [
        "hr_cam",
        "hr_cam/half_pixel",
        "cam@conv5_block3_out",
        "cam@conv5_block3_out/half_pixel",
        "grad_cam@conv4_block6_out",
        "grad_cam@conv4_block6_out/half_pixel",
        "grad_cam@conv5_block3_out",
        "grad_cam@conv5_block3_out/half_pixel",
    ]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (
            "--methods",
            "hr_cma",
            "method must be one of the table, got 'hr_cma'; did you mean 'hr_cam'?",
        ),
        ("--layers", "some", "layers must be 'default' or 'all', got 'some'"),
        (
            "--network",
            "vgg",
            "network must be one of compact, compact_residual, compact_vgg, resnet50, "
            "vgg19, densenet121, efficientnet_b0, mobilenet_v2, got 'vgg'",
        ),
    ],
)
def test_a_run_is_refused_before_any_work(recipe, tmp_path, option, value, message):
    out = tmp_path / "run"
    done = command("run", recipe, "--out", out, option, value)
    assert (done.returncode, done.stderr) == (1, f"hrcam: {message}\n")
    assert not out.exists()


def test_problems_of_model_and_dataset_are_one_line(run, tmp_path):
    maps = tmp_path / "maps"
    done = command(
        "explain", run / "model", run / "dataset", "--methods", "cma", "--out", maps
    )
    assert (done.returncode, done.stderr) == (
        1,
        "hrcam: method must be one of the table, got 'cma'; did you mean 'cam'?\n",
    )
    broken = tmp_path / "model"
    shutil.copytree(run / "model", broken)
    content = (broken / "model.keras").read_bytes()
    (broken / "model.keras").write_bytes(content[: len(content) // 2])
    done = command("explain", broken, run / "dataset", "--out", maps)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"hrcam: {broken / 'model.keras'} must be a Keras model"
    )
    assert len(done.stderr.splitlines()) == 1
    (broken / "training.json").unlink()
    done = command("explain", broken, run / "dataset", "--out", maps)
    assert done.stderr == (
        f"hrcam: {broken} must be a folder of `hrcam train`, "
        "got none of training.json\n"
    )
    assert not maps.exists()
