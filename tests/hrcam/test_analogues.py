"""Every simulated analogue of the paper's studies runs from end to end."""

import json

import pytest

import hrcam
from hrcam.pipeline.running import Settings
from simbench.recipe import Splits, load

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = pytest.mark.engine

#: Subjects of each split; of the eight classes some must be in each.
SUBJECTS = {"nigra": (8, 4, 6), "bone-lr": (40, 16, 24), "skin8": (64, 32, 32)}
METHODS = ("cam", "grad_cam", "hr_cam", "intensity")


def reduced(name, subjects=None):
    """The shipped recipe with a few of its images, at their real size."""
    recipe = load(name)
    each = recipe.images_per_subject
    train, validation, test = (each * n for n in subjects or SUBJECTS[name])
    splits = Splits(train=train, validation=validation, test=test)
    audit = recipe.audit.model_copy(update={"budget": 1.0})
    return recipe.model_copy(update={"splits": splits, "audit": audit})


def run(recipe, network, out, epochs=1):
    settings = Settings(METHODS, network=network, epochs=epochs, batch=16)
    return hrcam.run(recipe, out, settings=settings)


def check(recipe, out):
    results = json.loads((out / "scores" / "results.json").read_text())
    names = {entry["name"].partition("@")[0] for entry in results["entries"]}
    assert set(METHODS) <= names
    assert results["images"]["total"] == recipe.splits.test
    assert ("confounders" in results) == bool(recipe.confounders)
    text = (out / "scores" / "evidence" / "classifier.json").read_text()
    classifier = json.loads(text)
    test = classifier["splits"]["test"]
    two = len(recipe.classes) == 2
    scores = ("accuracy", "balanced_accuracy", "f1_micro", "f1_macro", "auroc")
    for name in (*scores, *["f1_positive"] * two):
        assert test[name] is None or 0 <= test[name] <= 1, name
    assert len(test["confusion"]) == len(recipe.classes)
    assert "not comparable" in classifier["published"]["note"]
    report = json.loads((out / "report.json").read_text())["report"]
    sections = [section["name"] for section in report["sections"]]
    assert ("confounders" in sections) == bool(recipe.confounders)


def test_a_little_of_the_midbrain_runs(tmp_path):
    recipe = reduced("nigra", (4, 2, 3))
    assert run(recipe, "compact", tmp_path / "run").suffix == ".pdf"
    check(recipe, tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize("network", ["compact", "resnet50", "vgg19"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_an_analogue_runs_with_the_paper_s_networks(name, network, tmp_path):
    recipe = reduced(name)
    run(recipe, network, tmp_path / "run")
    check(recipe, tmp_path / "run")


@pytest.mark.slow
def test_the_paper_s_simulation_begins_with_the_paper_s_network(tmp_path):
    """`hrcam run paper --network resnet50`, on a few of its images."""
    recipe = reduced("paper", (40, 16, 24))
    run(recipe, "resnet50", tmp_path / "run")
    text = (tmp_path / "run" / "scores" / "evidence" / "classifier.json").read_text()
    published = json.loads(text)["published"]
    assert published["networks"] == {"resnet50": {"accuracy": 0.95, "auroc": 0.99}}
