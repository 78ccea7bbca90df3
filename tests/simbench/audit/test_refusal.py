"""A recipe that leaks: nothing is sealed, nothing is lost, and the reason is said."""

import hashlib
import json

import pytest

from simbench import writer
from simbench.generation import generate
from simbench.manifest import NAME
from simbench.opening import open_dataset
from simbench.writer import write


@pytest.fixture(scope="module")
def leaking(tiny_with):
    """Bright lesions of one sign in images that are otherwise alike."""
    return lambda **changes: tiny_with(
        {
            "splits": {"train": 60, "validation": 0, "test": 0},
            "size": [32, 40],
            "classes": [
                {"name": "normal"},
                {"name": "abnormal", "lesions": {"focal": 1}},
            ],
            "lesions.focal.sign": "positive",
            "lesions.focal.amplitude": [0.9, 1.0],
            "acquisition.gain": 0.0,
            "acquisition.offset": 0.0,
            "audit.budget": 0.6,
        }
        | {key.replace("_", "."): value for key, value in changes.items()}
    )


def content(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_leak_is_refused_in_memory(leaking):
    with pytest.raises(ValueError, match="leak budget") as error:
        generate(leaking())
    words = str(error.value)
    assert words.startswith(
        "recipe 'tiny' must keep its leak budget of AUROC 0.6, got histogram of all "
    )
    assert words.endswith(
        "]; vary between images what tells the classes, name a check that may in "
        "[audit] intended, or raise [audit] budget"
    )
    assert "\n" not in words
    assert "order of all" not in words


def test_a_leak_leaves_all_but_the_manifest(leaking, tmp_path, monkeypatch):
    recipe, folder = leaking(), tmp_path / "data"
    with pytest.raises(ValueError, match="leak budget") as error:
        write(recipe, folder)
    assert f"(all of the audit: {folder / 'audit.json'})" in str(error.value)
    audit = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert not audit["within_budget"]
    leaks = [row for row in audit["checks"] if row["verdict"] == "leaks"]
    assert f"{leaks[0]['auroc']:.3f} [{leaks[0]['low']:.3f}, " in str(error.value)
    assert not (folder / NAME).exists()
    with pytest.raises(FileNotFoundError, match="complete dataset"):
        open_dataset(folder)
    before = content(folder)
    monkeypatch.setattr(writer, "draw_block", None)  # nothing is drawn again
    with pytest.raises(ValueError, match="leak budget") as again:
        write(recipe, folder)
    assert str(again.value) == str(error.value)
    assert content(folder) == before


def test_a_higher_budget_is_another_recipe_and_is_written(leaking, tmp_path):
    recipe = leaking(audit_budget=1.0)
    assert recipe.identity != leaking().identity
    dataset = write(recipe, tmp_path / "data")
    assert dataset.audit["within_budget"]


def test_intended_checks_are_no_leaks(leaking):
    told = {
        row["name"]
        for row in generate(leaking(audit_budget=1.0)).audit["checks"]
        if row["low"] and row["low"] > 0.6
    }
    assert "histogram" in told
    audit = generate(leaking(audit_intended=sorted(told))).audit
    assert audit["within_budget"]
    verdicts = {row["name"]: row["verdict"] for row in audit["checks"]}
    assert {name for name, verdict in verdicts.items() if verdict == "intended"} == told


def test_chance_does_not_fail_a_small_dataset(tiny_with):
    splits = {"train": 60, "validation": 0, "test": 0}
    alike = [{"name": "normal"}, {"name": "abnormal"}]
    changes = {
        "audit.budget": 0.6,
        "size": [20, 24],
        "splits": splits,
        "classes": alike,
    }
    for seed in range(4):
        generate(tiny_with(changes | {"seed": seed}))
