"""The command: what works, and how it says in one line what does not.

Nothing here needs a deep-learning library. Every problem is checked for its whole
message, its exit status, and for a folder that is as it was before.
"""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hrcam.cli import app, main

SIZE = (48, 40)
IDS = [f"{n:06d}" for n in range(24, 40)]
HEAVY = ("tensorflow", "keras", "pandas", "scipy", "matplotlib", "seaborn", "zarr")


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


def run(script, *words):
    """Run Python in a process of its own."""
    return subprocess.run(
        [sys.executable, *script, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def line(tiny_toml, tmp_path_factory):
    """A folder that commands made: recipe, data, files of maps, scores, report."""
    folder = tmp_path_factory.mktemp("line")
    (folder / "tiny.toml").write_text(tiny_toml)
    steps = {
        "generate": call("generate", folder / "tiny.toml", "--out", folder / "data"),
        "verify": call("verify", folder / "data"),
        "audit": call("audit", folder / "data"),
    }
    write_maps(folder)
    steps["score"] = call(
        *("score", "--maps", f"good={folder / 'good'}", "--maps"),
        *(f"poor={folder / 'poor'}", "--masks", folder / "data"),
        *("--out", folder / "scores"),
    )
    pdf = folder / "report.pdf"
    steps["report"] = call("report", folder / "scores", "--out", pdf)
    return SimpleNamespace(folder=folder, steps=steps)


def write_maps(folder):
    """Write maps with plain NumPy, as a user would who has only the dataset's masks."""
    import zarr

    masks = zarr.open_group(folder / "data" / "arrays.zarr", mode="r")["mask"]
    index = pd.read_parquet(folder / "data" / "index.parquet")
    rng = np.random.default_rng(0)
    for name, strength in (("good", 2.0), ("poor", 0.3)):
        (folder / name).mkdir()
        for row in np.flatnonzero(index["split"] == "test"):
            map_ = masks[row] * strength + rng.normal(size=SIZE)
            file = folder / name / f"{index['image_id'][row]}.npy"
            np.save(file, map_.astype(np.float32))


@pytest.fixture
def place(tmp_path):
    """Maps and masks in files that a test may damage."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "masks").mkdir()
    rng = np.random.default_rng(1)
    for image in IDS:
        map_ = rng.normal(size=SIZE).astype(np.float32)
        np.save(tmp_path / "maps" / f"{image}.npy", map_)
        mask = np.zeros(SIZE, np.uint8)
        top, left = rng.integers(0, (30, 25))
        mask[top : top + 9, left : left + 7] = 255
        Image.fromarray(mask).save(tmp_path / "masks" / f"{image}.png")
    return tmp_path


@pytest.fixture
def score(place):
    """Score the maps of ``place``; the maps' path may be another."""

    def run_it(maps="maps", masks="masks", *options):
        return call(
            *("score", "--maps", f"mine={place / maps}", "--masks", place / masks),
            *("--out", place / "scores", *options),
        )

    return run_it


@pytest.fixture
def refused(place, listed):
    """Check that a command fails with one line and leaves the folder as it was."""

    def check(command, message, folder=place):
        before = listed(folder)
        done = command()
        assert done.err == f"hrcam: {message}\n"
        assert done.out == ""
        assert done.code == 1
        assert listed(folder) == before

    return check


# It works


def test_generate_verify_audit_score_and_report_work_by_commands(line, listed):
    assert {name: done.code for name, done in line.steps.items()} == dict.fromkeys(
        line.steps, 0
    ), line.steps
    steps, folder = line.steps, line.folder
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [
            "tiny.toml",
            "data",
            "good",
            "poor",
            "scores",
            "report.pdf",
            "report.html",
            "report.json",
        ]
    )
    assert steps["generate"].out.startswith(f"40 images at {folder / 'data'}, identity")
    assert steps["verify"].out == f"{folder / 'data'} agrees with its manifest.\n"
    assert steps["audit"].out.startswith("check ")
    assert steps["score"].out == (
        "All 16 masks have a map of each entry.\n"
        f"2 entries on 16 images at {folder / 'scores'}.\n"
    )
    assert steps["report"].out == (
        f"Written: {folder / 'report.pdf'}, {folder / 'report.html'}, "
        f"{folder / 'report.json'}.\n"
    )
    assert "results.json" in listed(folder / "scores")


def test_each_stage_says_one_plain_line(line):
    """No bar, because the output is no terminal."""
    patterns = {
        "generate": "generate: 40 images, ",
        "score": "score: ",
        "report": "report: ",
    }
    for name, begin in patterns.items():
        said = line.steps[name].err
        assert said.startswith(begin)
        assert said.endswith(" s\n")
        assert said.count("\n") == 1
    assert line.steps["verify"].err == line.steps["audit"].err == ""


def test_scores_of_external_maps(line):
    table = pd.read_parquet(line.folder / "scores" / "scores.parquet")
    assert set(table["method"]) == {"good", "poor"}
    assert table["image_id"].nunique() == 16
    rows = table[(table["score"] == "average_precision") & (table["status"] == "ok")]
    means = rows.groupby("method")["value"].mean()
    assert means["good"] > means["poor"]


def test_the_report_is_a_pdf_with_twins(line):
    assert (line.folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert "<html" in (line.folder / "report.html").read_text(encoding="utf-8")[:500]
    assert json.loads((line.folder / "report.json").read_text())


def test_a_short_report_with_tables_and_two_runs_compared(line, tmp_path, refused):
    scores, out = line.folder / "scores", tmp_path / "short.pdf"
    tables = tmp_path / "tables"
    assert call("report", scores, "--out", out, "--short", "--tables", tables).code == 0
    assert (tables / "01-answer.csv").is_file()
    assert (tables / "01-answer.tex").is_file()
    done = call("report", scores, scores, "--out", tmp_path / "changes.pdf")
    assert done.code == 0
    assert done.out.startswith("0 of ")
    assert (tmp_path / "changes.json").is_file()
    refused(
        lambda: call("report", scores, scores, "--short", "--out", tmp_path / "x.pdf"),
        "--short and --tables must go with one scores folder, got two",
    )


def test_the_report_reads_the_scores_folder_only(line, tmp_path):
    """The same bytes in another place, where neither data nor maps are."""
    shutil.copytree(line.folder / "scores", tmp_path / "scores")
    done = call("report", tmp_path / "scores", "--out", tmp_path / "report.pdf")
    assert done.code == 0
    for suffix in ("pdf", "html", "json"):
        assert (tmp_path / f"report.{suffix}").read_bytes() == (
            line.folder / f"report.{suffix}"
        ).read_bytes()


def test_quiet_prints_the_result_only(line, tmp_path):
    done = call(
        "generate", line.folder / "tiny.toml", "--out", tmp_path / "d", "--quiet"
    )
    assert done.err == ""
    assert done.out.startswith(f"40 images at {tmp_path / 'd'}, identity ")


def test_the_same_recipe_gives_the_same_bytes(line, tmp_path, listed):
    recipe = line.folder / "tiny.toml"
    call("generate", recipe, "--out", tmp_path / "again", "--workers", 1, "--quiet")
    names = listed(line.folder / "data")
    assert listed(tmp_path / "again") == names
    for name in names:
        if (line.folder / "data" / name).is_file():
            expected = (line.folder / "data" / name).read_bytes()
            assert (tmp_path / "again" / name).read_bytes() == expected, name


def test_a_seed_replaces_the_recipe_s(line, tmp_path):
    recipe = line.folder / "tiny.toml"
    done = call("generate", recipe, "--out", tmp_path / "d", "--seed", 5, "--quiet")
    assert done.code == 0
    assert done.out.split()[-1] != line.steps["generate"].out.split()[-1]
    assert "seed = 5\n" in (tmp_path / "d" / "recipe.toml").read_text()


def test_overwrite_replaces_what_is_there(place, score):
    assert score().code == 0
    first = (place / "scores" / "results.json").read_bytes()
    for file in (place / "maps").iterdir():
        np.save(file, -np.load(file))
    done = score("maps", "masks", "--overwrite")
    assert done.code == 0
    assert (place / "scores" / "results.json").read_bytes() != first
    assert sorted(p.name for p in place.iterdir()) == ["maps", "masks", "scores"]


def test_two_scorings_have_the_same_bytes(place, score):
    score()
    first = {
        p.name: p.read_bytes() for p in (place / "scores").iterdir() if p.is_file()
    }
    score("maps", "masks", "--overwrite")
    for name, content in first.items():
        assert (place / "scores" / name).read_bytes() == content, name


@pytest.mark.parametrize("kind", ["npz", "png", "archive"])
def test_maps_of_every_kind_of_file(place, score, kind):
    arrays = {p.stem: np.load(p) for p in sorted((place / "maps").iterdir())}
    if kind == "archive":
        np.savez(place / "other.npz", **arrays)
    else:
        (place / "other").mkdir()
    for image, map_ in arrays.items():
        if kind == "npz":
            np.savez(place / "other" / f"{image}.npz", map=map_)
        elif kind == "png":
            gray = np.round((map_ - map_.min()) / np.ptp(map_) * 255).astype(np.uint8)
            Image.fromarray(gray).save(place / "other" / f"{image}.png")
    done = score("other.npz" if kind == "archive" else "other")
    assert done.code == 0
    assert done.out == (
        "All 16 masks have a map of each entry.\n"
        f"1 entry on 16 images at {place / 'scores'}.\n"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_map_that_is_not_finite_is_a_row_and_no_end(place, score, value):
    file = place / "maps" / "000026.npy"
    map_ = np.load(file)
    map_[3, 7] = value
    np.save(file, map_)
    done = score()
    assert done.code == 0
    assert done.err.count("\n") == 1  # the stage's line, and no warning
    table = pd.read_parquet(place / "scores" / "scores.parquet")
    rows = table[table["image_id"] == "000026"]
    assert set(rows["status"]) == {"nonfinite"}
    assert rows["value"].isna().all()
    others = table[table["image_id"] != "000026"]
    # No fault of a map: scores of images without a lesion, or with two, only.
    assert set(others["status"]) == {"ok", "lesion_present", "single_lesion"}
    statuses = json.loads((place / "scores" / "results.json").read_text())["statuses"]
    assert {(row["status"], row["count"]) for row in statuses} >= {("nonfinite", 1)}
    assert call("report", place / "scores", "--out", place / "report.pdf").code == 0


def test_a_map_that_is_missing_is_a_row_and_no_end(place, score):
    (place / "maps" / "000030.npy").unlink()
    assert score("maps", "masks", "--missing", "drop").code == 0
    table = pd.read_parquet(place / "scores" / "scores.parquet")
    rows = table[table["image_id"] == "000030"]
    assert set(rows["status"]) == {"missing"}
    assert rows["value"].isna().all()


@pytest.mark.parametrize("what", ["methods", "scores", "readers", "recipes"])
def test_list_prints_a_table_or_json(what):
    rows = json.loads(call("list", what, "--json").out)
    lines = call("list", what).out.splitlines()
    assert len(lines) == len(rows) + 1
    for line, row in zip(lines[1:], rows, strict=True):
        assert line.split()[0] == row["name"]
    assert lines[0].split() == list(rows[0])


# Help and imports


def commands():
    import typer

    return sorted(typer.main.get_command(app).commands)


def test_there_are_these_commands():
    assert commands() == sorted(
        [
            "run",
            "generate",
            "train",
            "explain",
            "score",
            "report",
            "audit",
            "verify",
            "export",
            "invert",
            "list",
            "sanity",
            "seeds",
            "plan",
            "claims",
            "multiverse",
            "read",
            "suite",
        ]
    )


def test_help_of_every_command_loads_nothing_heavy():
    script = f"""
import contextlib, sys
from hrcam.cli import main
for words in [[], *[[c] for c in {commands()!r}]]:
    with contextlib.suppress(SystemExit):
        main([*words, "--help"])
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = run(["-c", script])
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "LOADED []"
    assert done.stderr == ""
    assert done.stdout.count("Usage: ") == len(commands()) + 1


def test_scoring_and_reporting_load_no_deep_learning_library(line, tmp_path):
    script = f"""
import contextlib, sys
from hrcam.cli import main
place = {str(line.folder)!r}
for words in (
    ["generate", f"{{place}}/tiny.toml", "--out", {str(tmp_path / "d")!r}],
    ["score", "--maps", f"a={{place}}/good", "--masks", f"{{place}}/data",
     "--out", {str(tmp_path / "s")!r}],
    ["report", {str(tmp_path / "s")!r}, "--out", {str(tmp_path / "r.pdf")!r}],
):
    with contextlib.suppress(SystemExit):
        main(words)
deep = ("tensorflow", "keras", "torch", "jax")
print("LOADED", [name for name in deep if name in sys.modules])
"""
    done = run(["-c", script])
    assert done.stdout.splitlines()[-1] == "LOADED []", done.stderr
    assert (tmp_path / "r.pdf").is_file()


@pytest.mark.parametrize(
    "words",
    [
        ("train", "DATA", "--out", "OUT"),
        ("explain", "MODEL", "DATA", "--out", "OUT"),
        ("run", "quickstart", "--out", "OUT"),
        ("list", "networks"),
    ],
    ids=lambda words: words[0],
)
def test_without_a_deep_learning_library_the_command_names_the_extra(
    words, monkeypatch, refused
):
    for name in [n for n in sys.modules if n.split(".")[:2] == ["hrcam", "engine"]]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "keras", None)
    message = (
        "hrcam.engine needs Keras on TensorFlow, JAX or PyTorch, got no module "
        "'keras'; install hrcam-bench[tensorflow], hrcam-bench[jax] or "
        "hrcam-bench[torch]"
    )
    refused(lambda: call(*words), message)


# Usage: exit status 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("list", "nothing"),
            "WHAT must be one of methods, lesions, anatomies, confounders,",
        ),
        (
            ("score", "--maps", "x", "--masks", "m", "--out", "o"),
            "--maps must be NAME=PATH, got 'x'; give it a name, as in mine=x",
        ),
        (("score", "--maps", "=x", "--masks", "m", "--out", "o"), "--maps must be "),
        (("score", "--maps", "x=", "--masks", "m", "--out", "o"), "--maps must be "),
        (
            ("score", "--maps", "x=1", "--maps", "x=2", "--masks", "m", "--out", "o"),
            "--maps must have unique names, got 'x' twice",
        ),
        (("score", "--masks", "m", "--out", "o"), "Missing option '--maps'"),
        (("generate", "quickstart"), "Missing option '--out'"),
        (("generate", "quickstart", "--out", "o", "--workers", "0"), "'--workers'"),
        (("generate", "quickstart", "--out", "o", "--seed", "-1"), "'--seed'"),
        (("reprot",), "No such command 'reprot'"),
    ],
)
def test_wrong_usage_ends_with_status_2(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call(*words)
    assert done.code == 2
    assert done.out == ""
    assert message in " ".join(done.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_no_command_shows_the_help():
    done = call()
    assert done.code == 2
    assert "Usage: " in done.out + done.err


# Problems: one line, exit status 1, nothing lost


def test_an_unknown_recipe_key_names_the_nearest(line, place, refused):
    text = (line.folder / "tiny.toml").read_text()
    file = place / "mine.toml"
    file.write_text(text.replace("seed = ", "sead = "))
    refused(
        lambda: call("generate", file, "--out", place / "data"),
        f"{file}: seed is missing; sead is not a key; did you mean 'seed'?",
    )


def test_an_unknown_recipe(place, refused):
    from simbench.recipe import names

    refused(
        lambda: call("generate", "quickstrat", "--out", place / "data"),
        f"recipe must be one of {', '.join(names())} or a TOML file, got "
        "'quickstrat', which is neither",
    )


def test_maps_and_masks_of_different_shapes(place, score, refused):
    file = place / "maps" / "000027.npy"
    np.save(file, np.load(file)[:, :-1])
    refused(
        score,
        "maps and masks must have one shape, got (48, 39) for the map of 000027 in "
        "'mine' and (48, 40) for its mask; enlarge the maps to the masks' size",
    )
    for file in (place / "maps").iterdir():
        np.save(file, np.load(file)[:24, :20])
    refused(
        score,
        "maps and masks must have one shape, got (24, 20) for the map of 000024 in "
        "'mine' and (48, 40) for its mask; enlarge the maps to the masks' size",
    )


def test_a_missing_mask(place, score, refused):
    (place / "masks" / "000033.png").unlink()
    (place / "masks" / "000025.png").unlink()
    refused(
        score,
        "every map of 'mine' must have a mask, got none for 000025, 000033; add the "
        "masks (all 0 for an image without lesion), remove the maps, "
        "or let extra be ignore",
    )


def test_maps_of_other_images(place, score, refused):
    for file in (place / "maps").iterdir():
        file.rename(file.with_stem(f"x{file.stem}"))
    refused(
        score,
        "maps of 'mine' must match masks by image_id, got no match: maps x000024, "
        "x000025, x000026 and 13 more and masks 000024, 000025, 000026 and 13 more; "
        "16 names would match without 'x' before the maps' ids: rename them, or name "
        "the pattern (prefix and suffix; --map-names, --mask-names)",
    )


@pytest.mark.parametrize("which", ["maps", "masks"])
def test_an_empty_folder(place, score, refused, which):
    (place / "empty").mkdir()
    refused(
        lambda: score(**{which: "empty"}),
        f"{place / 'empty'} must hold images (.npy, .npz, .png, .tif, .tiff, .nii, "
        ".nii.gz, .dcm, .dicom, .ima, .h5, .hdf5, .zarr), got none",
    )


def test_maps_that_are_nowhere(place, score, refused):
    refused(
        lambda: score("nowhere"),
        f"{place / 'nowhere'} must be a folder or a file, got nothing there",
    )


def test_masks_that_are_nowhere(place, score, refused):
    refused(
        lambda: score(masks="nowhere"),
        f"--masks must be a dataset or a folder of masks, got no {place / 'nowhere'}",
    )


def test_images_that_are_nowhere(place, score, refused):
    refused(
        lambda: score("maps", "masks", "--images", place / "nowhere"),
        f"{place / 'nowhere'} must be a folder or a file, got nothing there",
    )


def outputs(place, line):
    """Every command that writes, with what it would read."""
    maps = f"mine={place / 'maps'}"
    return {
        "generate": ("generate", line.folder / "tiny.toml"),
        "score": ("score", "--maps", maps, "--masks", place / "masks"),
        "report": ("report", line.folder / "scores"),
    }


@pytest.mark.parametrize("command", ["generate", "score", "report"])
def test_an_occupied_output_is_not_overwritten(place, line, refused, command):
    out = place / "mine.pdf"
    out.write_text("mine")
    refused(
        lambda: call(*outputs(place, line)[command], "--out", out),
        f"{out} must not exist yet; choose another --out or pass --overwrite",
    )
    assert out.read_text() == "mine"


def test_a_twin_of_the_report_is_not_overwritten(place, line, refused):
    (place / "report.json").write_text("mine")
    refused(
        lambda: call("report", line.folder / "scores", "--out", place / "report.pdf"),
        f"{place / 'report.json'} must not exist yet; choose another --out or pass "
        "--overwrite",
    )
    assert (place / "report.json").read_text() == "mine"


@pytest.mark.parametrize("command", ["generate", "score", "report"])
def test_an_output_that_cannot_be_written(place, line, refused, command):
    """Below a file: true for root as well, whom no permission stops."""
    (place / "file").write_text("mine")
    out = place / "file" / "out.pdf"
    refused(
        lambda: call(*outputs(place, line)[command], "--out", out),
        f"{place / 'file'} must be a folder that can be made, got: File exists",
    )
    assert (place / "file").read_text() == "mine"


def test_a_report_that_is_no_pdf(place, line, refused):
    refused(
        lambda: call("report", line.folder / "scores", "--out", place / "report"),
        f"--out must end in .pdf, got {place / 'report'}; the twins get .html and "
        ".json",
    )


def cut(path, share=0.5):
    """Keep the beginning of a file, as a full disk or a broken copy would."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".png"])
def test_a_truncated_map(place, score, listed, suffix):
    map_ = np.load(place / "maps" / "000028.npy")
    (place / "maps" / "000028.npy").unlink()
    file = place / "maps" / f"000028{suffix}"
    if suffix == ".npy":
        np.save(file, map_)
    elif suffix == ".npz":
        np.savez(file, map_)
    else:
        gray = np.round((map_ - map_.min()) * 20).astype(np.uint8)
        Image.fromarray(gray).save(file)
    cut(file)
    before = listed(place)
    done = score()
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith(f"hrcam: {file} must be a complete file, got ")
    assert done.err.endswith("; write it again\n")
    assert done.err.count("\n") == 1
    assert listed(place) == before


def test_a_file_of_another_kind(place, score, refused):
    file = place / "maps" / "000028.npy"
    file.write_text("not an array")
    done = score()
    assert done.err.startswith(f"hrcam: {file} must be a complete file, got ")
    assert done.err.endswith("; write it again\n")
    assert done.err.count("\n") == done.code == 1
    file.unlink()
    (place / "maps" / "000028.png").write_text("not a picture")
    refused(
        score,
        f"{place / 'maps' / '000028.png'} must be a complete PNG file, got 13 bytes of "
        "another kind",
    )


def test_soft_masks(place, score, refused):
    for file in (place / "maps").iterdir():
        (place / "masks" / f"{file.stem}.png").unlink()
        np.save(place / "masks" / file.name, np.full(SIZE, 0.25))
    refused(
        score,
        f"mask of 000024 in {place / 'masks'} must be 0 or 1, got 0.25; cut soft masks "
        "before scoring, or read them as soft",
    )


@pytest.fixture
def data(line, place):
    shutil.copytree(line.folder / "data", place / "data")
    return place / "data"


def largest(folder):
    files = [p for p in folder.rglob("*") if p.is_file() and "arrays.zarr" in p.parts]
    return max(files, key=lambda p: (p.stat().st_size, str(p)))


def test_a_truncated_file_of_a_dataset(data, score, refused):
    file = largest(data)
    whole = file.stat().st_size
    cut(file)
    name = file.relative_to(data).as_posix()
    problem = f"{name} has {file.stat().st_size} bytes instead of {whole}"
    message = f"{data} is damaged: {problem}; generate the dataset again"
    refused(lambda: score(masks="data"), message)
    refused(lambda: call("audit", data), message)
    done = call("verify", data)
    assert done.code == 1
    assert done.out == f"{problem}\n"
    assert done.err == f"hrcam: {data} must agree with its manifest, got 1 problem(s)\n"


def test_a_changed_byte_of_a_dataset(data):
    file = largest(data)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    done = call("verify", data)
    assert done.code == 1
    name = file.relative_to(data).as_posix()
    assert done.out == f"{name} has another checksum than when it was written\n"


def test_a_dataset_whose_writing_was_interrupted(data, score, refused):
    (data / "MANIFEST.sha256").unlink()
    message = (
        f"{data} must be a complete dataset, got no MANIFEST.sha256: it is another "
        "folder, or its writing was interrupted; generate it again to finish it"
    )
    refused(lambda: score(masks="data"), message)
    refused(lambda: call("audit", data), message)


def test_an_unknown_split(data, score, refused):
    refused(
        lambda: score("maps", data.name, "--split", "tset"),
        "split must be one of train, validation, test, got 'tset'",
    )


def test_an_unknown_reference(score, refused):
    refused(
        lambda: score("maps", "masks", "--reference", "hrcam"),
        "reference must be a scored entry, got 'hrcam'; there are mine",
    )


def test_a_margin_that_is_none(score, refused):
    refused(
        lambda: score("maps", "masks", "--margin", "0"),
        "margin must lie between 0 and 1, got 0.0",
    )


@pytest.mark.parametrize(
    "name",
    ["results.json", "scores.parquet", "evidence/panels.npz", "evidence/data.json"],
)
def test_a_corrupted_scores_folder(line, place, listed, name):
    shutil.copytree(line.folder / "scores", place / "scores")
    cut(place / "scores" / name)
    before = listed(place)
    done = call("report", place / "scores", "--out", place / "report.pdf")
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith(f"hrcam: {place / 'scores' / name} must be whole, got: ")
    assert done.err.endswith("; score the maps again\n")
    assert done.err.count("\n") == 1
    assert listed(place) == before


def test_a_scores_folder_that_is_none(place, refused):
    refused(
        lambda: call("report", place / "maps", "--out", place / "report.pdf"),
        f"{place / 'maps'} must be a scores folder, got no results.json and no "
        "scores.parquet in it; name the folder that `hrcam score` wrote",
    )


def test_an_old_report_survives_a_failed_one(line, place, refused):
    shutil.copytree(line.folder / "scores", place / "scores")
    (place / "report.pdf").write_text("old")
    (place / "scores" / "results.json").write_text("{}")
    refused(
        lambda: call(
            "report", place / "scores", "--out", place / "report.pdf", "--overwrite"
        ),
        f"schema of {place / 'scores' / 'results.json'} must be 2, got None; score the "
        "maps again with this version",
    )
    assert (place / "report.pdf").read_text() == "old"


def test_a_failed_overwrite_keeps_the_old_scores(place, score, listed):
    assert score().code == 0
    before = (place / "scores" / "results.json").read_bytes()
    (place / "masks" / "000030.png").unlink()
    names = listed(place)
    done = score("maps", "masks", "--overwrite")
    assert done.code == 1
    assert (place / "scores" / "results.json").read_bytes() == before
    assert listed(place) == names


# Tracebacks


def test_a_problem_is_one_line_on_standard_error(tmp_path):
    done = run(["-m", "hrcam"], "verify", tmp_path / "nothing")
    assert done.returncode == 1
    problem = f"{tmp_path / 'nothing'} must agree with its manifest, got 1 problem(s)"
    assert done.stderr == f"hrcam: {problem}\n"


def test_debug_shows_the_traceback(tmp_path):
    done = run(["-m", "hrcam"], "--debug", "report", tmp_path, "--out", "report.txt")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith(
        "ValueError: --out must end in .pdf, got report.txt; the twins get .html and "
        ".json\n"
    )


def test_a_problem_that_nobody_foresaw_says_how_to_see_more(monkeypatch):
    import hrcam.listing

    def fail():
        return {}["no such key"]

    monkeypatch.setitem(hrcam.listing.LISTS, "methods", fail)
    done = call("list", "methods")
    assert done.code == 1
    assert done.err == "hrcam: KeyError: 'no such key' (--debug shows where)\n"


def test_messages_of_several_lines_become_one(monkeypatch):
    import hrcam.listing

    def fail():
        msg = "first\n  second\tthird\n"
        raise ValueError(msg)

    monkeypatch.setitem(hrcam.listing.LISTS, "methods", fail)
    assert call("list", "methods").err == "hrcam: first second third\n"
