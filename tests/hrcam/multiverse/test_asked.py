"""What a multiverse is asked for, and what it is found in."""

import json

import pytest

from hrcam.pipeline.multiverse.asked import RESULTS, SCHEMA, TABLE, Asked, Place
from hrcam.pipeline.multiverse.running import multiverse
from hrcam.pipeline.multiverse.storage import open_results


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (
            {"networks": ()},
            "networks must be different ones, at least one, got ()",
        ),
        (
            {"seeds": (1, 1)},
            "seeds must be different ones, at least one, got (1, 1)",
        ),
        ({"margin": 0.0}, "margin must lie between 0 and 1, got 0.0"),
        ({"images": -2}, "images must be at least -1, got -2"),
        ({"specifications": -1}, "specifications must be at least 0, got -1"),
    ],
)
def test_what_cannot_be_is_refused(choices, words):
    with pytest.raises(ValueError, match=next(iter(choices))) as caught:
        Asked(**choices)
    assert str(caught.value) == words


def test_files_are_named_after_the_cell(tmp_path):
    cell = {"network": "compact", "data_seed": "7", "training_seed": "0"}
    assert Place(tmp_path).cell(cell).name == "compact-7-0.npz"
    assert Place(tmp_path).model(cell).parent.name == "models"


def test_results_of_another_version_or_damaged_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError) as lost:
        open_results(tmp_path)
    assert str(lost.value) == (
        f"{tmp_path} must be a folder of `hrcam multiverse`, got none of "
        f"{RESULTS}, {TABLE}"
    )
    (tmp_path / TABLE).write_bytes(b"")
    (tmp_path / RESULTS).write_text(json.dumps({"schema": SCHEMA + 1}))
    with pytest.raises(ValueError, match="must have schema") as other:
        open_results(tmp_path)
    assert str(other.value) == (
        f"{tmp_path / RESULTS} must have schema {SCHEMA}, got {SCHEMA + 1}; run the "
        "multiverse again"
    )
    (tmp_path / RESULTS).write_text("{")
    with pytest.raises(ValueError, match="must be JSON, got"):
        open_results(tmp_path)


def test_a_folder_without_a_run_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        multiverse(tmp_path, tmp_path / "out")
    assert str(caught.value) == (
        f"{tmp_path} must be the folder of a run, got no dataset and no model in it; "
        "name a recipe, or finish the run"
    )
    assert not (tmp_path / "out").exists()
